"""Record what a provider said to calls: the batches, and who differs, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incident.core import events as e
from incident.core.answering import WORDS, Answer, answer
from incident.core.batches import Look
from incident.core.decide import batches as decide
from incident.core.mailing import Accepted, Mixed, Outcome
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.calls import Call
from incident.service.doubts import settle_doubt
from incident.service.house import House


@dataclass(slots=True)
class Noted:
    """What answers came to: entries to be written, how many people the provider took, whether batches wait anew.

    `kinds` are of all entries, those written already among them; `changed` are batches as they are to be written.
    """

    events: list[e.Event] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    changed: list[BatchRow] = field(default_factory=list)
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
    *,
    looked: Look,
    now: datetime,
) -> Noted:
    """Record each answer once, as the rows are seen to stand; the caller writes the entries, and what changed.

    One that comes after we were taken for dead ends the doubt in its place.
    """
    noted = Noted()
    if not answered:
        return noted
    notice_id = answered[0][0].row.notice_id
    for call, outcome in answered:
        row = looked.rows[call.row.number]
        if row.state != "intent" or row.attempt != call.batch.attempt:
            noted.end_doubt(row, _late(house, tx, state, row, call, outcome))
            noted.accepted += _known_already(row, call, outcome)
            continue
        said = answer(
            row,
            call.batch,
            outcome,
            positions=call.positions,
            apart=looked.apart.get(row.number, {}),
            next_number=lambda: tx.batches.next_number(notice_id),
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


def _known_already(row: BatchRow, call: Call, outcome: Outcome) -> int:
    """Return how many people were taken by an answer that is recorded: by a commit that was lost, or an event."""
    same = row.state == "accepted" and row.attempt == call.batch.attempt and isinstance(outcome, Accepted)
    return len(call.readings) if same else 0


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
