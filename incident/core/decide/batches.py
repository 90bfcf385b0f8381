"""Decide the batches of a notice: intent before the call, the answer, doubt and its end, holding and letting go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from incident.core import events as e
from incident.core import spans
from incident.core.batches import UNRESOLVED
from incident.core.decide.intake import said, still_open
from incident.core.decide.notice import notice_of
from incident.core.going import why_held_up
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.errors import RefusedError

STRANDED = "the run ended between the intent and the answer"
MOVES: Mapping[str, frozenset[str]] = {
    "held": frozenset({"planned"}),
    "planned": frozenset({"held"}),
    "cancelled": frozenset({"planned", "held"}),
}
"""Where a batch that was not handed over may be put, and from where."""


def intend_batch(state: Incident, intended: e.BatchIntended) -> tuple[e.Event, ...]:
    """Record the intent before the call; never over an intent or a doubt that is not resolved."""
    still_open(state)
    notice = notice_of(state, intended.notice_id)
    why = why_held_up(state, intended.notice_id)
    if why is not None:
        raise RefusedError(why)
    known = notice.batches.get(intended.batch)
    if known is not None and known.state != "planned":
        raise RefusedError(
            f"batch {intended.batch} is {known.state}; it is not sent again before that is resolved"
        )
    return (intended,)


def answer_batch(state: Incident, answered: e.BatchAnswered) -> tuple[e.Event, ...]:
    """Record what the provider said to an intent."""
    known = notice_of(state, answered.notice_id).batches.get(answered.batch)
    if known is None or known.state != "intent" or known.attempt != answered.attempt:
        raise RefusedError(f"batch {answered.batch} has no open intent of attempt {answered.attempt}")
    return (answered,)


def doubt_stranded(row: BatchRow, *, people: int) -> e.BatchAnswered:
    """Mark an intent whose run is gone as uncertain; `people` of it have no row of their own."""
    tally = {"intent>uncertain": people} if people else {}
    return e.BatchAnswered(
        row.notice_id, row.number, row.attempt, "uncertain", None, STRANDED, {}, tally, "uncertain", ()
    )


def resolve_batch(
    state: Incident,
    *,
    notice_id: str,
    batch: int,
    accepted: bool,
    how: str,
    people: int,
    by: str = "person",
    message_id: str | None = None,
) -> e.BatchResolved:
    """Settle a doubt: the provider has it, or it certainly has not; `people` share the batch's fate still."""
    known = notice_of(state, notice_id).batches.get(batch)
    if known is None or known.state != "uncertain":
        raise RefusedError(f"batch {batch} is not in doubt")
    tally = {f"uncertain>{'accepted' if accepted else 'planned'}": people} if people else {}
    return e.BatchResolved(
        notice_id, batch, known.attempt, accepted, said(how, field="how"), {}, tally, by, message_id
    )


def resolve_people(
    state: Incident, row: BatchRow, child: BatchRow, *, accepted: bool, how: str, rest: str
) -> e.DeliveriesResolved:
    """Settle the doubt about those who become the batch `child`; `rest` is where the others stand."""
    known = notice_of(state, row.notice_id).batches.get(row.number)
    if known is None or known.state != "uncertain":
        raise RefusedError(f"batch {row.number} is not in doubt")
    return e.DeliveriesResolved(
        row.notice_id,
        row.number,
        known.attempt,
        accepted,
        said(how, field="how"),
        e.ChildBatch(child.number, child.state, child.positions, child.people_sha256),
        rest,
        {f"uncertain>{child.state}": child.people},
    )


def move_batches(
    state: Incident, rows: Sequence[BatchRow], *, to: str, reason: str, apart: Mapping[int, int]
) -> tuple[e.Event, ...]:
    """Hold back, let go or cancel batches that are not handed over; `apart` counts those with rows of their own.

    Batches that are there already, or were handed over, stay as they are: an answer may come at any time.
    """
    still_open(state)
    moved = [row for row in rows if row.state in MOVES[to]]
    if not moved:
        return ()
    tally: dict[str, int] = {}
    for row in moved:
        arrow = f"{row.state}>{to}"
        tally[arrow] = tally.get(arrow, 0) + row.people - apart.get(row.number, 0)
    return (
        e.BatchesMoved(
            moved[0].notice_id,
            spans.written(sorted(row.number for row in moved)),
            to,
            said(reason, field="reason"),
            tally,
        ),
    )


def recall_batches(rows: Sequence[BatchRow], *, people: Mapping[int, int]) -> tuple[e.Event, ...]:
    """Move batches that the provider held and threw away; `people` of each have no row of their own."""
    if not rows:
        return ()
    number = sum(people[row.number] for row in rows)
    return (
        e.BatchesMoved(
            rows[0].notice_id,
            spans.written(sorted(row.number for row in rows)),
            "cancelled",
            "the provider held these letters still, and threw them away when asked",
            {"accepted>cancelled": number} if number else {},
        ),
    )


def unresolved(row: BatchRow) -> bool:
    """Whether a call about this batch is open, or in doubt."""
    return row.state in UNRESOLVED
