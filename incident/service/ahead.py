"""Keep the plan of the latest safe send: work it out, and record it when it says materially else than before."""

from __future__ import annotations

from datetime import datetime

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.send_plan import SendPlan, determined, differs, send_plan
from incident.core.state import Incident
from incident.service.house import House, record, view


def plan_of(house: House, state: Incident) -> SendPlan:
    """Return the plan as of now, with the settings as they are."""
    return send_plan(state, house.clock.now(), house.profile.planning)


def determine(house: House, incident_id: str) -> str:
    """Work the plan out and record it when it changed materially; says the sum."""
    after = record(house, incident_id, actor=TOCSIN, decide=lambda s, now: changed(house, s, now))
    return after.send_plan.working if after.send_plan else "no clock runs, so there is nothing to plan"


def determine_if_changed(house: House, incident_id: str) -> bool:
    """Record the plan when the settings, the cohort, the rate or a clock changed it; returns whether it did."""
    if not changed(house, view(house, incident_id), house.clock.now()):
        return False
    determine(house, incident_id)
    return True


def changed(house: House, state: Incident, now: datetime) -> tuple[e.Event, ...]:
    """Return the entry to record, if the plan says materially else than the one in the ledger."""
    if state.closed_at is not None or state.awareness is None:
        return ()
    inputs = house.profile.planning
    fresh = determined(send_plan(state, now, inputs), inputs)
    return (fresh,) if differs(state.send_plan, fresh) else ()
