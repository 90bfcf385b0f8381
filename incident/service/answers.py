"""Record what a provider said to one call: the batch, who differs, and the entry, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.answering import WORDS, Answer, answer
from incident.core.decide import batches as decide
from incident.core.mailing import Mixed, Outcome
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.calls import Call
from incident.service.doubts import settle_doubt
from incident.service.house import House, write


@dataclass(frozen=True, slots=True)
class Noted:
    """What was written: the kinds of entries, how many people the provider took, whether batches wait anew."""

    kinds: Sequence[str] = ()
    accepted: int = 0
    more_to_send: bool = False


def record_answer(house: House, tx: Transaction, state: Incident, call: Call, outcome: Outcome) -> Noted:
    """Record an answer once; one that comes after we were taken for dead ends the doubt in its place."""
    notice_id = call.row.notice_id
    (row,) = tx.batches.rows(notice_id, numbers=[call.row.number])
    if row.state != "intent" or row.attempt != call.batch.attempt:
        return _late(house, tx, state, row, call, outcome)
    now = house.clock.now()
    said = answer(
        row,
        call.batch,
        outcome,
        positions=call.positions,
        apart=tx.people.apart(notice_id, [row.number]).get(row.number, {}),
        next_number=tx.batches.next_number(notice_id),
        digest=call.digest,
        at=now,
    )
    _keep(tx, said)
    write(house, tx, state, decide.answer_batch(state, said.event), actor=TOCSIN, now=now)
    waiting = any(row.state == "planned" for row in (said.row, *said.children))
    return Noted([said.event.KIND], said.event.tally.get("intent>accepted", 0), waiting)


def _keep(tx: Transaction, said: Answer) -> None:
    if said.children:
        tx.batches.split(said.row, said.children)
    else:
        tx.batches.put([said.row])
    for where, who in said.moves.items():
        tx.people.move_deliveries(
            said.row.notice_id, who, state=where, reason=said.row.reason, at=said.row.changed_at
        )


def _late(
    house: House, tx: Transaction, state: Incident, row: BatchRow, call: Call, outcome: Outcome
) -> Noted:
    word = WORDS[type(outcome)]
    if row.state != "uncertain" or row.attempt != call.batch.attempt:
        return Noted()
    if isinstance(outcome, Mixed) or word == "uncertain":
        return Noted()
    taken = word == "accepted"
    settle_doubt(
        house,
        tx,
        state,
        row,
        accepted=taken,
        how=f"the provider's answer came late: {word}",
        by="event",
        now=house.clock.now(),
    )
    return Noted([e.BatchResolved.KIND], row.people if taken else 0, not taken)
