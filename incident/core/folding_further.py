"""Read the entries about further letters into state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incident.core import events as e
from incident.core.folding_notice import move
from incident.core.state import Incident, Recorded


def _proposed(event: e.FurtherProposed, s: Incident, entry: Recorded) -> None:
    s.further[event.approval_id] = event
    s.letter_authors.add(entry.actor)


def _followed(event: e.DeliveriesFollowed, s: Incident, _entry: Recorded) -> None:
    move(s.notices[event.notice_id].tally, event.tally)


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.FurtherProposed, _proposed),
    (e.DeliveriesFollowed, _followed),
)
