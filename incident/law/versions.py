"""Read one version of a duty: its condition, its deadline and its sources.

The regime around it is left to `loader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.rule_local import LocalLaw
from incident.core.rules import (
    Condition,
    Deadline,
    Limb,
    Period,
    Relation,
    RelationKind,
    RiskTest,
    SafeHarbor,
    Source,
    SourceKind,
    Status,
    Threshold,
    Trigger,
    Unit,
    Version,
)
from incident.core.vocabulary import ClockName, Confidence, DataCategory, Loss, Medium, Role, Sector

if TYPE_CHECKING:
    from incident.law.schema import Table

_NO_DEADLINE = Deadline(ClockName.BECAME_AWARE, "no duty")


def read_version(row: Table, *, regime_id: str, definitions: dict[str, tuple[Limb, ...]]) -> Version:
    """Read one version; raises LawFileError naming the key."""
    no_duty = row.maybe_text("no_duty")
    version = Version(
        status=row.code("status", Status),
        in_force_from=row.day("in_force_from"),
        in_force_to=row.maybe_day("in_force_to"),
        condition=_condition(row.maybe_table("condition"), definitions),
        deadline=_NO_DEADLINE if no_duty else _deadline(row.table("deadline"), regime_id),
        sources=tuple(_source(source) for source in row.tables("sources", needed=True)),
        review_by=row.day("review_by"),
        confidence=row.code("confidence", Confidence, Confidence.HIGH),
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
    return version


def read_limbs(row: Table) -> tuple[Limb, ...]:
    """Read a definition of protected data: its limbs, any of which is enough."""
    limbs = []
    for limb in row.tables("limbs", needed=True):
        limbs.append(Limb(limb.text("label"), limb.groups("groups", DataCategory), limb.maybe_text("doubt")))
        limb.finish()
    row.finish()
    return tuple(limbs)


def read_local(row: Table, regime_id: str) -> LocalLaw:
    """Read what a national law adds; raises LawFileError naming the key."""
    local = LocalLaw(
        law=row.text("law"),
        jurisdictions=frozenset(row.texts("jurisdictions")),
        rules=frozenset(f"{regime_id}/{short}" for short in row.texts("rules")),
        sectors=row.codes("sectors", Sector),
        in_force_from=row.maybe_day("in_force_from"),
        question=row.maybe_text("question"),
        source=_source(row.table("source")),
    )
    row.finish()
    if not local.jurisdictions:
        raise row.error("is missing", "jurisdictions")
    if local.in_force_from is None and local.question is None:
        raise row.error("needs in_force_from or question", "law")
    return local


def _source(row: Table) -> Source:
    source = Source(
        citation=row.text("citation"),
        url=row.text("url"),
        quote=row.text("quote"),
        kind=row.code("kind", SourceKind),
        checked_on=row.day("checked_on"),
    )
    row.finish()
    return source


def _condition(row: Table | None, definitions: dict[str, tuple[Limb, ...]]) -> Condition:
    if row is None:
        return Condition()
    name = row.maybe_text("data")
    if name is not None and name not in definitions:
        raise row.error(f"unknown code {name!r}; there is no such definition in this file", "data")
    condition = Condition(
        data=() if name is None else definitions[name],
        roles=row.codes("roles", Role),
        sectors=row.codes("sectors", Sector),
        losses=row.codes("losses", Loss),
        media=row.codes("media", Medium),
        risk_test=row.code("risk_test", RiskTest, RiskTest.NONE),
        safe_harbor=_safe_harbor(row.maybe_table("safe_harbor")),
        thresholds=tuple(_threshold(threshold) for threshold in row.tables("thresholds")),
        risk_question=row.maybe_text("risk_question"),
        except_sectors=row.codes("except_sectors", Sector),
        established=row.flag("established", default=False),
        trigger=_trigger(row.maybe_table("trigger")),
        malicious=row.maybe_text("malicious"),
    )
    row.finish()
    return condition


def _trigger(row: Table | None) -> Trigger | None:
    if row is None:
        return None
    trigger = Trigger(row.code("clock", ClockName), row.text("question"))
    row.finish()
    return trigger


def _safe_harbor(row: Table | None) -> SafeHarbor:
    if row is None:
        return SafeHarbor()
    harbor = SafeHarbor(
        encrypted=row.flag("encrypted", default=False),
        key_compromised_voids=row.flag("key_compromised_voids", default=True),
    )
    row.finish()
    return harbor


def _threshold(row: Table) -> Threshold:
    threshold = Threshold(row.text("operator"), row.number("count"), row.text("of"))
    if threshold.operator not in {">", ">=", "<"}:
        raise row.error("must be >, >= or <", "operator")
    if threshold.of not in {"residents", "people"}:
        raise row.error("must be residents or people", "of")
    row.finish()
    return threshold


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
