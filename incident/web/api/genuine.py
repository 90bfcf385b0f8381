"""The public page on which anybody checks a letter: no sign-in, no script, no cookie; every miss is answered alike."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import HTMLResponse, Response

from incident.core.genuine import public
from incident.core.state import Incident
from incident.errors import RefusedError
from incident.service import genuine
from incident.web.api.limits import Limit
from incident.web.routing import Door, Page
from incident.web.visit import Visit

STYLE = "/genuine/style.css"
MISSES = Limit(60, timedelta(minutes=10))
"""So many wrong codes from one address; 60 bits are not found that way, and nobody is kept busy by trying."""


def show(visit: Visit) -> Response:
    """Show the page of a code, or the one answer that every other code gets."""
    now, who = visit.reception.house.clock.real_now(), visit.address
    wait = MISSES.waits(who, now)
    if wait:
        return Response("Too many wrong codes. Try again later.", 429, {"retry-after": str(wait)})
    incident_id = visit.reception.codes.incident_of(visit.request.path_params["code"])
    state = visit.reception.lookout.incident(incident_id) if incident_id else None
    if state is None or not public(state):
        MISSES.count(who, now)
        return HTMLResponse(genuine.unknown(visit.reception.house, style=STYLE), 404)
    return HTMLResponse(_page(visit, state, f"/genuine/{state.genuine_code}"))


def preview(visit: Visit) -> Response:
    """Show the page to staff as strangers see it, or, in a drill, would see it."""
    state = visit.state
    if not state.notices:
        raise RefusedError("no letter was sent yet; until then there is no such page")
    return HTMLResponse(_page(visit, state, f"/incidents/{state.incident_id}/genuine"))


def style(visit: Visit) -> Response:
    """Send the style sheet."""
    sheet = visit.reception.house.renderer.source(genuine.STYLE)
    return Response(sheet, media_type="text/css", headers={"cache-control": "public, max-age=300"})


def _page(visit: Visit, state: Incident, base: str) -> str:
    found = genuine.letters(visit.reception.house, state)
    spoken = genuine.languages(found)
    asked = visit.request.path_params.get("language", visit.texts.language)
    language = asked if asked in spoken else spoken[0]
    links = {one: f"{base}/{one}" for one in spoken}
    return genuine.page(visit.reception.house, state, found, language, links=links, style=STYLE)


ROUTES = (
    Page("GET", "/genuine/style.css", style, door=Door.OPEN),
    Page("GET", "/genuine/{code}", show, door=Door.OPEN),
    Page("GET", "/genuine/{code}/{language}", show, door=Door.OPEN),
    Page("GET", "/incidents/{incident_id}/genuine", preview),
    Page("GET", "/incidents/{incident_id}/genuine/{language}", preview),
)
