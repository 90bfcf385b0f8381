"""Read when a duty arises: definitions, conditions, and the sources they rest on.

The version around a condition is left to `versions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.rules import (
    Condition,
    Finding,
    Limb,
    RiskTest,
    SafeHarbor,
    Source,
    SourceKind,
    Threshold,
    Trigger,
)
from incident.core.vocabulary import (
    ClockName,
    DataCategory,
    Loss,
    Medium,
    Role,
    Sector,
)

if TYPE_CHECKING:
    from incident.law.schema import Table

Definitions = dict[str, tuple[Limb, ...]]


def read_source(row: Table) -> Source:
    """Read one source: citation, address, quote, kind and the day it was checked."""
    source = Source(
        citation=row.text("citation"),
        url=row.text("url"),
        quote=row.text("quote"),
        kind=row.code("kind", SourceKind),
        checked_on=row.day("checked_on"),
    )
    row.finish()
    return source


def read_limbs(row: Table) -> tuple[Limb, ...]:
    """Read a definition of protected data: its limbs, any of which is enough."""
    limbs = []
    for limb in row.tables("limbs", needed=True):
        limbs.append(Limb(limb.text("label"), limb.groups("groups", DataCategory), limb.maybe_text("doubt")))
        limb.finish()
    row.finish()
    return tuple(limbs)


def read_condition(row: Table | None, definitions: Definitions) -> Condition:
    """Read a condition, and under `any_of` further ones of which one must hold."""
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
        only_sectors=row.codes("only_sectors", Sector),
        established=row.flag("established", default=False),
        trigger=_trigger(row.maybe_table("trigger")),
        malicious=row.maybe_text("malicious"),
        finding=_finding(row.maybe_table("finding")),
        any_of=tuple(read_condition(limb, definitions) for limb in row.tables("any_of")),
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


def _finding(row: Table | None) -> Finding | None:
    if row is None:
        return None
    finding = Finding(
        citation=row.text("citation"),
        written=row.flag("written", default=False),
        years=row.number("years") if row.has("years") else None,
        consult=row.maybe_text("consult"),
        tell=row.maybe_text("tell"),
        presumed=row.flag("presumed", default=True),
    )
    row.finish()
    return finding
