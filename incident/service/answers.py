"""Record what a provider said to calls: the batches, and who differs, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from incident.core import events as e
from incident.core.answering import WORDS, Answer, answer
from incident.core.decide import batches as decide
from incident.core.mailing import Mixed, Outcome
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.calls import Call
from incident.service.doubts import settle_doubt
from incident.service.house import House


@dataclass(frozen=True, slots=True)
class Present:
    """Some batches as they are under the writer's lock: their rows, and who of each has a row of their own."""

    rows: Mapping[int, BatchRow]
    apart: Mapping[int, Mapping[int, str]]


def look_at(tx: Transaction, notice_id: str, numbers: Sequence[int]) -> Present:
    """Read batches of a notice by number."""
    if not numbers:
        return Present({}, {})
    rows = {row.number: row for row in tx.batches.rows(notice_id, numbers=numbers)}
    return Present(rows, tx.people.apart(notice_id, numbers))


@dataclass(slots=True)
class Noted:
    """What answers came to: rows and entries to be written, how many people were taken, whether batches wait anew.

    `kinds` are of all entries, those written already among them.
    """

    changed: list[BatchRow] = field(default_factory=list)
    events: list[e.Event] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    accepted: int = 0
    more_to_send: bool = False

    def end_doubt(self, row: BatchRow, taken: bool | None) -> None:
        """Take in that a late answer ended a doubt; None when it did not."""
        if taken is not None:
            self.kinds.append(e.BatchResolved.KIND)
            self.accepted += row.people if taken else 0
            self.more_to_send |= not taken


def record_answers(
    house: House,
    tx: Transaction,
    state: Incident,
    answered: Sequence[tuple[Call, Outcome]],
    present: Present,
    *,
    now: datetime,
) -> Noted:
    """Decide each answer once; the caller writes the entries, and the rows of batches that stay whole.

    One that comes after we were taken for dead ends the doubt in its place.
    """
    noted = Noted()
    for call, outcome in answered:
        row = present.rows[call.row.number]
        if row.state != "intent" or row.attempt != call.batch.attempt:
            noted.end_doubt(row, _late(house, tx, state, row, call, outcome))
            continue
        said = answer(
            row,
            call.batch,
            outcome,
            positions=call.positions,
            apart=present.apart.get(row.number, {}),
            next_number=partial(tx.batches.next_number, row.notice_id),
            digest=call.digest,
            at=now,
        )
        _keep(tx, said, noted.changed)
        noted.events += decide.answer_batch(state, said.event)
        noted.kinds.append(said.event.KIND)
        noted.accepted += said.event.tally.get("intent>accepted", 0)
        noted.more_to_send |= any(row.state == "planned" for row in (said.row, *said.children))
    return noted


def _keep(tx: Transaction, said: Answer, changed: list[BatchRow]) -> None:
    if said.children:
        tx.batches.split(said.row, said.children)
    else:
        changed.append(said.row)
    for where, who in said.moves.items():
        tx.people.move_deliveries(
            said.row.notice_id, who, state=where, reason=said.row.reason, at=said.row.changed_at
        )


def _late(
    house: House, tx: Transaction, state: Incident, row: BatchRow, call: Call, outcome: Outcome
) -> bool | None:
    """End the doubt in the place of which an answer comes; says whether the letters were taken, None for no end."""
    word = WORDS[type(outcome)]
    if row.state != "uncertain" or row.attempt != call.batch.attempt:
        return None
    if isinstance(outcome, Mixed) or word == "uncertain":
        return None
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
    return taken
