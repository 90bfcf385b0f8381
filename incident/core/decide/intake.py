"""Decide the first hour: open, become aware, amend facts, freeze evidence, assess, decide."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.state import Incident
from incident.errors import BadInputError, RefusedError

FIRST_YEAR, LAST_YEAR = (
    1990,
    2200,
)  # what an incident or a deadline of it can lie in; a slip of the hand is outside


def aware(value: datetime, *, field: str) -> datetime:
    """Return the instant, or refuse one without an offset."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise BadInputError("the time has no offset; write it like 2026-03-10T05:00:00+00:00", field=field)
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise BadInputError(f"the year {value.year} cannot be meant", field=field)
    return value


def past(value: datetime, now: datetime, *, field: str) -> datetime:
    """Return the instant, or refuse one without an offset or after now."""
    if aware(value, field=field) > now:
        raise BadInputError(f"{e.instant_text(value)} lies in the future", field=field)
    return value


def said(text: str, *, field: str) -> str:
    """Return the text without outer blanks, or refuse silence."""
    if not text.strip():
        raise BadInputError("must not be empty", field=field)
    return text.strip()


def open_incident(
    *,
    actor: Actor,
    now: datetime,
    title: str,
    promise_hours: int,
    detected_at: datetime | None = None,
    became_aware_at: datetime | None = None,
    aware_because: str = "",
) -> tuple[e.Event, ...]:
    """Open an incident; all but the title may stay unknown."""
    actor.must_be(*RESPONDERS, to="open an incident")
    if promise_hours <= 0:
        raise BadInputError("must be a positive number of hours", field="promise_hours")
    if detected_at is not None:
        past(detected_at, now, field="detected_at")
    opened = e.IncidentOpened(said(title, field="title"), detected_at, promise_hours)
    if became_aware_at is None:
        return (opened,)
    return (opened, _awareness(actor, now, became_aware_at, aware_because, detected_at))


def decide_awareness(
    state: Incident, *, actor: Actor, now: datetime, became_aware_at: datetime, because: str
) -> tuple[e.Event, ...]:
    """Decide, or correct, when the team became aware; a correction always says why."""
    actor.must_be(*RESPONDERS, to="decide when the team became aware")
    still_open(state)
    if state.awareness is not None:
        said(because, field="because")
    return (_awareness(actor, now, became_aware_at, because, state.detected_at),)


def _awareness(
    actor: Actor, now: datetime, at: datetime, because: str, detected_at: datetime | None
) -> e.AwarenessDecided:
    past(at, now, field="became_aware_at")
    if detected_at is not None and at < detected_at and not because.strip():
        raise BadInputError("lies before detection; say why", field="became_aware_at")
    return e.AwarenessDecided(at, said(because, field="because"), actor.handle)


def amend_fact(
    state: Incident, *, actor: Actor, name: str, value: Any, label: e.Label, source: str
) -> tuple[e.Event, ...]:
    """Record what is now known of one fact; None is allowed for an unknown only."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="amend facts")
    still_open(state)
    if (value is None) != (label is e.Label.UNKNOWN):
        raise BadInputError("an unknown has no value, and everything else has one", field=name)
    known = state.facts.get(name)
    if known and (known.value, known.label) == (value, label):
        return ()
    return (e.FactsAmended(name, value, label, said(source, field="source")),)


def freeze_evidence(
    state: Incident, frozen: e.EvidenceFrozen, *, actor: Actor, now: datetime
) -> tuple[e.Event, ...]:
    """Add a hashed snapshot; bytes that are frozen already change nothing, other bytes under one name are refused."""
    actor.must_be(*RESPONDERS, Role.SYSTEM, to="add evidence")
    still_open(state)
    past(frozen.taken_at, now, field="taken_at")
    present = state.evidence.get(frozen.evidence_id)
    if present is not None:
        if (present.sha256, present.system) == (frozen.sha256, frozen.system):
            return ()
        raise RefusedError(f"these bytes are frozen already, as {present.evidence_id} of {present.system}")
    for known in state.evidence.values():
        if (known.system, known.file_name, known.taken_at) == (
            frozen.system,
            frozen.file_name,
            frozen.taken_at,
        ):
            raise RefusedError(
                f"{frozen.file_name} of {frozen.system} was frozen as {known.evidence_id} with another hash; "
                "a newer snapshot needs its own taken-at time"
            )
    return (frozen,)


def assess_severity(state: Incident, assessed: e.SeverityAssessed, *, actor: Actor) -> tuple[e.Event, ...]:
    """Record the severity and its working."""
    actor.must_be(*RESPONDERS, to="assess severity")
    still_open(state)
    return (assessed,)


def assess_risk(
    state: Incident, *, actor: Actor, proposed: str, level: str, reasons: tuple[str, ...], because: str | None
) -> tuple[e.Event, ...]:
    """Confirm the proposed risk to people, or override it with a reason."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="assess the risk to people")
    still_open(state)
    if level != proposed and not (because or "").strip():
        raise BadInputError(f"differs from the proposal {proposed!r}; say why", field="level")
    return (e.RiskAssessed(proposed, level, reasons, because if level != proposed else None),)


def decide_breach(state: Incident, *, actor: Actor, outcome: e.Outcome, reason: str) -> tuple[e.Event, ...]:
    """Decide one of the three outcomes, with a reason and a name."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="decide what the incident is")
    still_open(state)
    if outcome is not e.Outcome.NOTIFY and state.risk is None:
        raise RefusedError("not to notify is a decision on the risk to people; assess the risk first")
    return (e.BreachDecided(outcome, said(reason, field="reason")),)


def still_open(state: Incident) -> None:
    """Refuse to change a closed incident."""
    if state.closed_at is not None:
        raise RefusedError(f"incident {state.incident_id} is closed")
