"""What is worth waking somebody up: clocks, the latest safe send, and everything that stands still.

An alarm has a subject, `family:level`; a new level is a new state and a new page. Who is woken and how often is
`incident.core.paging`'s. Sentences hold counts and ids, never people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.core.agenda import agenda
from incident.core.lifecycle import everyone_told, promise_due_at, told
from incident.core.send_plan import PROMISE, SafeSend, send_plan
from incident.core.standing import span
from incident.core.state import Incident, Notice

WARN_AT_LEFT = (timedelta(hours=24), timedelta(hours=12), timedelta(hours=6), timedelta(hours=2))
WARN_SAFE_SEND = (timedelta(hours=4), timedelta(hours=1))
DOUBTFUL = frozenset({"intent", "uncertain"})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long something may stand still before somebody is woken up."""

    uncertain: timedelta = timedelta(minutes=60)
    silence: timedelta = timedelta(minutes=60)
    stalled: timedelta = timedelta(minutes=15)
    approval: timedelta = timedelta(minutes=120)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that somebody must know now."""

    subject: str
    sentence: str


def alarms(state: Incident, now: datetime, limits: Limits) -> tuple[Alarm, ...]:
    """Return everything that is worth a page as of now; nothing for a closed incident."""
    if state.closed_at is not None:
        return ()
    found = [*_promise(state, now), *_late(state), *_safe_send(state, now), *_approval(state, now, limits)]
    for notice in state.notices.values():
        found += [*_stopped(notice), *_uncertain(notice, now, limits), *_silent(notice, now, limits)]
    found = list({alarm.subject: alarm for alarm in found}.values())
    return (*found, *_stalled(state, now, limits))


def _promise(state: Incident, now: datetime) -> Iterator[Alarm]:
    due = promise_due_at(state)
    open_promise = state.decision is None or (state.must_notify() and not everyone_told(state))
    if due is None or not open_promise:
        return
    left = due - now
    reached = [limit for limit in WARN_AT_LEFT if left <= limit]
    if left < timedelta(0):
        yield Alarm("promise:late", f"the promise to customers is {span(left)}")
    elif reached:
        hours = int(reached[-1].total_seconds()) // 3600
        yield Alarm(f"promise:{hours}h", f"customers are not all told, {span(left)}")


def _late(state: Incident) -> Iterator[Alarm]:
    for obligation_id, obligation in state.obligations.items():
        if obligation.open and obligation.missed_at is not None and obligation_id != PROMISE:
            yield Alarm(f"late:{obligation_id}", f"obligation {obligation_id} is late")


def _safe_send(state: Incident, now: datetime) -> Iterator[Alarm]:
    plan = send_plan(state, now)
    if plan.left is None or plan.deadline_at is None or plan.deadline_at < now:
        return
    if plan.standing is SafeSend.PAST:
        missed = span(-plan.left).removesuffix(" left")
        yield Alarm("safe_send:past", f"PAST SAFE SEND by {missed}; send now: {plan.working}")
        return
    near = [limit for limit in WARN_SAFE_SEND if plan.left <= limit]
    if near:
        hours = int(near[-1].total_seconds()) // 3600
        words = span(plan.left).removesuffix(" left")
        yield Alarm(f"safe_send:{hours}h", f"sending must start within {words}: {plan.working}")


def _approval(state: Incident, now: datetime, limits: Limits) -> Iterator[Alarm]:
    approval = state.approval
    if approval is None or not state.must_notify():
        return
    if approval.granted:
        if approval.forced_because is not None:
            name = approval.request.approval_id
            yield Alarm(f"emergency:{name}", f"{approval.approved_by} approved alone in an emergency")
        return
    if now - approval.requested_at > limits.approval:
        waited = span(now - approval.requested_at).removesuffix(" left")
        yield Alarm("approval:waiting", f"the letters have waited {waited} for a second person")


def _stopped(notice: Notice) -> Iterator[Alarm]:
    if notice.stopped_because is not None:
        yield Alarm("sending:stopped", "the mail provider refuses us; mend the cause, then resume")


def _uncertain(notice: Notice, now: datetime, limits: Limits) -> Iterator[Alarm]:
    since = [
        b.answered_at or b.intended_at
        for b in notice.batches.values()
        if b.state in DOUBTFUL and (b.answered_at or b.intended_at)
    ]
    old = [at for at in since if at is not None and now - at > limits.uncertain]
    if old:
        waited = span(now - min(old)).removesuffix(" left")
        yield Alarm(
            "uncertain:waiting", f"of {len(old)} batches nobody knows since {waited} whether they left"
        )


def _silent(notice: Notice, now: datetime, limits: Limits) -> Iterator[Alarm]:
    """Say when letters were taken long ago and the provider's events have not said a word since."""
    taken = notice.last_accepted_at
    if notice.plan.settles_on != "delivered" or taken is None or told(notice):
        return
    heard = notice.last_reported_at
    waiting = notice.tally.get("accepted", 0)
    if waiting and (heard is None or heard < taken) and now - taken > limits.silence:
        quiet = span(now - taken).removesuffix(" left")
        yield Alarm(
            "webhook:silent", f"no delivery events for {quiet}, {waiting:,} letters are only accepted"
        )


def _stalled(state: Incident, now: datetime, limits: Limits) -> Iterator[Alarm]:
    moved = state.last_moved_at
    ours = [action for action in agenda(state, now) if action.ours]
    if moved is None or not ours or now - moved <= limits.stalled:
        return
    still = span(now - moved).removesuffix(" left")
    yield Alarm("run:stalled", f"nothing has moved for {still}, though Tocsin has to {ours[0].sentence}")
