"""The register of breaches that GDPR Art. 33(5) asks for: every incident, its facts, its effects, what was done.

One row an incident, also for those that were no breach or needed no notice, with who decided so and why. Drills are
not in it. Unknown is empty, never filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from incident.core.events import instant_text
from incident.core.filings import fact_base
from incident.core.lifecycle import stage
from incident.core.standing import PROMISE

if TYPE_CHECKING:
    from datetime import datetime

    from incident.core.state import Filing, Incident

COLUMNS = (
    "incident", "title", "stage", "occurred_from", "occurred_to", "detected_at", "became_aware_at", "outcome",
    "decided_by", "decided_because", "nature", "cause", "loss", "data_categories", "people_total", "people_by_place",
    "consequences", "risk", "severity", "measures_taken", "measures_planned", "people_told_at", "promise_kept",
    "filings", "late", "not_required", "closed_at",
)  # fmt: skip


def row(state: Incident, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the line of one incident: plain values by column, None where nothing is known."""
    base = fact_base(state, settings)
    promise = state.obligations.get(PROMISE)
    told = promise.met_at if promise else None
    known = {
        "incident": state.incident_id,
        "title": state.title,
        "stage": stage(state).value,
        "occurred_from": base.get("occurred_from"),
        "occurred_to": base.get("occurred_to"),
        "detected_at": _at(state.detected_at),
        "became_aware_at": _at(state.became_aware_at),
        "outcome": state.decision.outcome.value if state.decision else None,
        "decided_by": state.decided_by or None,
        "decided_because": state.decision.reason if state.decision else None,
        "severity": state.severity.band if state.severity else None,
        "people_told_at": _at(told),
        "promise_kept": _kept(promise, told),
        "filings": [_filing(one) for _, one in sorted(state.filings.items())],
        "late": sorted(name for name, duty in state.obligations.items() if duty.missed_at is not None),
        "not_required": [
            f"{name}: {duty.waived_because}"
            for name, duty in sorted(state.obligations.items())
            if duty.waived_because is not None
        ],
        "closed_at": _at(state.closed_at),
    }
    return {name: known[name] if name in known else base.get(name) for name in COLUMNS}


def _kept(promise: Any, told: datetime | None) -> bool | None:
    if promise is None or promise.arose.due_at is None:
        return None
    if promise.missed_at is not None:
        return False
    return None if told is None else told <= promise.arose.due_at


def _filing(one: Filing) -> str:
    done = one.submitted
    words = f"{_at(done.submitted_at)}, reference {done.reference}" if done else "not filed"
    return f"{one.prepared.authority} ({one.prepared.jurisdiction}), {one.prepared.stage}: {words}"


def _at(value: datetime | None) -> str | None:
    return instant_text(value) if value is not None else None
