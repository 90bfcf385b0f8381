"""Read one version of a duty: its condition, its deadline and its sources.

The regime around it is left to `loader`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incident.core.rule_confidence import earned
from incident.core.rule_local import LocalLaw
from incident.core.rules import (
    Condition,
    Deadline,
    Period,
    Relation,
    RelationKind,
    Status,
    Unit,
    Version,
)
from incident.core.verdict import weaker
from incident.core.vocabulary import ClockName, Confidence, Sector
from incident.law.conditions import read_condition, read_source

if TYPE_CHECKING:
    from incident.law.conditions import Definitions
    from incident.law.schema import Table

_NO_DEADLINE = Deadline(ClockName.BECAME_AWARE, "no duty")


def read_version(row: Table, *, regime_id: str, definitions: Definitions) -> Version:
    """Read one version; raises LawFileError naming the key."""
    no_duty = row.maybe_text("no_duty")
    stated = row.code("confidence", Confidence) if row.has("confidence") else None
    version = Version(
        status=row.code("status", Status),
        in_force_from=row.day("in_force_from"),
        in_force_to=row.maybe_day("in_force_to"),
        condition=read_condition(row.maybe_table("condition"), definitions),
        deadline=_NO_DEADLINE if no_duty else _deadline(row.table("deadline"), regime_id),
        sources=tuple(read_source(source) for source in row.tables("sources", needed=True)),
        review_by=row.day("review_by"),
        confidence=stated or Confidence.HIGH,
        doubt=row.maybe_text("doubt"),
        must_contain=row.texts("must_contain"),
        must_not_contain=row.texts("must_not_contain"),
        headings=row.pairs("headings"),
        filing_fields=row.pairs("filing_fields"),
        no_duty=no_duty,
    )
    row.finish()
    if no_duty and version.condition != Condition(sectors=version.condition.sectors):
        raise row.error("holds only sectors where no_duty is said", "condition")
    if version.in_force_to is not None and version.in_force_to < version.in_force_from:
        raise row.error("lies before in_force_from", "in_force_to")
    return _with_confidence(version, stated, row)


def _with_confidence(version: Version, stated: Confidence | None, row: Table) -> Version:
    """Give a version the confidence its sources earn; refuse one that claims more."""
    confidence = earned(version)
    if stated is Confidence.HIGH and confidence is not Confidence.HIGH:
        raise row.error("is more than the sources earn: see incident/core/rule_confidence.py", "confidence")
    return replace(version, confidence=weaker(stated or confidence, confidence))


def read_local(row: Table, regime_id: str) -> LocalLaw:
    """Read what a national law adds; raises LawFileError naming the key."""
    local = LocalLaw(
        law=row.text("law"),
        jurisdictions=frozenset(row.texts("jurisdictions")),
        rules=frozenset(f"{regime_id}/{short}" for short in row.texts("rules")),
        sectors=row.codes("sectors", Sector),
        in_force_from=row.maybe_day("in_force_from"),
        question=row.maybe_text("question"),
        source=read_source(row.table("source")),
    )
    row.finish()
    if not local.jurisdictions:
        raise row.error("is missing", "jurisdictions")
    if local.in_force_from is None and local.question is None:
        raise row.error("needs in_force_from or question", "law")
    return local


def _deadline(row: Table, regime_id: str) -> Deadline:
    deadline = Deadline(
        clock=row.code("clock", ClockName),
        qualifier=row.text("qualifier"),
        period=_period(row.maybe_table("period")),
        cap=_period(row.maybe_table("cap")),
        relation=_relation(row.maybe_table("relation"), regime_id),
        cap_falls_away=row.flag("cap_falls_away", default=False),
        rolls_to_noon=row.flag("rolls_to_noon", default=False),
        no_roll_sectors=row.codes("no_roll_sectors", Sector),
        rolls_to_working_day=row.flag("rolls_to_working_day", default=False),
        two_working_days_disputed=row.flag("two_working_days_disputed", default=False),
        delay=row.maybe_text("delay"),
        guidance=row.maybe_text("guidance"),
    )
    row.finish()
    if deadline.cap is not None and deadline.period is None:
        raise row.error("needs a period beside it", "cap")
    return deadline


def _period(row: Table | None) -> Period | None:
    if row is None:
        return None
    period = Period(
        value=row.number("value"),
        unit=row.code("unit", Unit),
        clock=row.code("clock", ClockName),
        calendar=row.maybe_text("calendar"),
        ends_at=row.maybe_time("ends_at"),
        from_year_end=row.flag("from_year_end", default=False),
        first_day_counts=row.flag("first_day_counts", default=False),
    )
    if period.ends_at is not None and period.unit is Unit.HOURS:
        raise row.error("belongs to days, not to hours", "ends_at")
    if period.first_day_counts and period.unit is not Unit.DAYS:
        raise row.error("belongs to days", "first_day_counts")
    row.finish()
    return period


def _relation(row: Table | None, regime_id: str) -> Relation | None:
    if row is None:
        return None
    days = row.number("days") if row.has("days") else None
    relation = Relation(row.code("kind", RelationKind), f"{regime_id}/{row.text('rule')}", days)
    row.finish()
    return relation
