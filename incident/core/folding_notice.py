"""Read the entries about sending into state: plans, batches, deliveries; `incident.core.folding` joins them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from incident.core import events as e
from incident.core import spans
from incident.core.state import BatchState, Incident, Notice, Recorded, Searched


def move(tally: Counter[str], moves: Mapping[str, int]) -> None:
    """Apply moves written "from>to" to the counts of delivery states."""
    for arrow, count in moves.items():
        old, new = arrow.split(">")
        tally[old] -= count
        tally[new] += count


def _planned(event: e.NoticePlanned, s: Incident, entry: Recorded) -> None:
    further = s.further.get(event.approval_id)
    letters = {d.letter_id: d for d in further.letters} if further else dict(s.letters)
    s.notices[event.notice_id] = Notice(event, entry.occurred_at, letters, tally=Counter(event.tally))


def _intended(event: e.BatchIntended, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    notice.batches[event.batch] = BatchState(
        event.letter_id,
        event.attempt,
        "intent",
        event.positions,
        event.people,
        event.provider,
        event.run,
        intended_at=entry.occurred_at,
    )


def _answered(event: e.BatchAnswered, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    _answer(notice, event.batch, event.state, entry.occurred_at, event.message_id, event.reason)
    parent = notice.batches[event.batch]
    for child in event.children:
        notice.children[child.number] = child
        notice.batches[child.number] = replace(
            parent, state=child.state, positions=child.positions, people=spans.size(child.positions)
        )
    if event.answer == "stopped":
        notice.stopped_because = event.reason
    if any(arrow.endswith(">accepted") and number for arrow, number in event.tally.items()):
        _accepted(notice, entry.occurred_at)


def _resolved(event: e.BatchResolved, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    state = "accepted" if event.accepted else "planned"
    _answer(notice, event.batch, state, entry.occurred_at, event.message_id, event.how)
    if event.accepted:
        _accepted(notice, entry.occurred_at)


def _people_resolved(event: e.DeliveriesResolved, s: Incident, entry: Recorded) -> None:
    notice, child = s.notices[event.notice_id], event.child
    move(notice.tally, event.tally)
    parent = notice.batches[event.batch]
    left = spans.without(spans.read(parent.positions), spans.read(child.positions))
    notice.batches[event.batch] = replace(
        parent, state=event.rest, positions=spans.written(left), people=len(left)
    )
    notice.children[child.number] = child
    notice.batches[child.number] = replace(
        parent,
        state=child.state,
        positions=child.positions,
        people=spans.size(child.positions),
        reason=event.how,
        answered_at=entry.occurred_at,
    )
    if event.accepted:
        _accepted(notice, entry.occurred_at)


def _searched(event: e.BatchSearched, s: Incident, entry: Recorded) -> None:
    searched = s.notices[event.notice_id].searched
    known = searched.get(event.batch)
    looks, missed = (known.looks, known.missed) if known and known.attempt == event.attempt else (0, 0)
    missed += event.missed if event.past_lag else 0
    searched[event.batch] = Searched(event.attempt, looks + 1, entry.occurred_at, missed)


def _batches_moved(event: e.BatchesMoved, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    if event.state == "planned" and notice.canary is not None:
        notice.slice_released = True
    for number in spans.read(event.batches):
        if number in notice.batches:
            notice.batches[number] = replace(notice.batches[number], state=event.state, reason=event.reason)


def _resumed(event: e.NoticeResumed, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    notice.stopped_because = notice.paused_because = None


def _advanced(event: e.DeliveriesAdvanced, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    notice.last_reported_at = entry.occurred_at


def _accounted(event: e.DeliveriesAccounted, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    if event.told:
        previous = notice.told_otherwise_at
        notice.told_otherwise_at = event.happened_at if previous is None else max(previous, event.happened_at)


def _answer(
    notice: Notice, batch: int, state: str, at: datetime, message_id: str | None, reason: str | None
) -> None:
    known = notice.batches[batch]
    notice.batches[batch] = replace(
        known, state=state, message_id=message_id or known.message_id, reason=reason, answered_at=at
    )


def _accepted(notice: Notice, at: datetime) -> None:
    first, last = notice.first_accepted_at, notice.last_accepted_at
    notice.first_accepted_at = at if first is None else min(first, at)
    notice.last_accepted_at = at if last is None else max(last, at)


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.NoticePlanned, _planned),
    (e.BatchIntended, _intended),
    (e.BatchAnswered, _answered),
    (e.BatchResolved, _resolved),
    (e.DeliveriesResolved, _people_resolved),
    (e.BatchSearched, _searched),
    (e.BatchesMoved, _batches_moved),
    (e.NoticeResumed, _resumed),
    (e.DeliveriesAdvanced, _advanced),
    (e.DeliveriesAccounted, _accounted),
)
