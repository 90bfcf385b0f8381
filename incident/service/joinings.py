"""Who is one person: likenesses and conflicts of the frozen cohort, and what people decided about them.

The ledger names positions; the identities behind them are read from the erasable rows when the next scoping asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide import joining as decide
from incident.core.people import PersonRow
from incident.core.scoping.packing import JOIN_ORDER, LAST_JOINING
from incident.core.scoping.question import Apart, Merge, Question
from incident.core.scoping.records import IdentityKind
from incident.core.state import Incident
from incident.errors import NotFoundError
from incident.service.house import House, record


@dataclass(frozen=True, slots=True)
class Likely:
    """A likeness or a conflict: what it is, why, and the positions it concerns."""

    kind: str
    reason: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """What may be merged or split, how many there are of each, and what is decided."""

    suggestions: tuple[Likely, ...]
    conflicts: tuple[Likely, ...]
    suggestions_in_all: int
    conflicts_in_all: int
    decided: tuple[e.MergeConfirmed | e.SetApart, ...]


def listing(house: House, state: Incident, *, actor: Actor) -> Listed:
    """List likenesses and conflicts of the present cohort by position."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="see who may be one person")
    if state.cohort is None:
        raise NotFoundError("no cohort is frozen")
    cohort_id = state.cohort.cohort_id
    with house.store.reading() as tx:
        head: Mapping[str, Any] = json.loads(tx.people.cohort_document(cohort_id).split(b"\n", 1)[0])
        wanted = {name for _, _, names in (*head["suggestions"], *head["conflicts"]) for name in names}
        places = tx.people.positions(cohort_id, wanted)
    return Listed(
        _by_position(head["suggestions"], places), _by_position(head["conflicts"], places),
        head["counts"]["suggestions"], head["counts"]["conflicts"], tuple(state.joinings.values()),
    )  # fmt: skip


def confirm(house: House, incident_id: str, left: int, right: int, *, actor: Actor, reason: str) -> str:
    """Record that two positions are one human; returns the decision's id. Counts from the next scoping on."""
    merge_id = house.ids.new("MRG")
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: decide.confirm_merge(
            state, left, right, merge_id=merge_id, actor=actor, reason=reason
        ),
    )
    return merge_id


def set_apart(house: House, incident_id: str, position: int, by: str, *, actor: Actor, reason: str) -> str:
    """Record that several people share what joined this position; returns the decision's id."""
    merge_id = house.ids.new("MRG")
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: decide.set_apart(
            state, position, by, merge_id=merge_id, actor=actor, reason=reason
        ),
    )
    return merge_id


def undo(house: House, incident_id: str, merge_id: str, *, actor: Actor, reason: str) -> None:
    """Record that a decision about joining no longer holds."""
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: decide.undo_merge(state, merge_id, actor=actor, reason=reason),
    )


def with_decisions(house: House, state: Incident, question: Question) -> Question:
    """Add what was decided about joining to a question; the rows give the identities behind the positions."""
    merges, apart = list(question.merges), list(question.apart)
    for known in state.joinings.values():
        if isinstance(known, e.MergeConfirmed):
            left, right = (_own(_row(house, known.cohort_id, place)) for place in (known.left, known.right))
            merges.append(Merge(left, right, known.reason))
        else:
            row = _row(house, known.cohort_id, known.position)
            kind = IdentityKind(known.identity_kind)
            apart += [Apart(kind, value, known.reason) for found, value in _handles(row) if found is kind]
    return replace(question, merges=tuple(merges), apart=tuple(apart))


def _row(house: House, cohort_id: str, position: int) -> PersonRow:
    with house.store.reading() as tx:
        return tx.people.person(cohort_id, position)


def _own(row: PersonRow) -> tuple[IdentityKind, str]:
    for rank, kind in enumerate(JOIN_ORDER):
        for found, value in _handles(row):
            if found is kind and rank <= LAST_JOINING:
                return found, value
    raise NotFoundError(f"nothing names the person at position {row.position} for sure")


def _handles(row: PersonRow) -> list[tuple[IdentityKind, str]]:
    if not row.record:
        raise NotFoundError(
            f"what was held of the person at position {row.position} is erased; undo the decision"
        )
    return [(IdentityKind(each[0]), each[1]) for each in json.loads(row.record)["identities"]]


def _by_position(entries: Iterable[list[Any]], places: Mapping[str, int]) -> tuple[Likely, ...]:
    return tuple(
        Likely(kind, reason, tuple(sorted(places[name] for name in names if name in places)))
        for kind, reason, names in entries
    )
