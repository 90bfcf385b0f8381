"""Decide about letting letters go: pause, go on, stop for good; what the canary showed."""

from __future__ import annotations

from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.deliveries import DeliveryState
from incident.core.going import GoStage, go_stage, look_at_seeds, look_at_slice
from incident.core.lifecycle import count
from incident.core.state import Incident, Notice
from incident.errors import RefusedError

SEEDS_IN_DOUBT = (
    "a run ended while letters went to our own mailboxes; whether all left is not known, look there"
)
STILL_TO_HAND_OVER = frozenset(
    state.value for state in (DeliveryState.PLANNED, DeliveryState.HELD, DeliveryState.INTENT)
)


def pause(state: Incident, *, actor: Actor, reason: str, notice_id: str | None = None) -> tuple[e.Event, ...]:
    """Hold the sending up; nothing more is handed over until somebody resumes."""
    notices = _sending(state, actor, "pause sending", notice_id)
    running = [notice for notice in notices if notice.paused_because is None]
    if not running:
        raise RefusedError(f"sending is paused already: {notices[0].paused_because}")
    why = said(reason, field="reason")
    return tuple(e.NoticePaused(notice.plan.notice_id, why) for notice in running)


def resume(
    state: Incident, *, actor: Actor, reason: str, notice_id: str | None = None
) -> tuple[e.Event, ...]:
    """Go on after a pause, a refusal of the provider, or a canary that failed; a person answers for it."""
    notices = _sending(state, actor, "resume sending", notice_id)
    why = said(reason, field="reason")
    events: list[e.Event] = []
    for notice in notices:
        name = notice.plan.notice_id
        if notice.canary_failed is not None:
            events.append(e.CanaryPassed(name, notice.canary_failed, f"{actor.handle} goes on: {why}"))
        if notice.paused_because is not None or notice.stopped_because is not None:
            events.append(e.NoticeResumed(name, why))
    if not events:
        raise RefusedError("sending is not stopped, and not paused")
    return tuple(events)


def halt(
    state: Incident, *, actor: Actor, reason: str, notice_id: str | None = None
) -> tuple[e.NoticeHalted, ...]:
    """Stop for good; the batches that were not handed over are cancelled with it."""
    why = said(reason, field="reason")
    notices = _sending(state, actor, "stop sending", notice_id)
    return tuple(e.NoticeHalted(notice.plan.notice_id, why) for notice in notices)


def see_seeds(state: Incident, *, actor: Actor, how: str) -> tuple[e.Event, ...]:
    """Record that a person saw the letters in the seeds' mailboxes, not among spam."""
    notices = _sending(state, actor, "say what arrived", None)
    watched = [notice for notice in notices if go_stage(notice) is GoStage.WATCH_SEEDS]
    if not watched:
        raise RefusedError("no seeds are being watched")
    seen = said(how, field="how")
    return tuple(e.CanarySeen(notice.plan.notice_id, seen) for notice in watched)


def intend_seeds(state: Incident, notice_id: str, *, letters: int) -> tuple[e.Event, ...]:
    """Record the intent before the letters to our own mailboxes; an intent without an answer is never repeated.

    A run that ended in between leaves it unknown whether they left: a person looks, and resumes with a reason.
    """
    notice = state.notices[notice_id]
    if go_stage(notice) is not GoStage.SEND_SEEDS:
        return ()
    if notice.seeds_intended_at is not None:
        return (e.CanaryFailed(notice_id, "seeds", (SEEDS_IN_DOUBT,)),)
    return (e.CanaryIntended(notice_id, letters),)


def judge(state: Incident, *, now: datetime) -> tuple[e.Event, ...]:
    """Judge the seeds or the slice of every notice, where there is enough to judge; nothing otherwise."""
    return tuple(event for notice in state.notices.values() for event in judge_one(notice, now))


def judge_one(notice: Notice, now: datetime) -> tuple[e.Event, ...]:
    """Judge what went first of one notice."""
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


def _sending(state: Incident, actor: Actor, to: str, notice_id: str | None) -> list[Notice]:
    """Return the notices meant: the one named, else every one with letters that are still to be handed over."""
    actor.must_be(*RESPONDERS, to=to)
    still_open(state)
    notice = state.notice if notice_id is None else state.notices.get(notice_id)
    if notice is None:
        raise RefusedError("no notice is planned")
    halted = notice.halted_because is not None
    if notice_id is None:
        open_ones = [n for n in state.notices.values() if n.halted_because is None]
        unsent = [
            n
            for n in open_ones
            if count(n, STILL_TO_HAND_OVER) or n.paused_because is not None or n.stopped_because is not None
        ]
        if unsent:
            return unsent
    if halted:
        raise RefusedError(f"sending was stopped for good: {notice.halted_because}")
    return [notice]
