"""Decide about letting letters go: pause, go on, stop for good; what the canary showed."""

from __future__ import annotations

from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.going import GoStage, go_stage, look_at_seeds, look_at_slice
from incident.core.state import Incident, Notice
from incident.errors import RefusedError


def pause(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Hold the sending up; nothing more is handed over until somebody resumes."""
    notice = _sending(state, actor, "pause sending")
    if notice.paused_because is not None:
        raise RefusedError(f"sending is paused already: {notice.paused_because}")
    return (e.NoticePaused(notice.plan.notice_id, said(reason, field="reason")),)


def resume(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Go on after a pause, a refusal of the provider, or a canary that failed; a person answers for it."""
    notice = _sending(state, actor, "resume sending")
    why = said(reason, field="reason")
    notice_id = notice.plan.notice_id
    events: list[e.Event] = []
    if notice.canary_failed is not None:
        events.append(e.CanaryPassed(notice_id, notice.canary_failed, f"{actor.handle} goes on: {why}"))
    if notice.paused_because is not None or notice.stopped_because is not None:
        events.append(e.NoticeResumed(notice_id, why))
    if not events:
        raise RefusedError("sending is not stopped, and not paused")
    return tuple(events)


def halt(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Stop for good; the batches that were not handed over are cancelled with it."""
    notice = _sending(state, actor, "stop sending")
    return (e.NoticeHalted(notice.plan.notice_id, said(reason, field="reason")),)


def see_seeds(state: Incident, *, actor: Actor, how: str) -> tuple[e.Event, ...]:
    """Record that a person saw the letters in the seeds' mailboxes, not among spam."""
    notice = _sending(state, actor, "say what arrived")
    if go_stage(notice) is not GoStage.WATCH_SEEDS:
        raise RefusedError("no seeds are being watched")
    return (e.CanarySeen(notice.plan.notice_id, said(how, field="how")),)


def judge(state: Incident, *, now: datetime) -> tuple[e.Event, ...]:
    """Judge the seeds or the slice, if there is enough to judge; nothing otherwise."""
    notice = state.notice
    if notice is None:
        return ()
    stage = go_stage(notice)
    if stage is GoStage.WATCH_SEEDS:
        name, look = "seeds", look_at_seeds(notice, now)
    elif stage is GoStage.WATCH_SLICE:
        name, look = "slice", look_at_slice(notice, now)
    else:
        return ()
    if not look.ready:
        return ()
    notice_id = notice.plan.notice_id
    if look.findings:
        return (e.CanaryFailed(notice_id, name, look.findings),)
    return (e.CanaryPassed(notice_id, name, "as it should be"),)


def _sending(state: Incident, actor: Actor, to: str) -> Notice:
    actor.must_be(*RESPONDERS, to=to)
    still_open(state)
    notice = state.notice
    if notice is None:
        raise RefusedError("no notice is planned")
    if notice.halted_because is not None:
        raise RefusedError(f"sending was stopped for good: {notice.halted_because}")
    return notice
