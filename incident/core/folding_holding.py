"""Read the entries about letters that the provider holds into state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incident.core import events as e
from incident.core.state import Incident, Recorded

OPEN, NONE = "open", "none"


def _opened(event: e.GroupOpened, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    notice.group, notice.group_state = event.group, OPEN if event.group else NONE


def _asked(event: e.GroupAsked, s: Incident, _entry: Recorded) -> None:
    if event.reason is None:
        s.notices[event.notice_id].group_state = OPEN if event.what == "go_on" else event.what


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.GroupOpened, _opened),
    (e.GroupAsked, _asked),
)
