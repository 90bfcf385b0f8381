"""What the console and `status` read: rows derived from state and entries, droppable and rebuilt to the same bytes.

Nothing here depends on the present time: standing against a given now is computed when it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core.corrections import correction_key
from incident.core.lifecycle import promise_due_at, stage
from incident.core.sentences import sentence
from incident.core.state import Incident, Obligation, Recorded

PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One incident on the board."""

    incident_id: str
    title: str
    drill: bool
    stage: str
    opened_at: datetime | None
    became_aware_at: datetime | None
    promise_due_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    people: int | None
    told: int | None
    last_seq: int
    restricted: bool = False
    granted: tuple[str, ...] = ()
    tightest: str | None = None
    tightest_due_at: datetime | None = None
    no_number: int = 0
    waiting: int = 0
    latest_safe_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock of an incident: a duty with what is known of its deadline and its end."""

    incident_id: str
    obligation_id: str
    jurisdiction: str
    recipient: str
    authority: str | None
    required: bool
    open: bool
    due_at: datetime | None
    due_on: str | None
    met_at: datetime | None
    missed_at: datetime | None
    number_in_law: bool


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One entry as a plain sentence; `corrects` is the place of the entry that said the same thing before it."""

    incident_id: str
    seq: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    kind: str
    sentence: str
    corrects: int | None = None


def board_row(state: Incident) -> BoardRow:
    """Return the incident's line on the board."""
    running = [o for o in state.obligations.values() if o.open]
    tightest, due_at = _tightest(state, running)
    return BoardRow(
        incident_id=state.incident_id,
        title=state.title,
        drill=state.drill,
        stage=stage(state).value,
        opened_at=state.opened_at,
        became_aware_at=state.became_aware_at,
        promise_due_at=promise_due_at(state),
        closed_at=state.closed_at,
        outcome=state.decision.outcome.value if state.decision else None,
        people=state.cohort.people if state.cohort else None,
        told=state.cohort.told if state.cohort else None,
        last_seq=state.last_seq,
        restricted=state.restricted,
        granted=tuple(sorted(state.granted)),
        tightest=tightest,
        tightest_due_at=due_at,
        no_number=sum(1 for o in running if o.arose.due_at is None and not o.arose.number_in_law),
        latest_safe_at=state.send_plan.latest_safe_at if state.send_plan is not None else None,
        waiting=sum(1 for o in running if o.arose.due_at is None and o.arose.number_in_law),
    )


def _tightest(state: Incident, running: Sequence[Obligation]) -> tuple[str | None, datetime | None]:
    """Return the open duty that falls due first; before any law is asked, the promise."""
    dated = [(o.arose.due_at, i) for i, o in state.obligations.items() if o in running and o.arose.due_at]
    if PROMISE not in state.obligations and state.closed_at is None:
        due = promise_due_at(state)
        dated += [(due, PROMISE)] if due is not None else []
    due_at, name = min(dated) if dated else (None, None)
    return name, due_at


def clock_rows(state: Incident) -> tuple[ClockRow, ...]:
    """Return every clock of the incident, in order of obligation id."""
    return tuple(
        ClockRow(
            incident_id=state.incident_id,
            obligation_id=obligation_id,
            jurisdiction=o.arose.jurisdiction,
            recipient=o.arose.recipient,
            authority=o.arose.authority,
            required=o.arose.required,
            open=o.open,
            due_at=o.arose.due_at,
            due_on=o.arose.due_on.isoformat() if o.arose.due_on else None,
            met_at=o.met_at,
            missed_at=o.missed_at,
            number_in_law=o.arose.number_in_law,
        )
        for obligation_id, o in sorted(state.obligations.items())
    )


def timeline_row(before: Incident, entry: Recorded) -> TimelineRow:
    """Return the entry as a line of the timeline, given the state that it is about to change."""
    key = correction_key(entry.event)
    return TimelineRow(
        before.incident_id,
        entry.seq,
        entry.occurred_at,
        entry.recorded_at,
        entry.actor,
        entry.event.KIND,
        str(sentence(entry.event)),
        before.said.get(key) if key is not None else None,
    )
