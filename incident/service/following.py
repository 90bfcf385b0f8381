"""Next steps with customers, action items, review, closing: what people decide after the notice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from incident.core.actors import Actor
from incident.core.decide import closing, filing, scope
from incident.core.events import Event
from incident.core.state import Incident
from incident.service.house import House, record


def record_next_step(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    step: str,
    text: str,
    positions: Sequence[int] | None = None,
    due_on: date | None = None,
) -> Incident:
    """Record what was agreed with customers; without positions, with everyone who is told."""
    step_id = house.ids.new("STEP")

    def decide(state: Incident, _now: datetime) -> tuple[Event, ...]:
        everyone = range(state.cohort.told) if state.cohort else ()
        chosen = tuple(everyone) if positions is None else tuple(positions)
        return filing.record_next_step(
            state, actor=actor, step_id=step_id, positions=chosen, step=step, text=text, due_on=due_on
        )

    return record(house, incident_id, actor=actor, decide=decide)


def waive_obligation(
    house: House, incident_id: str, obligation_id: str, *, actor: Actor, reason: str
) -> Incident:
    """Decide that a duty is not required here."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: scope.waive_obligation(state, obligation_id, actor=actor, reason=reason),
    )


def accept_gap(house: House, incident_id: str, number: int, *, actor: Actor, reason: str) -> Incident:
    """Accept something that scoping could not settle."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: scope.accept_gap(state, number, actor=actor, reason=reason),
    )


def promise_action_item(
    house: House, incident_id: str, *, actor: Actor, text: str, owner: str, due_on: date
) -> Incident:
    """Promise something in the post-mortem."""
    item_id = house.ids.new("ITEM")
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: closing.promise_action_item(
            state, actor=actor, item_id=item_id, text=text, owner=owner, due_on=due_on
        ),
    )


def review_post_mortem(
    house: House, incident_id: str, *, actor: Actor, remark: str, report_sha256: str | None = None
) -> Incident:
    """Let a second person accept the report."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: closing.review_post_mortem(
            state, actor=actor, report_sha256=report_sha256, remark=remark
        ),
    )


def close_incident(house: House, incident_id: str, *, actor: Actor, reason: str) -> Incident:
    """Close when nothing is open; RefusedError says what is."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: closing.close_incident(state, actor=actor, reason=reason),
    )
