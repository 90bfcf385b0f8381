"""Four eyes: give or refuse the second yes; or break the glass, which is loud and short."""

from __future__ import annotations

from datetime import datetime

from incident.core import emergency
from incident.core.actors import TOCSIN, Actor
from incident.core.decide import notice
from incident.core.events import ApprovalForced, Event, PageSent
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


def force(house: House, incident_id: str, *, actor: Actor, triple: str, reason: str) -> Incident:
    """Approve alone in an emergency: recorded, everybody is paged, it runs out, the post-mortem names it."""
    forced: list[Event] = []

    def decide_force(present: Incident, now: datetime) -> list[Event]:
        forced[:] = emergency.force(present, actor=actor, now=now, triple=triple, reason=reason)
        return forced

    record(house, incident_id, actor=actor, decide=decide_force)
    name = next(one.approval_id for one in forced if isinstance(one, ApprovalForced))
    sentence = (
        f"{actor.handle} approved alone in an emergency; it runs out in {emergency.LASTS.seconds // 3600} h"
    )
    sent = house.pager.page(f"{incident_id} emergency:{name}", sentence, to="all")
    paged = PageSent(f"emergency:{name}", sentence, bool(sent.taken), "all", 1, sent.taken, sent.failed)
    return record(house, incident_id, actor=TOCSIN, decide=lambda _state, _now: (paged,))


def expire(house: House, incident_id: str) -> str:
    """Void an emergency approval that has run out."""
    record(house, incident_id, actor=TOCSIN, decide=lambda state, now: emergency.expire(state, now=now))
    return "the emergency approval ran out; a second person approves anew"
