"""Doubt, and its end: an intent without an answer, and what shows that the provider took it, or did not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from incident.core.actors import TOCSIN, Actor
from incident.core.decide import batches as decide
from incident.core.deliveries import CLIMB, DeliveryState
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.house import House, write

REPORTED = "the provider reported an event about somebody in this batch"


def doubt(
    house: House,
    tx: Transaction,
    state: Incident,
    rows: Sequence[BatchRow],
    *,
    reason: str,
    actor: Actor,
    now: datetime,
) -> list[BatchRow]:
    """Mark intents as uncertain; returns the batches as they are then."""
    if not rows:
        return []
    sharing = shared(tx, rows)
    write(
        house,
        tx,
        state,
        [decide.doubt_stranded(row, people=sharing[row.number]) for row in rows],
        actor=actor,
        now=now,
    )
    doubted = [
        replace(row, state="uncertain", reason=reason, answered_at=now, changed_at=now, run=None)
        for row in rows
    ]
    tx.batches.put(doubted)
    return doubted


def shared(tx: Transaction, rows: Sequence[BatchRow]) -> dict[int, int]:
    """Count those of each batch who share its fate: who have no row of their own."""
    if not rows:
        return {}
    apart = tx.people.apart(rows[0].notice_id, [row.number for row in rows])
    return {row.number: row.people - len(apart.get(row.number, {})) for row in rows}


def believe_reported(
    house: House, tx: Transaction, state: Incident, rows: Sequence[BatchRow], *, now: datetime
) -> None:
    """Resolve doubts by what was reported already: one event about one person shows the whole call was taken."""
    if not rows:
        return
    apart = tx.people.apart(rows[0].notice_id, [row.number for row in rows])
    for row in rows:
        if any(DeliveryState(s) in CLIMB for s in apart.get(row.number, {}).values()):
            settle_doubt(house, tx, state, row, accepted=True, how=REPORTED, by="event", now=now)


def settle_doubt(
    house: House,
    tx: Transaction,
    state: Incident,
    row: BatchRow,
    *,
    accepted: bool,
    how: str,
    by: str,
    now: datetime,
    actor: Actor = TOCSIN,
    message_id: str | None = None,
) -> BatchRow:
    """Record the end of a doubt and put the batch where it belongs: taken, or to be sent again."""
    people = shared(tx, [row])[row.number]
    event = decide.resolve_batch(
        state,
        notice_id=row.notice_id,
        batch=row.number,
        accepted=accepted,
        how=how,
        people=people,
        by=by,
        message_id=message_id,
    )
    resolved = replace(
        row,
        state="accepted" if accepted else "planned",
        reason=how,
        message_id=message_id or row.message_id,
        answered_at=now,
        changed_at=now,
    )
    tx.batches.put([resolved])
    write(house, tx, state, (event,), actor=actor, now=now)
    return resolved
