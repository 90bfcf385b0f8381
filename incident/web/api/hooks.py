"""Webhooks over the API: whom we tell, who tells us, and the one route that a signature opens instead of a token."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, StringConstraints

from incident.core.actors import RESPONDERS
from incident.core.integrations import Scope, Seen, Token
from incident.reception import Reception
from incident.service import webhooks
from incident.web.api import models as m
from incident.web.api.door import ASK, FAILURES, Caller, StrictRoute, Teller, address_of, wait
from incident.web.api.problems import ProblemError, described, read_strictly
from incident.web.api.writing import Raw, take_finding

router = APIRouter(
    route_class=StrictRoute,
    tags=["webhooks"],
    responses=described(400, 401, 403, 404, 409, 413, 422, 429, 503),
)
Id = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,40}$")]


class Hook(m.In):
    """An address to tell: https, or http on loopback."""

    url: Annotated[str, StringConstraints(min_length=8, max_length=500)]


class Made(BaseModel):
    """What was made, with its secret, which is shown once."""

    id: str
    secret: str


class Told(BaseModel):
    """An address that is told, and how many messages stand where."""

    id: str
    url: str
    ended: bool
    messages: dict[str, int]


@router.post("/webhooks", status_code=201)
def register(given: Hook, who: Teller) -> Made:
    """Tell this address of every new entry that the handle may see; bodies name entries, not what they say."""
    target, secret = webhooks.register(who.reception.machines, who.staff.actor.handle, given.url)
    return Made(id=target.target_id, secret=secret)


@router.get("/webhooks")
def list_webhooks(who: Teller) -> list[Told]:
    """List the handle's webhooks."""
    store = who.reception.machines.store
    return [
        Told(id=t.target_id, url=t.url, ended=t.ended_at is not None, messages=store.counts(t.target_id))
        for t in store.targets()
        if t.handle == who.staff.actor.handle
    ]


@router.delete("/webhooks/{hook_id}", status_code=204)
def end_webhook(hook_id: Id, who: Teller) -> Response:
    """Tell this address no longer."""
    webhooks.end_target(who.reception.machines, hook_id, handle=who.staff.actor.handle)
    return Response(status_code=204)


@router.post("/sources", status_code=201)
def admit(who: Teller) -> Made:
    """Believe a system that signs its findings with the secret that is returned; it reports in the handle's name."""
    who.staff.actor.must_be(*RESPONDERS, to="admit a source of findings")
    source, secret = webhooks.admit(who.reception.machines, who.staff.actor.handle)
    return Made(id=source.source_id, secret=secret)


@router.delete("/sources/{source_id}", status_code=204)
def end_source(source_id: Id, who: Teller) -> Response:
    """Believe this system no longer."""
    webhooks.end_source(who.reception.machines, source_id, handle=who.staff.actor.handle)
    return Response(status_code=204)


@router.post("/incoming/{source_id}")
def receive(source_id: Id, request: Request, raw: Raw) -> m.Opened:
    """Take a signed OCSF finding (Standard Webhooks). The same message again changes nothing."""
    reception: Reception = request.app.state.reception
    machines, now = reception.machines, reception.machines.now()
    who = address_of(request, reception)
    wait(FAILURES.waits(who, now))
    source = machines.store.source(source_id)
    staff = reception.staff.get(source.handle) if source is not None and source.ended_at is None else None
    secret = machines.seals.open(source.secret_sealed) if source is not None and staff is not None else b"\0"
    try:
        number = webhooks.verify(secret, request.headers, raw, now)
    except webhooks.SignatureError:
        FAILURES.count(who, now)
        raise ProblemError(401, headers=ASK) from None
    if source is None or staff is None:  # whoever signs with the empty secret of unknown sources
        raise ProblemError(401, headers=ASK)
    sha256 = hashlib.sha256(raw).hexdigest()
    seen = machines.store.seen(source_id, number)
    if seen is not None:
        if seen.body_sha256 != sha256:
            raise ProblemError(409, "this message was taken before, with another body")
        state = reception.lookout.incident(seen.incident_id)
        return m.Opened(incident=seen.incident_id, created=False, last_seq=state.last_seq)
    finding = read_strictly(raw)
    if not isinstance(finding, dict):
        raise ProblemError(422, "is not an object", field="body")
    token = Token(source_id, "", source.handle, "", (Scope.OPEN.value,), now, now)
    done = take_finding(Caller(reception, token, staff), finding, raw, reception.house.ids.new("INC"))
    machines.store.put_seen(Seen(source_id, number, sha256, done.incident, now))
    return done
