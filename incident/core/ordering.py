"""Order between duties of one regime: before, not later than, together with, after.

Works on obligations that already have their own due; a duty tied to another takes the earlier of both.
Which duties are tied is data.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from incident.core.moments import day_text, instant_text
from incident.core.rules import RelationKind
from incident.core.vocabulary import ClockName, Recipient

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from incident.core.obligation import Obligation
    from incident.core.rules import Relation

_WORDS = {
    RelationKind.BEFORE: "before",
    RelationKind.NOT_LATER_THAN: "not later than",
    RelationKind.CONCURRENT: "together with",
    RelationKind.AFTER: "after",
}


def apply_order(
    obligations: Sequence[Obligation], clocks: Mapping[ClockName, datetime]
) -> tuple[Obligation, ...]:
    """Tighten each required obligation by the one it is tied to, and say so in its derivation."""
    if not any(each.required and each.relation for each in obligations):
        return tuple(obligations)
    by_place = {(each.rule, each.jurisdiction): each for each in obligations if each.required}
    by_rule = {each.rule: each for each in obligations if each.required}
    return tuple(
        _tied(
            each,
            by_place.get((each.relation.rule, each.jurisdiction)) or by_rule.get(each.relation.rule),
            clocks,
        )
        if each.required and each.relation
        else each
        for each in obligations
    )


def _tied(each: Obligation, other: Obligation | None, clocks: Mapping[ClockName, datetime]) -> Obligation:
    relation = each.relation
    if relation is None or other is None:
        return each
    match relation.kind:
        case RelationKind.AFTER:
            return _after(each, other, relation)
        case RelationKind.BEFORE | RelationKind.NOT_LATER_THAN | RelationKind.CONCURRENT:
            return _not_after(each, other, relation, clocks)


def _after(each: Obligation, other: Obligation, relation: Relation) -> Obligation:
    if each.due_at is not None or other.due_on is None or relation.days is None:
        return each
    latest = other.due_on + timedelta(days=relation.days)
    line = (
        f"{each.derivation}; at the latest end of {day_text(latest)}, if {other.rule} is met on its last day"
    )
    return replace(each, derivation=line)


def _not_after(
    each: Obligation, other: Obligation, relation: Relation, clocks: Mapping[ClockName, datetime]
) -> Obligation:
    word = _WORDS[relation.kind]
    told_at = clocks.get(ClockName.INDIVIDUALS_NOTIFIED) if other.recipient is Recipient.INDIVIDUALS else None
    limit = told_at or other.due_at
    if limit is None:
        return replace(each, derivation=f"{each.derivation}; {word} {other.rule}, which has no number")
    what = "was done" if told_at else "is due"
    line = f"{each.derivation}; {word} {other.rule}, which {what} {instant_text(limit)}"
    if each.due_at is not None and each.due_at <= limit:
        return replace(each, derivation=line)
    on = other.due_on if told_at is None else min(filter(None, (other.due_on, limit.date())))
    number = each.number_in_law or other.number_in_law
    return replace(each, due_at=limit, due_on=on, number_in_law=number, waiting_for=None, derivation=line)
