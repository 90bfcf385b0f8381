"""Read the entries about letting letters go into state: pauses, the stop, seeds and slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incident.core import events as e
from incident.core.state import Incident, Recorded


def _planned(event: e.CanaryPlanned, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].canary = event


def _intended(event: e.CanaryIntended, s: Incident, entry: Recorded) -> None:
    s.notices[event.notice_id].seeds_intended_at = entry.occurred_at


def _sent(event: e.CanarySent, s: Incident, entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    notice.seeds, notice.seeds_sent_at = event, entry.occurred_at


def _seen(event: e.CanarySeen, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].seeds_arrived = True


def _passed(event: e.CanaryPassed, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    notice.canary_passed, notice.canary_failed = notice.canary_passed | {event.stage}, None


def _failed(event: e.CanaryFailed, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].canary_failed = event.stage


def _paused(event: e.NoticePaused, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].paused_because = event.reason


def _halted(event: e.NoticeHalted, s: Incident, _entry: Recorded) -> None:
    s.notices[event.notice_id].halted_because = event.reason


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.CanaryPlanned, _planned),
    (e.CanaryIntended, _intended),
    (e.CanarySent, _sent),
    (e.CanarySeen, _seen),
    (e.CanaryPassed, _passed),
    (e.CanaryFailed, _failed),
    (e.NoticePaused, _paused),
    (e.NoticeHalted, _halted),
)
