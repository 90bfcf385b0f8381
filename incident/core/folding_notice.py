"""Read the entries of telling people into state: letters, approvals, notices, batches, people accounted for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime

from incident.core import events as e
from incident.core import spans
from incident.core.folded import move, on
from incident.core.state import Approval, BatchState, Incident, Notice, Recorded


@on.register
def _(event: e.LetterDrafted, s: Incident, entry: Recorded) -> None:
    s.letters[event.letter_id] = event
    s.letter_authors.add(entry.actor)


@on.register
def _(_event: e.LettersDetermined, s: Incident, _entry: Recorded) -> None:
    s.letters_stale = False


@on.register
def _(event: e.LetterWithdrawn, s: Incident, _entry: Recorded) -> None:
    s.letters.pop(event.letter_id)


@on.register
def _(event: e.ApprovalRequested, s: Incident, entry: Recorded) -> None:
    s.approvals[event.approval_id] = Approval(event, entry.actor)


@on.register
def _(event: e.ApprovalRefused, s: Incident, entry: Recorded) -> None:
    s.refusals.append((entry.occurred_at, entry.actor, event.reason))


@on.register
def _(event: e.NoticeApproved, s: Incident, entry: Recorded) -> None:
    approval = s.approvals[event.approval_id]
    s.approvals[event.approval_id] = replace(approval, approved_by=entry.actor, approved_at=entry.occurred_at)


@on.register
def _(event: e.ApprovalVoided, s: Incident, _entry: Recorded) -> None:
    s.approvals[event.approval_id] = replace(s.approvals[event.approval_id], voided_because=event.reason)


@on.register
def _(event: e.NoticePlanned, s: Incident, entry: Recorded) -> None:
    s.notices[event.notice_id] = Notice(event, entry.occurred_at, tally=Counter(event.tally))


@on.register
def _(event: e.BatchIntended, s: Incident, entry: Recorded) -> None:
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


@on.register
def _(event: e.BatchAnswered, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    state = event.state or event.answer
    _answer(notice, event.batch, state, entry.occurred_at, event.message_id, event.reason)
    parent = notice.batches[event.batch]
    for child in event.children:
        notice.children[child.number] = child
        notice.batches[child.number] = replace(
            parent, state=child.state, positions=child.positions, people=spans.size(child.positions)
        )
    if event.answer == "stopped":
        notice.stopped_because = event.reason
    if any(arrow.endswith(">accepted") and n for arrow, n in event.tally.items()):
        _accepted(notice, entry.occurred_at)


@on.register
def _(event: e.BatchResolved, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    state = "accepted" if event.accepted else "planned"
    _answer(notice, event.batch, state, entry.occurred_at, event.message_id, event.how)
    if event.accepted:
        _accepted(notice, entry.occurred_at)


@on.register
def _(event: e.BatchesMoved, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    for number in spans.read(event.batches):
        if number in notice.batches:
            notice.batches[number] = replace(notice.batches[number], state=event.state, reason=event.reason)


@on.register
def _(event: e.NoticeResumed, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].stopped_because = None


@on.register
def _(event: e.DeliveriesAdvanced, s: Incident, _entry: Recorded) -> None:
    move(s.notices[event.notice_id].tally, event.tally)


@on.register
def _(event: e.DeliveriesAccounted, s: Incident, _entry: Recorded) -> None:
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
