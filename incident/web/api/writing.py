"""Open and amend incidents over the API, in our own JSON or as an OCSF finding; a key makes a repeat harmless."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from incident.core import events as e
from incident.core import ocsf
from incident.core.integrations import Answer
from incident.core.state import Incident
from incident.errors import NotFoundError
from incident.service import assessing, opening, reported
from incident.service.house import view
from incident.service.obligations import determine
from incident.web.api import models as m
from incident.web.api.door import Amender, Caller, Number, Opener, StrictRoute
from incident.web.api.problems import ProblemError, described

router = APIRouter(
    route_class=StrictRoute, tags=["write"], responses=described(400, 401, 403, 404, 409, 413, 422, 429, 503)
)
UNDER_WAY = timedelta(seconds=60)
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{8,100}$",
        description="Your own name for this request; sent again with it, nothing is done twice.",
    ),
]


async def raw_body(request: Request) -> bytes:
    """Return the bytes of the request as they came."""
    return await request.body()


Raw = Annotated[bytes, Depends(raw_body)]


@router.post(
    "/incidents", status_code=201, responses={200: {"description": "Done before", "model": m.Opened}}
)
def open_incident(given: m.Opening, who: Opener, raw: Raw, response: Response, key: Key = None) -> m.Opened:
    """Open an incident. It exists from here on, whatever else fails."""

    def work(incident_id: str) -> m.Opened:
        house, actor = who.reception.house, who.staff.actor
        if _there(who, incident_id):
            return _opened(view(house, incident_id), created=False)
        _check(given.facts)
        opening.open_incident(
            house,
            actor=actor,
            title=given.title,
            detected_at=given.detected_at,
            became_aware_at=given.became_aware_at,
            aware_because=given.aware_because,
            incident_id=incident_id,
        )
        if given.facts:
            assessing.assess(house, incident_id, actor=actor, inputs={"facts": _facts(given.facts)})
        if given.became_aware_at is not None:
            determine(house, incident_id)
        return _opened(view(house, incident_id), created=True)

    return _once(who, key, raw, "POST /incidents", response, work)


@router.post("/incidents/{incident_id}/facts")
def amend_facts(
    incident_id: Number, given: m.Amendment, who: Amender, raw: Raw, response: Response, key: Key = None
) -> m.Opened:
    """Record facts; earlier values stay in the ledger, and duties are worked out anew."""
    who.incident(incident_id)

    def work(_planned: str) -> m.Opened:
        house = who.reception.house
        inputs = {"facts": _facts(given.facts)}
        assessing.assess(house, incident_id, actor=who.staff.actor, inputs=inputs)
        return _opened(view(house, incident_id), created=False)

    return _once(who, key, raw, f"POST /incidents/{incident_id}/facts", response, work)


@router.post("/findings", status_code=201, responses={200: {"description": "Known", "model": m.Opened}})
def report_finding(
    finding: Annotated[dict[str, Any], Body(description="OCSF Incident Finding or Detection Finding")],
    who: Opener,
    raw: Raw,
    response: Response,
    key: Key = None,
) -> m.Opened:
    """Report an OCSF finding: a new one opens an incident, a newer version amends it; the raw bytes are evidence."""

    def work(incident_id: str) -> m.Opened:
        return take_finding(who, finding, raw, incident_id)

    return _once(who, key, raw, "POST /findings", response, work)


def take_finding(who: Caller, finding: dict[str, Any], raw: bytes, incident_id: str) -> m.Opened:
    """Take a finding in the caller's name."""
    house = who.reception.house
    read = ocsf.read(finding, house.clock.now())
    state, fresh = reported.take(
        house, who.reception.machines, read, raw, actor=who.staff.actor, incident_id=incident_id
    )
    return _opened(state, created=fresh)


def _once(
    who: Caller, key: str | None, raw: bytes, route: str, response: Response, work: Callable[[str], m.Opened]
) -> m.Opened:
    """Do the work once for each key; a key with another request is refused."""
    planned = who.reception.house.ids.new("INC")
    if key is None:
        done = work(planned)
    else:
        store, now = who.reception.machines.store, who.reception.machines.now()
        sha256 = hashlib.sha256(route.encode() + b"\0" + raw).hexdigest()
        mine = Answer(who.token.token_id, key, sha256, planned, now)
        known = store.reserve(mine)
        if known is not None:
            if known.request_sha256 != sha256:
                raise ProblemError(422, "was used for another request", field="Idempotency-Key")
            if known.body is not None:
                response.headers["idempotency-replayed"] = "true"
                response.status_code = known.status or 200
                return m.Opened.model_validate_json(known.body)
            if now - known.at < UNDER_WAY:
                raise ProblemError(409, "a request with this key is under way")
            mine = replace(known, at=now)
            store.put_answer(mine)
        done = work(mine.incident_id)
        status = 201 if done.created else 200
        store.put_answer(replace(mine, status=status, body=done.model_dump_json()))
    response.status_code = 201 if done.created else 200
    return done


def _opened(state: Incident, *, created: bool) -> m.Opened:
    return m.Opened(incident=state.incident_id, created=created, last_seq=state.last_seq)


def _there(who: Caller, incident_id: str) -> bool:
    try:
        view(who.reception.house, incident_id)
    except NotFoundError:
        return False
    return True


def _facts(given: dict[str, m.FactIn]) -> dict[str, Any]:
    return {name: one.model_dump() for name, one in given.items()}


def _check(given: dict[str, m.FactIn]) -> None:
    """Refuse facts that could not be recorded before anything is opened."""
    from incident.service.risk import refuse_unreadable

    for name, one in given.items():
        if (one.value is None) != (one.label == e.Label.UNKNOWN.value):
            raise ProblemError(
                422, "an unknown has no value, and everything else has one", field=f"facts.{name}"
            )
    refuse_unreadable({name: one.value for name, one in given.items()})
