"""Who may be one person, to confirm or split; and those whom mail did not reach, on the rungs of the ladder."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from starlette.responses import Response

from incident.core.actors import RESPONDERS, Role
from incident.core.state import Incident
from incident.service import joinings, ladder
from incident.service.joinings import Listed
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.visit import Visit

AT_ONCE = 50
MOST_DIGITS = 9
KEPT = 50
READERS = frozenset({*RESPONDERS, Role.COUNSEL})
_FOUND: OrderedDict[tuple[str, str], Listed] = OrderedDict()
"""What a frozen cohort suggests never changes, so it is read once; what was decided is added from the state."""
_LOCK = threading.Lock()


def merges(visit: Visit) -> Response:
    """Show who may be one person, what contradicts, and what was decided, by position."""
    state = visit.state
    listed = None if state.cohort is None else _listed(visit, state)
    return tab(visit, "people", "merges.html", listed=listed, most=AT_ONCE, of_today=True)


def rungs(visit: Visit) -> Response:
    """Show a page of those whom mail did not reach: what failed, what was tried, what is next and by when."""
    after = visit.query.get("after", "")
    known = after.isascii() and after.isdecimal() and len(after) <= MOST_DIGITS
    lines: tuple[ladder.LadderLine, ...] = ()
    if visit.state.notice is not None:
        start, notice_id = int(after) if known else -1, visit.query.get("notice", "")
        house = visit.reception.house
        lines = ladder.page(house, visit.state, notice_id=notice_id, after=start, limit=AT_ONCE + 1)
    shown = lines[:AT_ONCE]
    next_href = f"?notice={shown[-1].notice_id}&after={shown[-1].position}" if len(lines) > AT_ONCE else ""
    return tab(visit, "deliveries", "ladder.html", lines=shown, next_href=next_href, of_today=True)


def _listed(visit: Visit, state: Incident) -> Listed:
    key = (state.incident_id, state.cohort.cohort_id if state.cohort else "")
    with _LOCK:
        found = _FOUND.get(key)
    if found is None:
        found = joinings.listing(visit.reception.house, state, actor=visit.actor)
        with _LOCK:
            _FOUND[key] = found
            while len(_FOUND) > KEPT:
                _FOUND.popitem(last=False)
    return replace(found, decided=tuple(state.joinings.values()))


ROUTES = (
    Page("GET", "/incidents/{incident_id}/merges", merges, READERS),
    Page("GET", "/incidents/{incident_id}/ladder", rungs),
)
