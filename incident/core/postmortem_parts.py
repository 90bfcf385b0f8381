"""The sections of the post-mortem, each from state and entries to rows of text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from incident.core import events as e
from incident.core.places import place
from incident.core.sentences import sentence
from incident.core.spoken_times import day, span, when
from incident.core.wording import status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.state import Filing, Incident, Obligation, Recorded

BY_MAIL = ("accepted", "processed", "deferred", "delivered")
DELIVERED = "delivered"
BY_HAND = frozenset({"told_otherwise", "not_reachable"})
SETTLED = BY_HAND | frozenset(BY_MAIL)
REACHES_NOBODY = "accounted"
WAITS_SHOWN = 10
EXCEPTIONS = frozenset(
    {
        "approval:forced",
        "approval:refused",
        "approval:voided",
        "close:refused",
        "evidence:refused",
        "gap:accepted",
        "notice:resumed",
        "notice:paused",
        "notice:halted",
        "canary:failed",
        "obligation:waived",
        "review:refused",
    }
)
SHOWN_KINDS = (
    *sorted(EXCEPTIONS),
    "approval:requested",
    "cohort:frozen",
    "deliveries:accounted",
    "notice:approved",
    "risk:assessed",
)
"""The entries that the sections but the timeline are made from."""
Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A table of the report with its heading; `empty` is said when there is nothing to show."""

    key: str
    heading: str
    columns: Cells
    rows: tuple[Cells, ...]
    empty: str
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """A time in which something waited for somebody."""

    what: str
    whom: str
    since: datetime
    until: datetime

    @property
    def length(self) -> timedelta:
        """Return how long it took."""
        return self.until - self.since


def promise_due_at(state: Incident) -> datetime | None:
    """Return when the promise falls due; None while nobody decided when the team became aware."""
    aware = state.became_aware_at
    return None if aware is None else aware + timedelta(hours=state.promise_hours)


def told_otherwise_at(state: Incident) -> datetime | None:
    """Return when the last person was told on another channel."""
    return max((n.told_otherwise_at for n in state.notices.values() if n.told_otherwise_at), default=None)


def told_by_at(state: Incident) -> datetime | None:
    """Return when the last letter was accepted or the last person told otherwise."""
    reaching = [n for n in state.notices.values() if n.plan.settles_on != REACHES_NOBODY]
    accepted = [n.last_accepted_at for n in reaching if n.last_accepted_at]
    otherwise = told_otherwise_at(state)
    return max([*accepted, *([otherwise] if otherwise else [])], default=None)


def tally(state: Incident) -> Counter[str]:
    """Count people by delivery state over all notices."""
    return state.tally()


def still_to_tell(state: Incident) -> int:
    """Count people who were neither told nor accounted for."""
    number = 0
    for notice in state.notices.values():
        settled = BY_HAND if notice.plan.settles_on == REACHES_NOBODY else SETTLED
        number += sum(n for s, n in notice.tally.items() if s not in settled)
    return number


def only_accepted(state: Incident) -> int:
    """Count people whose letter was accepted and not reported as delivered."""
    counts = tally(state)
    return sum(counts.get(s, 0) for s in BY_MAIL if s != DELIVERED)


def intervals(state: Incident, entries: Sequence[Recorded]) -> Section:
    """Show how long each step took, and how much of the promise was gone after it."""
    aware = state.became_aware_at
    rows = []
    for label, start, end in _steps(state, entries):
        length = span(end - start) if start and end else "unknown"
        spent = span(end - aware) if aware and end else "unknown"
        rows.append((label, when(end) if end else "not reached", length, spent))
    columns = ("Step", "Reached", "Took", "After becoming aware")
    intro = f"The promise: {state.promise_hours} hours from becoming aware to the last person told."
    return Section(
        "intervals", "Intervals against the promise", columns, tuple(rows), "Nothing happened.", intro
    )


def timeline(entries: Sequence[Recorded]) -> Section:
    """Show every entry as a sentence, by when it happened."""
    ordered = sorted(entries, key=lambda r: (r.occurred_at, r.seq))
    rows = tuple((when(r.occurred_at), when(r.recorded_at), r.actor, sentence(r.event)) for r in ordered)
    return Section("timeline", "Timeline", ("Happened", "Recorded", "Who", "What"), rows, "No entries.")


def waits(state: Incident, entries: Sequence[Recorded]) -> Section:
    """Show what waited longest for whom."""
    longest = sorted(_waits(state, entries), key=lambda w: (-w.length, w.since, w.what))[:WAITS_SHOWN]
    rows = tuple((w.what, w.whom, when(w.since), span(w.length)) for w in longest if w.length > timedelta())
    columns = ("What waited", "For whom", "Since", "How long")
    return Section("waits", "What waited for whom", columns, rows, "Nothing waited for anybody.")


def not_reached(state: Incident, entries: Sequence[Recorded]) -> Section:
    """Show who was not reached by mail, by position in the cohort, and how they were told."""
    rows = tuple(
        (
            f"{len(r.event.positions):,} (positions {positions(r.event.positions)})",
            f"told by {r.event.channel}" if r.event.told else f"not reachable, tried {r.event.channel}",
            when(r.event.happened_at),
            r.actor,
            r.event.note,
        )
        for r in entries
        if isinstance(r.event, e.DeliveriesAccounted)
    )
    waiting = still_to_tell(state)
    intro = f"{waiting:,} people are neither told nor accounted for." if waiting else ""
    columns = ("People", "How", "When", "Accounted for by", "Note")
    heading = "Who was not reached by mail, and how they were told"
    return Section("not_reached", heading, columns, rows, "Mail reached everyone it was meant for.", intro)


