"""Read the entries of the plan and the watch into state: the send plan, pages and who took notice of them.

Folding decides nothing and refuses nothing: what was recorded happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from incident.core import events as e
from incident.core.folding_notice import move
from incident.core.state import Incident, Page, Recorded

QUIET = frozenset({"page:sent", "page:acknowledged", "page:cleared", "send_plan:determined"})
"""Kinds that say nothing of the work itself: an incident in which only these are recorded stands still."""


def _planned(event: e.SendPlanDetermined, s: Incident, _entry: Recorded) -> None:
    s.send_plan = event
    if event.latest_safe_at is not None:
        s.last_safe_send = event


def _paged(event: e.PageSent, s: Incident, entry: Recorded) -> None:
    known = s.pages.get(event.subject)
    again = known is not None and known.cleared_at is None and event.times > 1
    first_at = known.first_at if known is not None and again else entry.occurred_at
    s.pages[event.subject] = Page(first_at, entry.occurred_at, event.to, event.times, event.reached)


def _acknowledged(event: e.PageAcknowledged, s: Incident, entry: Recorded) -> None:
    s.pages[event.subject] = replace(
        s.pages[event.subject], acknowledged_by=entry.actor, acknowledged_at=entry.occurred_at
    )


def _cleared(event: e.PageCleared, s: Incident, entry: Recorded) -> None:
    s.pages[event.subject] = replace(s.pages[event.subject], cleared_at=entry.occurred_at)


def _tried(event: e.DeliveriesTried, s: Incident, _entry: Recorded) -> None:
    notice = s.notices[event.notice_id]
    move(notice.tally, event.tally)
    for position in event.positions:
        notice.tried[position] = notice.tried.get(position, frozenset()) | {event.channel}


def _noted(_event: Any, _s: Incident, _entry: Recorded) -> None:
    """Stands in the timeline; the state does not change."""


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.SendPlanDetermined, _planned),
    (e.PageSent, _paged),
    (e.PageAcknowledged, _acknowledged),
    (e.PageCleared, _cleared),
    (e.DeliveriesTried, _tried),
    (e.DeliveriesExported, _noted),
)
