"""A law as a record: regime, rule, version in force from a date, with every value's source.

Records only. How they are read from files is left to `incident.law`, what follows from them to
`obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.core.rule_conditions import (
    Condition,
    Exemption,
    Finding,
    Limb,
    SafeHarbor,
    Source,
    Threshold,
    Trigger,
)
from incident.core.rule_kinds import (
    Per,
    RelationKind,
    Resolution,
    RiskTest,
    SourceKind,
    Status,
    Unit,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, time

    from incident.core.rule_local import LocalLaw
    from incident.core.vocabulary import (
        ClockName,
        Confidence,
        Recipient,
        Sector,
    )

__all__ = [
    "Authority",
    "Condition",
    "Deadline",
    "Exemption",
    "Finding",
    "LawBook",
    "Limb",
    "Per",
    "Period",
    "Regime",
    "Relation",
    "RelationKind",
    "Resolution",
    "RiskTest",
    "Rule",
    "SafeHarbor",
    "Source",
    "SourceKind",
    "Status",
    "Threshold",
    "Trigger",
    "Unit",
    "Version",
]


@dataclass(frozen=True, slots=True)
class Authority:
    """An office that receives filings; `question` is asked when the row is only a placeholder for several.

    With `sectors` it stands in for the office of the place `serves`, for us only when we are in one of them.
    """

    code: str
    name: str
    jurisdiction: str
    channel: str
    checked_on: date
    source: str
    url: str | None = None
    email: str | None = None
    address: str | None = None
    question: str | None = None
    serves: str | None = None
    sectors: frozenset[Sector] = frozenset()


@dataclass(frozen=True, slots=True)
class Period:
    """A number of units from a clock; `calendar` names the business days it is counted in.

    `ends_at` is the local time at which the last day ends for the recipient; None is the end of the day.
    `from_year_end` counts from the last day of the calendar year in which the clock started,
    `first_day_counts` takes the day of the trigger for the first day.
    """

    value: int
    unit: Unit
    clock: ClockName
    calendar: str | None = None
    ends_at: time | None = None
    from_year_end: bool = False
    first_day_counts: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Order between two duties; `days` belongs to `after`."""

    kind: RelationKind
    rule: str
    days: int | None = None

    def to_json(self) -> dict[str, object]:
        """Write as a mapping of kind, rule and days."""
        return {"kind": self.kind.value, "rule": self.rule, "days": self.days}


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a duty falls due; without a period the law gives no number, and counts from `clock`.

    `cap_falls_away` drops the cap when the period's own clock starts only after it. `rolls_to_noon` moves
    an end on a day off to noon of the next working day, but not for `no_roll_sectors`.
    """

    clock: ClockName
    qualifier: str
    period: Period | None = None
    cap: Period | None = None
    relation: Relation | None = None
    cap_falls_away: bool = False
    rolls_to_working_day: bool = False
    rolls_to_noon: bool = False
    no_roll_sectors: frozenset[Sector] = frozenset()
    two_working_days_disputed: bool = False
    delay: str | None = None
    guidance: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The text of one duty as in force from a day to a day (both included).

    `no_duty` is the reason of a standing negative: the law was looked at and names no such duty.
    """

    status: Status
    in_force_from: date
    in_force_to: date | None
    condition: Condition
    deadline: Deadline
    sources: tuple[Source, ...]
    review_by: date
    confidence: Confidence
    doubt: str | None = None
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    headings: tuple[tuple[str, str], ...] = ()
    filing_fields: tuple[tuple[str, str], ...] = ()
    no_duty: str | None = None
    checked_on: date = field(init=False)

    def __post_init__(self) -> None:
        """Note the day on which the least recently checked source was checked; it is asked for in every answer."""
        object.__setattr__(self, "checked_on", min(source.checked_on for source in self.sources))

    def covers(self, day: date) -> bool:
        """Tell whether the version's dates include the day."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty: regime x recipient x stage, with its versions in order of date."""

    id: str
    title: str
    recipient: Recipient
    stage: str
    per: Per
    resolution: Resolution
    authorities: tuple[str, ...]
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version | None:
        """Return the version whose dates include the day, or None."""
        return next((version for version in self.versions if version.covers(day)), None)


@dataclass(frozen=True, slots=True)
class Regime:
    """One law; `general` regimes make a jurisdiction covered, sector regimes do not.

    `displaced_in` are parts of its country with a law of their own that takes its place, such as a free zone.
    """

    id: str
    name: str
    citation: str
    home: str
    jurisdictions: Mapping[str, str]
    zone: str
    calendar: str
    general: bool
    establishment_suffices: bool
    authorities: Mapping[str, Authority]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()
    file: str = ""
    displaced_in: frozenset[str] = frozenset()
    local: tuple[LocalLaw, ...] = ()

    def zone_of(self, jurisdiction: str) -> str:
        """Return the IANA zone in which the jurisdiction's days end."""
        return self.jurisdictions.get(jurisdiction, self.zone)


@dataclass(frozen=True, slots=True)
class LawBook:
    """All regimes, and by jurisdiction code which of them apply there."""

    regimes: tuple[Regime, ...]
    by_jurisdiction: Mapping[str, tuple[Regime, ...]]

    def rule(self, rule_id: str) -> Rule | None:
        """Find a rule by its full id, `regime/rule`."""
        return next((rule for regime in self.regimes for rule in regime.rules if rule.id == rule_id), None)

    def regime(self, regime_id: str) -> Regime | None:
        """Find a regime by its id."""
        return next((regime for regime in self.regimes if regime.id == regime_id), None)
