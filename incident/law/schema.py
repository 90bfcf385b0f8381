"""A TOML table read key by key, so that a wrong one is named with file, rule and key.

Every reader takes a key off the table; `finish` refuses what nobody took. What the keys mean is left to
`loader` and `versions`.

A standing negative ("no authority is told in this state") is a rule of its own, considered each time and
never required. Its version has `no_duty`, the reason in one sentence, which becomes `because`; it has no
`deadline`, and a `condition` with nothing but `sectors`, if any. Sources stay mandatory:

    [[rules]]
    id = "attorney-general"
    title = "No notice to the attorney general"
    recipient = "authority"
    stage = "initial"

    [[rules.versions]]
    status = "in_force"
    in_force_from = 2011-07-01
    review_by = 2027-05-31
    no_duty = "the statute names no state office that is told"

    [[rules.versions.sources]]
    citation = "Miss. Code 75-24-29"
    url = "https://example.org/the-text-that-was-read"
    quote = "words of that text"
    kind = "statute"
    checked_on = 2026-11-23

In the twin case file it needs a row with `required = false` and a `because` out of that sentence. Where a
negative became a duty or ceased to be one, give the rule one version of each kind.

Special periods and conditions, as they are written:

    condition.except_sectors = ["bank"]     these report under another law: refused, with that reason
    condition.only_sectors = ["information_broker"]    considered for everybody, refused for others (sectors: silent)
    condition.malicious = "Was it done on purpose?"    a limb for deliberate acts: asked, and silent while not known
    condition.established = true            owed only by those established in the regime's jurisdictions
    condition.trigger = { clock = "classified_at", question = "Is it a major incident?" }
    deadline.period = { value = 4, unit = "business_days", clock = "materiality_determined_at",
                        calendar = "US", ends_at = 17:30:00 }    (one line; the local time the day ends)
    deadline.period = { value = 60, unit = "days", clock = "discovered_at", from_year_end = true }
    deadline.period = { value = 30, unit = "days", clock = "became_aware_at", first_day_counts = true }
    thresholds = [{ operator = "<", count = 500, of = "people" }]   a duty that a larger number takes away
    deadline.cap = { value = 24, unit = "hours", clock = "became_aware_at" }
    deadline.cap_falls_away = true          the cap is dropped when the period's clock starts only after it
    deadline.rolls_to_noon = true           an end on a day off moves to noon of the next working day
    deadline.no_roll_sectors = ["bank"]     ... but not for these
    condition.any_of = [{ established = true }, { thresholds = [...] }]    one of these must hold as well
    condition.risk_test = "only_unlikely"   a duty that follows from the finding that no harm is likely
    condition.finding = { citation = "s. 5", written = true, years = 5, consult = "the police", tell = "..." }
                                            presumed until such a finding, which is recorded so
    [exemptions.NAME]                       clauses that free a sector: see `exemptions`
    resolution = "establishment"            the rule's authority is that of the place we are established in
    displaced_in = ["AE-DIFC"]              at the head: parts whose own law takes this one's place
    [[local]] law, jurisdictions, source, rules, sectors, in_force_from, question
                                            what national law adds: a later start, or a doubt
    [authorities.X] serves = "DE", sectors = ["telecom"]    stands in for DE's office, in that sector only
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from incident.errors import LawFileError

E = TypeVar("E", bound=StrEnum)


class Table:
    """One table of a law file, with where it stands."""

    def __init__(self, value: dict[str, Any], *, file: str, rule: str | None = None, at: str = "") -> None:
        self._left, self.file, self.rule, self.at = dict(value), file, rule, at

    def error(self, reason: str, key: str) -> LawFileError:
        """Make an error that names file, rule and key."""
        return LawFileError(reason, file=self.file, rule=self.rule, key=f"{self.at}{key}")

    def has(self, key: str) -> bool:
        """Tell whether the key is there and not yet read."""
        return key in self._left

    def keys(self) -> tuple[str, ...]:
        """Return the keys that nobody read yet."""
        return tuple(self._left)

    def _take(self, key: str, kind: type | tuple[type, ...], what: str) -> Any:
        if key not in self._left:
            raise self.error("is missing", key)
        value = self._left.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            raise self.error(f"must be {what}", key)
        return value

    def text(self, key: str) -> str:
        """Read a text that is not empty."""
        value: str = self._take(key, str, "a text")
        if not value.strip():
            raise self.error("is empty", key)
        return value

    def maybe_text(self, key: str) -> str | None:
        """Read a text, or None when the key is absent."""
        return self.text(key) if self.has(key) else None

    def number(self, key: str) -> int:
        """Read a whole number above zero."""
        value: int = self._take(key, int, "a whole number")
        if value <= 0:
            raise self.error("must be above zero", key)
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Read true or false."""
        return bool(self._take(key, bool, "true or false")) if self.has(key) else default

    def day(self, key: str) -> date:
        """Read a TOML date."""
        value: date = self._take(key, date, "a date")
        if isinstance(value, datetime):
            raise self.error("must be a date without time", key)
        return value

    def maybe_day(self, key: str) -> date | None:
        """Read a TOML date, or None when the key is absent."""
        return self.day(key) if self.has(key) else None

    def maybe_time(self, key: str) -> time | None:
        """Read a TOML local time such as 17:30:00, or None when the key is absent."""
        return self._take(key, time, "a local time") if self.has(key) else None

    def code(self, key: str, kind: type[E], default: E | None = None) -> E:
        """Read one code of a vocabulary."""
        if default is not None and not self.has(key):
            return default
        return self._code(self.text(key), key, kind)

    def codes(self, key: str, kind: type[E]) -> frozenset[E]:
        """Read a list of codes; an absent key is the empty set."""
        return frozenset(self._code(value, key, kind) for value in self.texts(key))

    def _code(self, value: object, key: str, kind: type[E]) -> E:
        for member in kind:
            if member.value == value:
                return member
        raise self.error(
            f"unknown code {value!r}; known are {', '.join(member.value for member in kind)}", key
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """Read a list of texts; an absent key is the empty list."""
        values = self._take(key, list, "a list of texts") if self.has(key) else []
        if not all(isinstance(value, str) and value for value in values):
            raise self.error("must be a list of texts", key)
        return tuple(values)

    def pairs(self, key: str) -> tuple[tuple[str, str], ...]:
        """Read a list of [code, wording] pairs; an absent key is the empty list."""
        values = self._take(key, list, "a list of pairs") if self.has(key) else []
        if not all(isinstance(pair, list) and [type(part) for part in pair] == [str, str] for pair in values):
            raise self.error("must be a list of [code, wording] pairs", key)
        return tuple((code, wording) for code, wording in values)

    def groups(self, key: str, kind: type[E]) -> tuple[frozenset[E], ...]:
        """Read a list of lists of codes."""
        values = self._take(key, list, "a list of lists of codes")
        if not values or not all(isinstance(group, list) and group for group in values):
            raise self.error("must be a list of lists of codes", key)
        return tuple(frozenset(self._code(code, key, kind) for code in group) for group in values)

    def table(self, key: str) -> Table:
        """Read a table under this one."""
        return Table(self._take(key, dict, "a table"), file=self.file, rule=self.rule, at=f"{self.at}{key}.")

    def maybe_table(self, key: str) -> Table | None:
        """Read a table under this one, or None when the key is absent."""
        return self.table(key) if self.has(key) else None

    def named_tables(self, key: str) -> dict[str, Table]:
        """Read a table of tables by name; an absent key is empty."""
        under = self.maybe_table(key)
        return {} if under is None else {name: under.table(name) for name in under.keys()}  # noqa: SIM118

    def tables(self, key: str, *, needed: bool = False) -> list[Table]:
        """Read an array of tables; `needed` refuses an absent or empty one."""
        values = self._take(key, list, "an array of tables") if self.has(key) else []
        if not all(isinstance(value, dict) for value in values):
            raise self.error("must be an array of tables", key)
        if needed and not values:
            raise self.error("is missing", key)
        return [
            Table(value, file=self.file, rule=self.rule, at=f"{self.at}{key}[{place}].")
            for place, value in enumerate(values)
        ]

    def finish(self) -> None:
        """Refuse keys that nobody read."""
        for key in self._left:
            raise self.error("is not a known key", key)
