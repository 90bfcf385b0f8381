"""How a deadline stands against a given now. Words and order for every clock that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core.lifecycle import promise_due_at, stage
from incident.core.said import NOTHING, Said, code_of, say
from incident.core.send_plan import SafeSend, SendPlan, send_plan
from incident.core.state import Incident, Obligation

DAYS_FROM = 96
"""Hours from which on a length is said in days: longer than any clock that is counted in hours."""


class Standing(StrEnum):
    """How a clock stands."""

    LATE = "late"
    PAST_SAFE_SEND = "past_safe_send"
    DUE_TODAY = "due_today"
    LATER = "later"
    NO_NUMBER = "no_number_in_law"
    WAITING = "waiting_for_a_trigger"
    MET = "met"
    MET_LATE = "met_late"
    NOT_REQUIRED = "not_required"


@dataclass(frozen=True, slots=True)
class ClockFace:
    """One clock as shown: what, where, by when, how it stands, how long is left (negative: late)."""

    obligation_id: str
    jurisdiction: str
    recipient: str
    authority: str | None
    due_at: datetime | None
    standing: Standing
    left: timedelta | None
    derivation: str
    because: str
    citation: str


PROMISE = "promise"
DUE_SOON = timedelta(hours=24)


def standing(obligation: Obligation, now: datetime) -> Standing:
    """Return how one obligation stands."""
    arose = obligation.arose
    if not arose.required or obligation.waived_because or obligation.lapsed_because:
        return Standing.NOT_REQUIRED
    if obligation.met_at is not None:
        late = arose.due_at is not None and obligation.met_at > arose.due_at
        return Standing.MET_LATE if late else Standing.MET
    if arose.due_at is None:
        return Standing.WAITING if arose.number_in_law else Standing.NO_NUMBER
    if arose.due_at < now:
        return Standing.LATE
    return Standing.DUE_TODAY if arose.due_at - now <= DUE_SOON else Standing.LATER


def clocks(state: Incident, now: datetime) -> tuple[ClockFace, ...]:
    """Return every clock of the incident, the tightest first; the promise stands there before any law is asked."""
    faces = [_face(i, o, now) for i, o in state.obligations.items()]
    if PROMISE not in state.obligations:
        faces.append(_promise(state, now))
    plan = send_plan(state, now)
    faces = [_against(face, plan) for face in faces]
    order = list(Standing)
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(faces, key=lambda f: (order.index(f.standing), f.due_at or far, f.obligation_id)))


def summary(state: Incident, now: datetime) -> Said:
    """Say in one line where the incident stands."""
    words = code_of("stage", stage(state).value)
    promise = next(face for face in clocks(state, now) if face.obligation_id == PROMISE)
    if promise.left is None:
        return say("stands.waiting", "{stage}; the promise clock has not started", stage=words)
    left = span(promise.left)
    if promise.standing is Standing.MET:
        return say("stands.kept", "{stage}; promise kept, {left}", stage=words, left=left)
    if promise.standing is Standing.MET_LATE:
        return say("stands.late", "{stage}; promise met late, {left}", stage=words, left=left)
    return say(
        "stands", "{stage}; promise {left}{safe}", stage=words, left=left, safe=_safe(send_plan(state, now))
    )


def _safe(plan: SendPlan) -> Said:
    if plan.left is None or plan.standing not in {SafeSend.AHEAD, SafeSend.PAST}:
        return NOTHING
    if plan.standing is SafeSend.PAST:
        return say("safe.past", "; PAST SAFE SEND by {length}", length=_length(plan.left))
    return say("safe.ahead", "; latest safe send in {length}", length=_length(plan.left))


def span(left: timedelta) -> Said:
    """Say how long is left, or how late it is."""
    if left >= timedelta(0):
        return say("left", "{length} left", length=_length(left))
    return say("late", "{length} late", length=_length(left))


def _length(left: timedelta) -> Said:
    hours, rest = divmod(abs(int(left.total_seconds())), 3600)
    if hours >= DAYS_FROM:
        return say("length.days", "{days} days {hours} h", days=str(hours // 24), hours=str(hours % 24))
    return say("length", "{hours} h {minutes} min", hours=str(hours), minutes=f"{rest // 60:02d}")


def _face(obligation_id: str, o: Obligation, now: datetime) -> ClockFace:
    due = o.arose.due_at
    end = o.met_at or now
    return ClockFace(
        obligation_id,
        o.arose.jurisdiction,
        o.arose.recipient,
        o.arose.authority,
        due,
        standing(o, now),
        due - end if due else None,
        o.arose.derivation,
        o.arose.because,
        o.arose.citation,
    )


def _against(face: ClockFace, plan: SendPlan) -> ClockFace:
    """Say of the clock that the plan counts back from when it is too late for a safe send."""
    running = face.standing in {Standing.DUE_TODAY, Standing.LATER}
    if running and plan.standing is SafeSend.PAST and face.obligation_id == plan.deadline_of:
        return replace(face, standing=Standing.PAST_SAFE_SEND)
    return face


def _promise(state: Incident, now: datetime) -> ClockFace:
    due = promise_due_at(state)
    if due is None:
        how = Standing.WAITING
    elif due < now:
        how = Standing.LATE
    else:
        how = Standing.DUE_TODAY if due - now <= DUE_SOON else Standing.LATER
    words = say("promise.derivation", "became aware + {hours} elapsed hours", hours=str(state.promise_hours))
    because = say("promise.because", "the privacy policy")
    left = due - now if due else None
    return ClockFace(PROMISE, "everyone", "customer", None, due, how, left, words, because, "")