def refusals(entries: Sequence[Recorded]) -> Section:
    """Show what the rules of the house refused, and what people overrode, waived or accepted all the same."""
    rows = tuple((when(r.occurred_at), r.actor, sentence(r.event)) for r in entries if _exception(r))
    heading = "Refusals and overrides"
    return Section("refusals", heading, ("When", "Who", "What"), rows, "Nothing was refused or overridden.")


def obligations(state: Incident) -> Section:
    """Show every duty with its derivation and what became of it."""
    rows = tuple(
        (
            f"{o.arose.authority or status(o.arose.recipient)} ({place(o.arose.jurisdiction)})",
            f"{o.arose.because} [{o.arose.citation}]",
            o.arose.derivation,
            _outcome(o),
        )
        for _, o in sorted(state.obligations.items())
    )
    columns = ("Whom", "Because", "Deadline, with its working", "What became of it")
    return Section("obligations", "Obligations", columns, rows, "No obligations were determined.")


def filings(state: Incident) -> Section:
    """Show what was filed with whom, with reference and lateness."""
    rows = tuple(_filing(state, filing) for _, filing in sorted(state.filings.items()))
    columns = ("Authority", "Stage", "Submitted", "Reference", "Against the deadline")
    return Section("filings", "Filings", columns, rows, "Nothing was filed.")


def action_items(state: Incident) -> Section:
    """Show what was promised for the future."""
    rows = tuple((i.text, i.owner, day(i.due_on)) for i in state.action_items.values())
    return Section(
        "action_items", "Action items", ("What", "Owner", "Due"), rows, "Nothing was promised yet."
    )


def positions(numbers: Sequence[int]) -> str:
    """Write positions in a cohort with runs shortened: 3, 7 to 9."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in runs)


def _steps(
    state: Incident, entries: Sequence[Recorded]
) -> Iterator[tuple[str, datetime | None, datetime | None]]:
    aware = state.became_aware_at
    cohort = _first(entries, e.CohortFrozen)
    approved = _first(entries, e.NoticeApproved)
    first = min((n.first_accepted_at for n in state.notices.values() if n.first_accepted_at), default=None)
    yield "Detected to aware", state.detected_at, aware
    yield "Aware to decision", aware, state.decided_at
    yield "Decision to cohort", state.decided_at, cohort
    yield "Cohort to approval", cohort, approved
    yield "Approval to first letter", approved, first
    yield "First letter to last person told", first, told_by_at(state)
    for _, filing in sorted(state.filings.items()):
        at = filing.submitted.submitted_at if filing.submitted else None
        yield f"Aware to filing with {filing.prepared.authority}", aware, at


def _waits(state: Incident, entries: Sequence[Recorded]) -> Iterator[Wait]:
    aware = state.became_aware_at
    if aware and state.decided_at:
        yield Wait("the decision whether this is a breach", state.decided_by, aware, state.decided_at)
    asked = {r.event.approval_id: r.occurred_at for r in entries if isinstance(r.event, e.ApprovalRequested)}
    for approval_id, approval in state.approvals.items():
        if approval.approved_by and approval.approved_at and approval_id in asked:
            yield Wait("the approval", approval.approved_by, asked[approval_id], approval.approved_at)
    for filing in state.filings.values():
        if filing.submitted:
            what, who = f"the filing with {filing.prepared.authority}", filing.submitted_by or "unknown"
            yield Wait(what, who, filing.prepared_at, filing.submitted.submitted_at)
    for notice in state.notices.values():
        accounted = [r for r in entries if isinstance(r.event, e.DeliveriesAccounted)]
        mine = [r for r in accounted if r.event.notice_id == notice.plan.notice_id]
        for r in mine:
            what = f"telling {len(r.event.positions):,} people on another channel"
            yield Wait(what, r.actor, notice.planned_at, r.event.happened_at)


def _exception(entry: Recorded) -> bool:
    if isinstance(entry.event, e.RiskAssessed):
        return entry.event.overridden_because is not None
    return entry.event.KIND in EXCEPTIONS


def _first(entries: Sequence[Recorded], kind: type) -> datetime | None:
    return next((r.occurred_at for r in entries if isinstance(r.event, kind)), None)


def _outcome(o: Obligation) -> str:
    if o.waived_because:
        return f"decided not to be required: {o.waived_because}"
    if o.met_at is not None:
        late = o.arose.due_at is not None and o.met_at > o.arose.due_at
        by = f", {span(o.met_at - o.arose.due_at)} late" if late and o.arose.due_at else ""
        return f"met on {when(o.met_at)}{by}: {o.how}"
    if o.lapsed_because:
        return f"no longer arises: {o.lapsed_because}"
    if not o.arose.required:
        return "not required"
    return f"open, deadline missed on {when(o.missed_at)}" if o.missed_at else "open"


def _filing(state: Incident, filing: Filing) -> Cells:
    authority = f"{filing.prepared.authority} ({place(filing.prepared.jurisdiction)})"
    stage = status(filing.prepared.stage)
    if filing.submitted is None:
        return authority, stage, "not submitted", "-", "open"
    at = filing.submitted.submitted_at
    obligation = state.obligations.get(filing.prepared.obligation_id)
    due = obligation.arose.due_at if obligation else None
    if due is None:
        against = "no fixed deadline"
    elif at <= due:
        against = f"{span(due - at)} before"
    else:
        against = f"{span(at - due)} late: {filing.submitted.late_because or 'no reason given'}"
    return authority, stage, when(at), filing.submitted.reference, against
