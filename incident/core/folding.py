"""Read entries into state: one small function an event kind.

Folding decides nothing and refuses nothing: what was recorded happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import singledispatch
from typing import Any

from incident.core import events as e
from incident.core.corrections import correction_key
from incident.core.folding_access import ON as ON_ACCESS
from incident.core.folding_canary import ON as ON_CANARY
from incident.core.folding_custody import ON as ON_CUSTODY
from incident.core.folding_further import ON as ON_FURTHER
from incident.core.folding_going import ON as ON_GOING
from incident.core.folding_going import QUIET
from incident.core.folding_holding import ON as ON_HOLDING
from incident.core.folding_notice import ON as ON_NOTICE
from incident.core.folding_notice import move
from incident.core.state import Approval, Fact, Filing, Incident, Obligation, Recorded

__all__ = ["apply", "fold", "move"]


def fold(incident_id: str, entries: Iterable[Recorded], *, drill: bool = False) -> Incident:
    """Read entries in order into the state they amount to."""
    state = Incident(incident_id, drill=drill)
    for entry in entries:
        apply(state, entry)
    return state


def apply(state: Incident, entry: Recorded) -> None:
    """Add one entry to the state."""
    _on.registry.get(type(entry.event), _on)(
        entry.event, state, entry
    )  # the table itself: looked up a million times
    key = correction_key(entry.event)
    if key is not None:
        state.said[key] = entry.seq
    state.version += 1
    state.last_seq, state.last_recorded_at = entry.seq, entry.recorded_at
    if entry.event.KIND not in QUIET:
        state.last_moved_at = entry.occurred_at


@singledispatch
def _on(event: Any, _state: Incident, _entry: Recorded) -> None:
    raise TypeError(f"no folding for {type(event).__name__}")


@_on.register
def _(event: e.IncidentOpened, s: Incident, entry: Recorded) -> None:
    s.title, s.detected_at, s.promise_hours = event.title, event.detected_at, event.promise_hours
    s.opened_at, s.opened_by = entry.occurred_at, entry.actor


@_on.register
def _(event: e.AwarenessDecided, s: Incident, _entry: Recorded) -> None:
    s.awareness = event
    s.law_stale = True


@_on.register
def _(event: e.FactsAmended, s: Incident, entry: Recorded) -> None:
    s.facts[event.name] = Fact(event.value, event.label, event.source, entry.occurred_at)
    s.law_stale = s.letters_stale = s.packs_stale = True


@_on.register
def _(event: e.EvidenceFrozen, s: Incident, _entry: Recorded) -> None:
    s.evidence[event.evidence_id] = event


@_on.register(e.EvidenceRefused)
@_on.register(e.EvidenceRead)
def _(_event: Any, _s: Incident, _entry: Recorded) -> None:
    """Custody lines stand in the timeline; the state does not change."""


@_on.register
def _(event: e.SeverityAssessed, s: Incident, _entry: Recorded) -> None:
    s.severity = event


@_on.register
def _(event: e.RiskAssessed, s: Incident, _entry: Recorded) -> None:
    s.risk = event
    s.law_stale = True


@_on.register
def _(event: e.BreachDecided, s: Incident, entry: Recorded) -> None:
    s.decision, s.decided_by, s.decided_at = event, entry.actor, entry.occurred_at
    s.law_stale = True


@_on.register
def _(event: e.CohortFrozen, s: Incident, entry: Recorded) -> None:
    s.cohort = event
    s.law_stale = s.letters_stale = s.packs_stale = True
    s.waves.append(event)
    s.scoped_by.add(entry.actor)


@_on.register
def _(event: e.GapAccepted, s: Incident, _entry: Recorded) -> None:
    s.accepted_gaps[event.gap] = event.reason


@_on.register(e.MergeConfirmed)
@_on.register(e.SetApart)
def _(event: Any, s: Incident, _entry: Recorded) -> None:
    s.joinings[event.merge_id] = event


@_on.register
def _(event: e.MergeUndone, s: Incident, _entry: Recorded) -> None:
    s.joinings.pop(event.merge_id, None)


@_on.register
def _(event: e.ObligationsDetermined, s: Incident, _entry: Recorded) -> None:
    s.determination = event
    s.law_stale, s.letters_stale = False, True


@_on.register
def _(event: e.ObligationArose, s: Incident, entry: Recorded) -> None:
    known = s.obligations.get(event.obligation_id)
    if known is None:
        s.obligations[event.obligation_id] = Obligation(event, entry.occurred_at)
    else:
        s.obligations[event.obligation_id] = replace(known, arose=event, lapsed_because=None)


@_on.register
def _(event: e.ObligationLapsed, s: Incident, _entry: Recorded) -> None:
    _change(s, event.obligation_id, lapsed_because=event.because)


@_on.register
def _(event: e.ObligationWaived, s: Incident, _entry: Recorded) -> None:
    _change(s, event.obligation_id, waived_because=event.reason)


@_on.register
def _(event: e.ObligationMet, s: Incident, _entry: Recorded) -> None:
    _change(s, event.obligation_id, met_at=event.met_at, how=event.how)
    if s.obligations[event.obligation_id].arose.recipient in {"customer", "individuals"}:
        s.packs_stale = True


@_on.register
def _(event: e.DeadlineMissed, s: Incident, _entry: Recorded) -> None:
    _change(s, event.obligation_id, missed_at=event.due_at)


@_on.register
def _(event: e.LetterDrafted, s: Incident, entry: Recorded) -> None:
    s.letters[event.letter_id] = event
    s.letter_authors.add(entry.actor)


@_on.register
def _(_event: e.LettersDetermined, s: Incident, _entry: Recorded) -> None:
    s.letters_stale = False


@_on.register
def _(event: e.LetterWithdrawn, s: Incident, _entry: Recorded) -> None:
    s.letters.pop(event.letter_id)


@_on.register
def _(event: e.ApprovalRequested, s: Incident, entry: Recorded) -> None:
    s.approvals[event.approval_id] = Approval(event, entry.actor, entry.occurred_at)


@_on.register
def _(event: e.ApprovalRefused, s: Incident, entry: Recorded) -> None:
    s.refusals.append((entry.occurred_at, entry.actor, event.reason))


@_on.register
def _(event: e.NoticeApproved, s: Incident, entry: Recorded) -> None:
    approval = s.approvals[event.approval_id]
    s.approvals[event.approval_id] = replace(approval, approved_by=entry.actor, approved_at=entry.occurred_at)


@_on.register
def _(event: e.ApprovalVoided, s: Incident, _entry: Recorded) -> None:
    s.approvals[event.approval_id] = replace(s.approvals[event.approval_id], voided_because=event.reason)


@_on.register
def _(event: e.FilingPrepared, s: Incident, entry: Recorded) -> None:
    known = s.filings.get(event.filing_id)
    s.filings[event.filing_id] = Filing(event, known.prepared_at if known else entry.occurred_at)
    s.packs_stale = s.packs_stale and event.stage != "initial"


@_on.register
def _(event: e.FilingSubmitted, s: Incident, entry: Recorded) -> None:
    s.filings[event.filing_id] = replace(
        s.filings[event.filing_id], submitted=event, submitted_by=entry.actor
    )


@_on.register
def _(event: e.NextStepRecorded, s: Incident, _entry: Recorded) -> None:
    s.next_steps[event.step_id] = event


@_on.register
def _(event: e.ActionItemPromised, s: Incident, _entry: Recorded) -> None:
    s.action_items[event.item_id] = event


@_on.register
def _(event: e.PostMortemDrafted, s: Incident, entry: Recorded) -> None:
    s.post_mortem, s.post_mortem_by = event, entry.actor
    s.reviewed_by = s.reviewed_at = None


@_on.register
def _(_event: e.PostMortemReviewed, s: Incident, entry: Recorded) -> None:
    s.reviewed_by, s.reviewed_at = entry.actor, entry.occurred_at


@_on.register(e.ReviewRefused)
@_on.register(e.CloseRefused)
def _(event: Any, s: Incident, entry: Recorded) -> None:
    s.refusals.append((entry.occurred_at, entry.actor, event.reason))


@_on.register
def _(_event: e.IncidentClosed, s: Incident, entry: Recorded) -> None:
    s.closed_at = entry.occurred_at


def _change(s: Incident, obligation_id: str, **changes: Any) -> None:
    s.obligations[obligation_id] = replace(s.obligations[obligation_id], **changes)


for _kind, _fold in (*ON_ACCESS, *ON_CUSTODY, *ON_NOTICE, *ON_GOING, *ON_CANARY, *ON_HOLDING, *ON_FURTHER):
    _on.register(_kind, _fold)
