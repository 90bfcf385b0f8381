"""Use cases of the first minutes: open an incident, decide awareness, amend facts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.decide import intake
from incident.core.state import Incident
from incident.service.house import House, record, write
from incident.service.risk import refuse_unreadable


def open_incident(
    house: House,
    *,
    actor: Actor,
    title: str,
    detected_at: datetime | None = None,
    became_aware_at: datetime | None = None,
    aware_because: str = "",
    incident_id: str | None = None,
) -> Incident:
    """Open an incident; it exists from here on, whatever else fails."""
    now = house.clock.now()
    events = intake.open_incident(
        actor=actor,
        now=now,
        title=title,
        promise_hours=house.profile.promise_hours,
        detected_at=detected_at,
        became_aware_at=became_aware_at,
        aware_because=aware_because,
    )
    state = Incident(incident_id or house.ids.new("INC"), drill=house.profile.drill)
    with house.store.begin() as tx:
        write(house, tx, state, events, actor=actor, now=now)
    return state


def decide_awareness(
    house: House, incident_id: str, *, actor: Actor, became_aware_at: datetime, because: str
) -> Incident:
    """Decide, or correct, when the team became aware."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, now: intake.decide_awareness(
            state, actor=actor, now=now, became_aware_at=became_aware_at, because=because
        ),
    )


def amend_fact(
    house: House, incident_id: str, *, actor: Actor, name: str, value: Any, label: e.Label, source: str
) -> Incident:
    """Record what is now known of one fact; one that the rules could not read is refused."""
    refuse_unreadable({name: value})
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: intake.amend_fact(
            state, actor=actor, name=name, value=value, label=label, source=source
        ),
    )
