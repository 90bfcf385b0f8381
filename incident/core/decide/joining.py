"""Decide about joining: two people are one, an identity is shared, a decision is undone."""

from __future__ import annotations

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.scoping.packing import JOIN_ORDER
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, RefusedError

KINDS = tuple(kind.value for kind in JOIN_ORDER)


def confirm_merge(
    state: Incident, left: int, right: int, *, merge_id: str, actor: Actor, reason: str
) -> tuple[e.Event, ...]:
    """Decide that two positions of the present cohort are one human."""
    cohort = _cohort(state, (left, right), actor)
    if left == right:
        raise BadInputError("name two different people", field="positions")
    low, high = sorted((left, right))
    for known in state.joinings.values():
        if isinstance(known, e.MergeConfirmed) and (known.cohort_id, known.left, known.right) == (
            cohort.cohort_id,
            low,
            high,
        ):
            raise RefusedError(f"that is decided already: {known.merge_id}")
    return (e.MergeConfirmed(merge_id, cohort.cohort_id, low, high, said(reason, field="reason")),)


def set_apart(
    state: Incident, position: int, identity_kind: str, *, merge_id: str, actor: Actor, reason: str
) -> tuple[e.Event, ...]:
    """Decide that several people share an identity of this position, so that it joins nobody."""
    cohort = _cohort(state, (position,), actor)
    if identity_kind not in KINDS:
        raise BadInputError(f"must be one of {', '.join(KINDS)}", field="by")
    return (e.SetApart(merge_id, cohort.cohort_id, position, identity_kind, said(reason, field="reason")),)


def undo_merge(state: Incident, merge_id: str, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Undo a decision about joining."""
    actor.must_be(*RESPONDERS, to="decide who is one person")
    still_open(state)
    if merge_id not in state.joinings:
        raise NotFoundError(f"there is no decision {merge_id} about joining")
    return (e.MergeUndone(merge_id, said(reason, field="reason")),)


def _cohort(state: Incident, positions: tuple[int, ...], actor: Actor) -> e.CohortFrozen:
    actor.must_be(*RESPONDERS, to="decide who is one person")
    still_open(state)
    if state.cohort is None or any(not 0 <= position < state.cohort.people for position in positions):
        raise NotFoundError("the present cohort has nobody at one of these positions")
    return state.cohort
