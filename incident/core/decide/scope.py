"""Decide the middle: freeze a cohort, take on obligations, waive, meet or miss them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide.intake import said, still_open
from incident.core.lifecycle import open_gaps
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError


def freeze_cohort(state: Incident, frozen: e.CohortFrozen, *, actor: Actor) -> tuple[e.Event, ...]:
    """Freeze the list of affected people; letters and unused approvals made for an older list become void.

    A notice that is laid out keeps its letters and its approval: its people are told by it, to the last.
    """
    actor.must_be(*RESPONDERS, to="freeze a cohort")
    still_open(state)
    if state.decision is not None and state.decision.outcome is e.Outcome.NOT_A_BREACH:
        raise RefusedError("this incident was decided to be no breach; decide again before scoping people")
    told = {notice.plan.cohort_id for notice in state.notices.values()}
    if told - set(frozen.follows):
        raise RefusedError("letters were laid out while the people were being found; scope again")
    missing = [ref for ref in frozen.evidence_ids if ref not in state.evidence]
    if missing:
        raise RefusedError(f"the cohort rests on evidence that is not frozen: {', '.join(missing)}")
    why = f"cohort {frozen.cohort_id} replaces the list it was made for"
    return (
        frozen,
        *(e.ApprovalVoided(i, why) for i in state.voidable()),
        *(e.LetterWithdrawn(letter_id, why) for letter_id in state.letters),
    )


def accept_gap(state: Incident, number: int, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Decide that gap `number` of the scoping (from 1) does not stand in the way, with a reason and a name."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="accept a gap in the scoping")
    still_open(state)
    gaps = open_gaps(state)
    if state.cohort is None or not 1 <= number <= len(gaps):
        raise NotFoundError(f"there are {len(gaps)} open gaps in the scoping")
    return (e.GapAccepted(state.cohort.cohort_id, gaps[number - 1], said(reason, field="reason")),)


def determine_obligations(
    state: Incident,
    determined: e.ObligationsDetermined,
    arising: Sequence[e.ObligationArose],
    *,
    actor: Actor,
) -> tuple[e.Event, ...]:
    """Take on what the law said: new and changed duties arise, open ones that no longer apply lapse."""
    actor.must_be(*RESPONDERS, Role.SYSTEM, to="determine obligations")
    still_open(state)
    if state.determination is not None and state.determination.basis == determined.basis:
        return (determined,) if state.law_stale else ()
    known = {i: o.arose for i, o in state.obligations.items() if o.lapsed_because is None}
    now_arising = {one.obligation_id: one for one in arising}
    changed = [one for i, one in now_arising.items() if known.get(i) != one]
    lapsed = [i for i in known if i not in now_arising and state.obligations[i].met_at is None]
    return (
        determined,
        *changed,
        *(e.ObligationLapsed(i, "with the facts as they are now, this duty does not arise") for i in lapsed),
    )


def waive_obligation(
    state: Incident, obligation_id: str, *, actor: Actor, reason: str
) -> tuple[e.Event, ...]:
    """Decide that a duty is not required here; the promise to customers cannot be waived."""
    actor.must_be(Role.OFFICER, Role.COUNSEL, to="decide that a duty is not required")
    still_open(state)
    obligation = state.obligations.get(obligation_id)
    if obligation is None:
        raise NotFoundError(f"there is no obligation {obligation_id}")
    if obligation.arose.recipient == "customer":
        raise RefusedError("the promise to customers is not ours to waive")
    if not obligation.open:
        raise RefusedError(f"obligation {obligation_id} is not open")
    return (e.ObligationWaived(obligation_id, said(reason, field="reason")),)


def meet_obligation(
    state: Incident, obligation_id: str, *, met_at: datetime, how: str
) -> tuple[e.Event, ...]:
    """Record that an open duty is done; done twice is done once."""
    obligation = state.obligations.get(obligation_id)
    if obligation is None or not obligation.open:
        return ()
    return (e.ObligationMet(obligation_id, met_at, how),)


def miss_deadlines(state: Incident, *, now: datetime) -> tuple[e.Event, ...]:
    """Freeze the lateness of every open duty whose deadline has passed."""
    return tuple(
        e.DeadlineMissed(i, o.arose.due_at)
        for i, o in state.obligations.items()
        if o.open and o.missed_at is None and o.arose.due_at is not None and o.arose.due_at < now
    )
