"""Who may see an incident: name people, take them off, restrict, open again; and write down who read what."""

from __future__ import annotations

from incident.core import access
from incident.core import events as e
from incident.core.actors import Actor
from incident.core.state import Incident
from incident.service.house import House, record


def restrict(house: House, incident_id: str, *, actor: Actor, reason: str) -> Incident:
    """Let only named people see the incident."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: access.restrict(state, actor=actor, reason=reason),
    )


def reopen(house: House, incident_id: str, *, actor: Actor, reason: str) -> Incident:
    """Lift the restriction."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: access.reopen(state, actor=actor, reason=reason),
    )


def grant(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    handle: str,
    outside: bool,
    agreement: str | None,
    reason: str,
) -> Incident:
    """Name somebody for this incident; an outsider needs the reference of an agreement."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: access.grant(
            state, actor=actor, handle=handle, outside=outside, agreement=agreement, reason=reason
        ),
    )


def end(house: House, incident_id: str, *, actor: Actor, handle: str, reason: str) -> Incident:
    """Take a name off again."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: access.end(state, actor=actor, handle=handle, reason=reason),
    )


def read_people(
    house: House, incident_id: str, *, actor: Actor, purpose: str, known: Incident | None = None
) -> Incident:
    """Write down that somebody reads personal data; the caller shows it only after this."""
    read = e.EvidenceRead((), purpose)
    return record(house, incident_id, actor=actor, decide=lambda _state, _now: (read,), known=known)
