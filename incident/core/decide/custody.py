"""Decide what is destroyed: people and evidence are erasable, on a recorded ground; history is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from incident.core import events as e
from incident.core.actors import Actor, Role
from incident.core.decide.intake import said
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, RefusedError

ERASERS = (Role.OFFICER, Role.COUNSEL)
OPEN = frozenset({"planned", "held", "intent", "uncertain"})
"""States of a batch whose people are still read for a call."""
Places = Mapping[str, tuple[int, ...]]


def erase_people(
    state: Incident, *, actor: Actor, places: Places, unsettled: Places, ground: str, reports: int
) -> tuple[e.Event, ...]:
    """Erase people for good. Refused while one of them is still to be told: that duty comes first.

    `unsettled` are the places of people whose delivery is not settled, or who are to be told and have none.
    """
    actor.must_be(*ERASERS, to="erase what is kept about somebody")
    _check(state, places)
    if any(unsettled.values()):
        raise RefusedError(
            "this person is still to be told of the breach; tell them first, or refuse the erasure with its ground"
        )
    return (e.PersonErased(dict(places), said(ground, field="ground"), reports),)


def refuse_while_batch_is_open(states: Collection[str]) -> None:
    """Refuse to erase somebody of a batch that is still to be handed over: it goes out as approved, or not at all."""
    if OPEN.intersection(states):
        raise RefusedError(
            "the batch in which this person stands is not through: send or stop it first, then erase; or refuse the "
            "erasure with its ground"
        )


def refuse_erasure(state: Incident, *, actor: Actor, places: Places, ground: str) -> tuple[e.Event, ...]:
    """Record that a request for erasure was answered with no, and on which ground."""
    actor.must_be(*ERASERS, to="answer a request for erasure")
    _check(state, places)
    return (e.ErasureRefused(dict(places), said(ground, field="ground")),)


def erase_evidence(state: Incident, *, actor: Actor, evidence_id: str, ground: str) -> tuple[e.Event, ...]:
    """Erase the bytes of a snapshot. Refused while the incident is open: a second wave may need them."""
    actor.must_be(*ERASERS, to="erase evidence")
    item = state.evidence.get(evidence_id)
    if item is None:
        raise NotFoundError(f"there is no evidence {evidence_id}")
    if evidence_id in state.evidence_erased:
        raise RefusedError(f"evidence {evidence_id} is erased already")
    if state.closed_at is None:
        raise RefusedError("evidence is kept while the incident is open")
    return (e.EvidenceErased(evidence_id, item.sha256, said(ground, field="ground")),)


def _check(state: Incident, places: Places) -> None:
    known = {cohort.cohort_id: cohort.people for cohort in state.waves}
    for cohort_id, positions in places.items():
        for position in positions:
            if not 0 <= position < known.get(cohort_id, 0):
                raise BadInputError(f"{cohort_id} has nobody at position {position}", field="position")
            if position in state.erased.get(cohort_id, frozenset()):
                raise RefusedError(f"what was kept about the person at position {position} is erased already")
