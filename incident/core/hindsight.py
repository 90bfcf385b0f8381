"""Look back: an incident as of a past instant, by when things were recorded or by when they happened.

By *recorded* the reader sees what the house knew and had decided then, mistakes included. By *happened* the
reader sees that instant with what is known today: late records take their place, what came after is undone.
Which earlier entry a later one corrects is in `corrections.py`.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from incident.core.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incident.core.state import Filing, Incident, Obligation, Recorded


class Axis(StrEnum):
    """The two times that every entry has."""

    RECORDED = "recorded"
    HAPPENED = "happened"


def known_at(incident_id: str, entries: Iterable[Recorded], at: datetime, *, drill: bool = False) -> Incident:
    """Fold what had been recorded by an instant."""
    return fold(incident_id, (entry for entry in entries if entry.recorded_at <= at), drill=drill)


def happened_by(state: Incident, at: datetime) -> Incident:
    """Return a copy of today's state in which nothing that happened after an instant has happened yet."""
    past = copy(state)
    past.evidence = {k: v for k, v in state.evidence.items() if v.taken_at <= at}
    past.facts = {k: v for k, v in state.facts.items() if v.since <= at}
    past.obligations = {k: _obligation(v, at) for k, v in state.obligations.items()}
    past.filings = {k: _filing(v, at) for k, v in state.filings.items() if v.prepared_at <= at}
    past.notices = {k: v for k, v in state.notices.items() if v.planned_at <= at}
    past.refusals = [refusal for refusal in state.refusals if refusal[0] <= at]
    if past.became_aware_at is not None and past.became_aware_at > at:
        past.awareness = None
    if past.decided_at is not None and past.decided_at > at:
        past.decision = past.decided_at = None
        past.decided_by = ""
    if past.reviewed_at is not None and past.reviewed_at > at:
        past.reviewed_by = past.reviewed_at = None
    if past.closed_at is not None and past.closed_at > at:
        past.closed_at = None
    return past


def _obligation(duty: Obligation, at: datetime) -> Obligation:
    met, missed = duty.met_at, duty.missed_at
    return replace(
        duty,
        met_at=met if met is None or met <= at else None,
        how=duty.how if met is not None and met <= at else None,
        missed_at=missed if missed is None or missed <= at else None,
    )


def _filing(filing: Filing, at: datetime) -> Filing:
    if filing.submitted is None or filing.submitted.submitted_at <= at:
        return filing
    return replace(filing, submitted=None, submitted_by=None)
