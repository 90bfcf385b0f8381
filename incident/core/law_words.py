"""A rule in words for people: when it arises, by when, and where it stands on a day.

Reads records, decides nothing. A part of a record that has no wording here is written by its name, so that
nothing of a law file goes unsaid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from incident.core.risk_tests import finding_words
from incident.core.rules import RelationKind, RiskTest, Status

if TYPE_CHECKING:
    from incident.core.rules import (
        Condition,
        Deadline,
        Exemption,
        Finding,
        Limb,
        Period,
        Relation,
        SafeHarbor,
        Threshold,
        Version,
    )
    from incident.core.vocabulary import Coded

RISK_WORDS = {
    RiskTest.NONE: "whatever the risk to people",
    RiskTest.UNLESS_UNLIKELY: "unless a risk to people is unlikely",
    RiskTest.SIGNIFICANT: "where the risk to people is serious enough for this law",
    RiskTest.PROTECTION: "where people need to know to protect themselves",
    RiskTest.HIGH: "where a high risk to people is likely",
    RiskTest.ONLY_UNLIKELY: "only with a finding that no harm to people is likely",
}
OPERATOR_WORDS = {">": "more than", ">=": "at least", "<": "fewer than"}
RELATION_WORDS = {
    RelationKind.BEFORE: "before",
    RelationKind.NOT_LATER_THAN: "not later than",
    RelationKind.CONCURRENT: "together with",
    RelationKind.AFTER: "after",
}


class Validity(StrEnum):
    """Where a version stands on a day."""

    IN_FORCE = "in_force"
    PENDING = "pending"
    PROPOSED = "proposed"
    VOLUNTARY = "voluntary"
    REPEALED = "repealed"
    ENDED = "ended"


def validity_of(version: Version, day: date) -> Validity:
    """Tell how a version stands on a day: what starts later is pending, what ended is ended."""
    if version.in_force_to is not None and version.in_force_to < day:
        return Validity.ENDED
    if version.status is Status.IN_FORCE:
        return Validity.IN_FORCE if version.in_force_from <= day else Validity.PENDING
    return Validity(version.status.value)


def condition_words(condition: Condition) -> tuple[str, ...]:
    """Say when the duty arises, one line for each test; nothing asked for is one line, too."""
    lines = tuple(_lines(condition, _CONDITION))
    return lines or ("any personal data, whoever holds it and however it was lost",)


def version_words(version: Version) -> tuple[str, ...]:
    """Say when a version's duty arises, or why there is none."""
    if version.no_duty is not None:
        return (f"no duty: {version.no_duty}",)
    return condition_words(version.condition)


def due_words(version: Version) -> tuple[str, ...]:
    """Say by when a version's duty falls due, and how it stands to others; the first line is the gist."""
    return () if version.no_duty is not None else deadline_words(version.deadline)


def deadline_words(deadline: Deadline) -> tuple[str, ...]:
    """Say by when, and how the duty stands to others; the first line is the gist."""
    if deadline.period is None:
        gist = f'no number in law: "{deadline.qualifier}", from {deadline.clock.value}'
    else:
        gist = f'{_period(deadline.period)} ("{deadline.qualifier}")'
    return (gist, *_lines(deadline, _DEADLINE))


def _lines(record: Any, known: dict[str, Callable[[Any], Iterable[str]]]) -> Iterator[str]:
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name in known:
            yield from known[field.name](value)
        elif value != (None if field.default is MISSING else field.default):
            yield f"{field.name.replace('_', ' ')}: {plain(value)}"


