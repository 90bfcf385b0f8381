"""The door of every page: who may come in, whether the request is one of ours, which incident it is about.

A page is a row: method, path, who, and a function from a visit to an answer. Nothing is served that is no row.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from incident.core.access import may_see
from incident.core.actors import Role
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError
from incident.reception import Reception, Staff
from incident.service.signing_in import session_of
from incident.web import csrf, sessions
from incident.web.looking_back import asked
from incident.web.pacing import Pace
from incident.web.texts import chosen, texts_in
from incident.web.visit import Visit

EVERYBODY = frozenset(Role) - {Role.SYSTEM}
MOST_FIELDS = 60
MOST = 2**53


class Door(Enum):
    """Who is let in: anybody, somebody half-way through signing in, or somebody with a role."""

    OPEN = "open"
    HALF = "half"
    ROLE = "role"


@dataclass(frozen=True, slots=True)
class Page:
    """One page, or one thing that can be posted."""

    method: str
    path: str
    show: Callable[[Visit], Response]
    roles: frozenset[Role] = EVERYBODY
    door: Door = Door.ROLE

    @property
    def of_incident(self) -> bool:
        """Whether it is about one incident, so that need-to-know counts."""
        return "{incident_id}" in self.path

    @property
    def looks_back(self) -> bool:
        """Whether it can show the incident as it was; a question is always of today."""
        return self.method == "GET" and self.of_incident and "/do/" not in self.path


class ForbiddenError(RefusedError):
    """The visitor's role does not allow this page."""


class ForgedError(RefusedError):
    """The request does not come from one of our own pages."""


def endpoint(page: Page) -> Callable[[Request], Awaitable[Response]]:
    """Return what the server calls for a page: nothing of a body is read before its sender is let in."""

    async def answer(request: Request) -> Response:
        admitted = await run_in_threadpool(admit, page, request)
        if isinstance(admitted, Response):
            return admitted
        if page.method == "POST":
            admitted.form = await request.form(max_files=1, max_fields=MOST_FIELDS)
        try:
            return await run_in_threadpool(show, page, admitted)
        finally:
            await admitted.form.close()

    return answer


def admit(page: Page, request: Request) -> Visit | Response:
    """Let a visitor in, or not, by what stands before the body."""
    reception: Reception = request.app.state.reception
    if any(isinstance(one, int) and one > MOST for one in request.path_params.values()):
        raise NotFoundError("there is no such page")
    if any("\0" in str(one) for one in (*request.path_params.values(), *request.query_params.values())):
        raise NotFoundError("there is no such page")
    visit = begin(request, reception)
    pace: Pace = request.app.state.pace
    inside = visit.session is not None and visit.session.second_factor and visit.staff is not None
    handle = visit.session.handle if visit.session is not None and inside else None
    pace.admit(request.url.path, handle, visit.address, reception.desk.now())
    if page.method == "POST" and not csrf.same_origin(request):
        raise ForgedError("the request does not come from a page of this console")
    if page.door is Door.OPEN:
        return visit
    session = visit.session
    full = session is not None and session.second_factor
    if page.door is Door.HALF and session is not None and not full:
        return visit
    if not full or visit.staff is None or page.door is Door.HALF:
        return _to_the_door(page, request)
    if not visit.staff.actor.roles & page.roles:
        raise ForbiddenError("your role does not allow this page")
    if page.of_incident:
        visit.incident = incident_for(reception, visit.staff, request.path_params["incident_id"])
    return visit


def show(page: Page, visit: Visit) -> Response:
    """Let the page answer somebody who was let in; a form has to be this session's."""
    if page.door is not Door.OPEN and page.method == "POST":
        if not csrf.matches(visit.token, visit.text(csrf.FIELD)):
            raise ForgedError("the form is not from this session")
        if page.of_incident and visit.staff is not None:  # sending a body takes time
            visit.incident = incident_for(visit.reception, visit.staff, visit.state.incident_id)
    if page.looks_back and page.door is Door.ROLE:
        _look_back(visit)
    return page.show(visit)


def begin(request: Request, reception: Reception) -> Visit:
    """Start a visit: language, time, and who it is, if anybody."""
    language = chosen(request.cookies.get(sessions.LANGUAGE), request.headers.get("accept-language", ""))
    visit = Visit(request, reception, texts_in(language), reception.house.clock.now())
    token = sessions.token_of(request, secure=reception.settings.secure)
    if token is not None:
        asked_by_hand = "hx-request" not in request.headers
        visit.session = session_of(reception.desk, token, seen=asked_by_hand)
    if visit.session is not None and token is not None:
        visit.token = token
        visit.staff = reception.staff.get(visit.session.handle)
    return visit


def incident_for(reception: Reception, staff: Staff, incident_id: str) -> Incident:
    """Return an incident that this person may see; otherwise there is none, whoever asks."""
    state = reception.lookout.incident(incident_id)
    seen = may_see(
        staff.actor.handle, outside=staff.outside, restricted=state.restricted, granted=state.granted
    )
    if not seen:
        raise NotFoundError("there is no such incident")
    return state


def _look_back(visit: Visit) -> None:
    """Put the incident and the clock back to the instant that is asked for, if one is."""
    visit.present = visit.state
    visit.past = asked(visit.query, visit.reception, visit.state, visit.now)
    if visit.past is not None:
        visit.incident = visit.past.incident(visit.reception.lookout, visit.state.incident_id)
        visit.now = visit.past.at


def _to_the_door(page: Page, request: Request) -> Response:
    if page.method == "POST":
        raise ForbiddenError("sign in first")
    door = f"/sign-in?next={quote(request.url.path)}"
    if "hx-request" in request.headers:  # a part of a page that lies open: the whole page goes to the door
        return Response(status_code=204, headers={"hx-redirect": door})
    return RedirectResponse(door, status_code=303)
