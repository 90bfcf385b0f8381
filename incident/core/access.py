"""Need to know: who may see an incident, and the decisions that change it.

A role says what somebody may do; this says in which incidents. Outsiders see only what they were named for, under an
agreement; a restricted incident is seen only by those who were named. Handles stand in the ledger, people do not.
"""

from __future__ import annotations

from collections.abc import Collection

from incident.core import events as e
from incident.core.actors import Actor, Role
from incident.core.decide.intake import said, still_open
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError

KEEPERS = (Role.OFFICER, Role.ADMIN)


def may_see(handle: str, *, outside: bool, restricted: bool, granted: Collection[str]) -> bool:
    """Whether this person may see an incident at all."""
    return handle in granted or not (outside or restricted)


def restrict(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Let only those who were named see the incident; the one who restricts it is named at once."""
    actor.must_be(*KEEPERS, to="restrict an incident")
    if state.restricted:
        raise RefusedError("this incident is restricted already")
    restricted = e.AccessRestricted(said(reason, field="reason"))
    if actor.handle in state.granted:
        return (restricted,)
    return (restricted, e.AccessGranted(actor.handle, None, "restricted the incident"))


def reopen(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Lift the restriction."""
    actor.must_be(*KEEPERS, to="lift a restriction")
    if not state.restricted:
        raise RefusedError("this incident is not restricted")
    return (e.AccessOpened(said(reason, field="reason")),)


def grant(
    state: Incident, *, actor: Actor, handle: str, outside: bool, agreement: str | None, reason: str
) -> tuple[e.Event, ...]:
    """Name somebody for this incident; an outsider needs the reference of an agreement."""
    actor.must_be(*KEEPERS, to="let somebody see an incident")
    still_open(state)
    reference = (agreement or "").strip() or None
    if outside:
        reference = said(agreement or "", field="agreement")
    return (e.AccessGranted(handle, reference, said(reason, field="reason")),)


def end(state: Incident, *, actor: Actor, handle: str, reason: str) -> tuple[e.Event, ...]:
    """Take a name off again."""
    actor.must_be(*KEEPERS, to="end somebody's access")
    if handle not in state.granted:
        raise NotFoundError(f"{handle} was not named for this incident")
    if state.restricted and len(state.granted) == 1:
        raise RefusedError("nobody would see this incident any longer; name somebody else first")
    return (e.AccessEnded(handle, said(reason, field="reason")),)