def plain(value: Any) -> str:
    """Write any part of a record in one line."""
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((field.name, getattr(value, field.name)) for field in fields(value))
        return ", ".join(
            f"{name.replace('_', ' ')} {plain(part)}" for name, part in parts if part is not None
        )
    if isinstance(value, tuple | frozenset):
        return "; ".join(map(plain, sorted(value) if isinstance(value, frozenset) else value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _any_of(codes: Iterable[Coded]) -> str:
    return " or ".join(sorted(code.value for code in codes))


def _of_codes(head: str) -> Callable[[frozenset[Coded]], Iterable[str]]:
    return lambda codes: (f"{head}: {_any_of(codes)}",) if codes else ()


def _data(limbs: tuple[Limb, ...]) -> Iterator[str]:
    for limb in limbs:
        groups = " with ".join(
            f"({_any_of(group)})" if len(group) > 1 else _any_of(group) for group in limb.groups
        )
        doubt = f"; disputed: {limb.doubt}" if limb.doubt else ""
        yield f"protected data: {limb.label}: {groups}{doubt}"


def _harbor(harbor: SafeHarbor) -> Iterator[str]:
    if harbor.encrypted:
        void = ", unless the key was compromised" if harbor.key_compromised_voids else ""
        yield f"not for encrypted data{void}"


def _thresholds(thresholds: tuple[Threshold, ...]) -> Iterator[str]:
    for each in thresholds:
        yield f"{OPERATOR_WORDS[each.operator]} {each.count} {each.of}"


def _period(period: Period) -> str:
    unit = period.unit.value.replace("_", " ")
    gist = f"{period.value} {unit[:-1] if period.value == 1 else unit} from {period.clock.value}"
    return ", ".join((gist, *_lines(period, _PERIOD)))


def _relation(relation: Relation | None) -> Iterator[str]:
    if relation is not None:
        days = f"{relation.days} days " if relation.days else ""
        yield f"{days}{RELATION_WORDS[relation.kind]} {relation.rule}"


def _exemptions(exemptions: tuple[Exemption, ...]) -> Iterator[str]:
    for each in exemptions:
        while_kept = f" as long as {each.rests_on.value} is kept to" if each.rests_on else ""
        yield f"not in the sector{while_kept}: {_any_of(each.sectors)}: {each.reason} ({each.source.citation})"


def _finding(finding: Finding | None) -> Iterator[str]:
    if finding is not None:
        head = "presumed, unless" if finding.presumed else "where no harm is likely"
        yield f"{head} {finding_words(finding)}"


def _limbs(conditions: tuple[Condition, ...]) -> Iterator[str]:
    for place, each in enumerate(conditions):
        yield f"{'or' if place else 'one of these:'} {'; '.join(_lines(each, _CONDITION))}"


def _nothing(_value: Any) -> Iterable[str]:
    return ()


def _if_set(line: str) -> Callable[[Any], Iterable[str]]:
    return lambda value: (line.format(value),) if value else ()


_CONDITION: dict[str, Callable[[Any], Iterable[str]]] = {
    "data": _data,
    "roles": _of_codes("our role"),
    "sectors": _of_codes("only in the sector"),
    "losses": _of_codes("what was lost"),
    "media": _of_codes("medium"),
    "risk_test": lambda test: (RISK_WORDS[test],) if test is not RiskTest.NONE else (),
    "safe_harbor": _harbor,
    "thresholds": _thresholds,
    "risk_question": _if_set("to ask: {}"),
    "except_sectors": _of_codes("not in the sector"),
    "malicious": _if_set("only what somebody did on purpose; to ask: {}"),
    "established": _if_set("only for those established there"),
    "exemptions": _exemptions,
    "only_sectors": _of_codes("owed only by the sector"),
    "finding": _finding,
    "any_of": _limbs,
    "trigger": lambda event: (
        (f"once {event.clock.value} is known; else to ask: {event.question}",) if event else ()
    ),
}
_PERIOD: dict[str, Callable[[Any], Iterable[str]]] = {
    "value": _nothing,
    "unit": _nothing,
    "clock": _nothing,
    "calendar": _if_set("calendar {}"),
    "ends_at": _if_set("ending at {:%H:%M} local time"),
    "from_year_end": _if_set("counted from the end of that calendar year"),
    "first_day_counts": _if_set("the day of the trigger counted as the first"),
}
_DEADLINE: dict[str, Callable[[Any], Iterable[str]]] = {
    "clock": _nothing,
    "qualifier": _nothing,
    "period": _nothing,
    "cap": lambda cap: (f"at the latest {_period(cap)}",) if cap else (),
    "relation": _relation,
    "cap_falls_away": _if_set("that cap falls away when the period's own clock starts only after it"),
    "rolls_to_noon": _if_set("an end on a day off moves to noon of the next working day"),
    "no_roll_sectors": _of_codes("that does not hold in the sector"),
    "rolls_to_working_day": _if_set("an end on a day off moves to the next working day"),
    "two_working_days_disputed": _if_set("whether at least two working days must be left is disputed"),
    "delay": _if_set("may be delayed for: {}"),
    "guidance": _if_set("guidance, not law: {}"),
}
