"""End the doubt about some people of a batch by a person's word; the others of it stay in doubt.

Those resolved become a batch of their own, so that every batch has one state: taken, or to be sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from incident.core import spans
from incident.core.actors import RESPONDERS, Actor
from incident.core.batches import NOBODY, SPLIT, people_sha256
from incident.core.decide import batches as decide
from incident.core.further import by_second_address
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.errors import BadInputError, RefusedError
from incident.ports import Transaction
from incident.service.doubts import shared
from incident.service.house import House, load, write
from incident.service.notices import the_notice
from incident.service.readings import readings


def resolve_people(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    positions: Sequence[int],
    accepted: bool,
    how: str,
    notice: str | None = None,
) -> Incident:
    """Settle the doubt about people by position; not accepted means that they are written to again."""
    actor.must_be(*RESPONDERS, to="resolve a doubt")
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        meant = the_notice(state, notice)
        notice_id, second = meant.plan.notice_id, by_second_address(state, meant)
        for row, some in _by_batch(tx, notice_id, positions):
            child, rest = _child(tx, row, some, accepted=accepted, second=second, at=now)
            event = decide.resolve_people(state, row, child, accepted=accepted, how=how, rest=rest.state)
            tx.batches.split(rest, [child])
            write(house, tx, state, (event,), actor=actor, now=now)
    return state


def position_of(delivery_id: str) -> tuple[str, int]:
    """Return notice and position of a delivery id, the reference that stands in the letter."""
    notice_id, _, position = delivery_id.rpartition("-")
    if not notice_id or not position.isdecimal():
        raise BadInputError("is no delivery id, like INC-...-N1-17", field="delivery")
    return notice_id, int(position)


def _by_batch(tx: Transaction, notice_id: str, positions: Sequence[int]) -> list[tuple[BatchRow, list[int]]]:
    """Return the batches of these people; refused for whoever is not in doubt with the batch."""
    wanted = sorted(set(positions))
    rows = tx.people.deliveries(notice_id, positions=wanted, limit=max(1, len(wanted)))
    missing = sorted(set(wanted) - {row.position for row in rows})
    if missing:
        raise BadInputError(f"there is nobody at position {missing[0]}", field="position")
    by_batch: dict[int, list[int]] = {}
    for row in rows:
        if row.state != "uncertain" or row.batch == NOBODY:
            raise RefusedError(f"position {row.position} is {row.state.replace('_', ' ')}, not in doubt")
        by_batch.setdefault(row.batch, []).append(row.position)
    found = {row.number: row for row in tx.batches.rows(notice_id, numbers=sorted(by_batch))}
    return [(found[number], some) for number, some in sorted(by_batch.items())]


def _child(
    tx: Transaction, row: BatchRow, some: list[int], *, accepted: bool, second: bool, at: datetime
) -> tuple[BatchRow, BatchRow]:
    """Return the batch of those resolved, and what is left of the old one."""
    told_with = readings(tx, row.cohort_id, spans.written(some), second=second)
    left = shared(tx, [row])[row.number] - len(some)
    child = replace(
        row,
        number=tx.batches.next_number(row.notice_id),
        state="accepted" if accepted else "planned",
        people=len(some),
        positions=spans.written(some),
        people_sha256=people_sha256(told_with, row.salt),
        parent=row.number,
        run=None,
        changed_at=at,
        answered_at=at,
    )
    rest = replace(row, state=row.state if left else SPLIT, people=row.people - len(some), changed_at=at)
    return child, rest
