"""Decide filings and next steps: packs, submissions, what was agreed with customers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide.intake import past, said, still_open
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, RefusedError

STEPS = ("end_user_notice", "patch", "prevention", "rights_request")


def prepare_filing(state: Incident, prepared: e.FilingPrepared) -> tuple[e.Event, ...]:
    """Record a pack made for an authority; the same bytes are recorded once."""
    still_open(state)
    known = state.filings.get(prepared.filing_id)
    if known is not None and known.submitted is not None:
        return ()
    if known is not None and known.prepared.pack_sha256 == prepared.pack_sha256 and not state.packs_stale:
        return ()
    return (prepared,)


def submit_filing(
    state: Incident,
    filing_id: str,
    *,
    actor: Actor,
    now: datetime,
    reference: str,
    submitted_at: datetime,
    receipt_sha256: str | None,
    late_because: str | None,
) -> tuple[e.Event, ...]:
    """Record that a person filed it, with the authority's reference; lateness needs its reason."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="file with an authority")
    still_open(state)
    filing = state.filings.get(filing_id)
    if filing is None:
        raise NotFoundError(f"there is no filing {filing_id}")
    if filing.submitted is not None:
        raise RefusedError(f"filing {filing_id} was submitted with reference {filing.submitted.reference}")
    past(submitted_at, now, field="submitted_at")
    obligation = state.obligations[filing.prepared.obligation_id]
    due = obligation.arose.due_at if filing.prepared.stage == "initial" else None
    if due is not None and submitted_at > due and not (late_because or "").strip():
        raise BadInputError(f"filed after {e.instant_text(due)}; say why", field="late_because")
    submitted = e.FilingSubmitted(
        filing_id, said(reference, field="reference"), receipt_sha256, submitted_at, late_because
    )
    if not obligation.open:
        return (submitted,)
    how = f"filed with {filing.prepared.authority}, reference {submitted.reference}"
    return (submitted, e.ObligationMet(filing.prepared.obligation_id, submitted_at, how))


def record_next_step(
    state: Incident,
    *,
    actor: Actor,
    step_id: str,
    positions: Sequence[int],
    step: str,
    text: str,
    due_on: date | None,
) -> tuple[e.Event, ...]:
    """Record what was agreed with affected customers."""
    actor.must_be(*RESPONDERS, to="record next steps with customers")
    still_open(state)
    if state.cohort is None:
        raise RefusedError("next steps need a frozen cohort")
    if step not in STEPS:
        raise BadInputError(f"is not one of {', '.join(STEPS)}", field="step")
    outside = [p for p in positions if not 0 <= p < state.cohort.told]
    if outside or not positions:
        raise BadInputError(f"the cohort has people 0 to {state.cohort.told - 1}", field="positions")
    text = said(text, field="text")
    return (
        e.NextStepRecorded(step_id, state.cohort.cohort_id, tuple(sorted(positions)), step, text, due_on),
    )
