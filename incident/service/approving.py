"""Four eyes: give or refuse the second yes."""

from __future__ import annotations

from incident.core.actors import Actor
from incident.core.decide import notice
from incident.core.state import Incident
from incident.service.house import House, record


def approve(house: House, incident_id: str, *, actor: Actor, triple: str | None = None) -> Incident:
    """Approve cohort x letters x send; FourEyesError when this person may not, and the attempt is kept."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: notice.approve(state, actor=actor, triple=triple),
    )
