"""The state of one incident: what its entries, read in order, say.

`incident.core.folding` is the only writer; everybody else reads. Nothing here knows
a person: deliveries are counts by state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from incident.core import events as e
from incident.core.deliveries import settled_states


class Recorded(NamedTuple):
    """An entry as the core sees it: who recorded what, when it happened and when it was written down.

    A tuple, for it is made in a third of the time of a frozen class, and a ledger has a million.
    """

    seq: int
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    event: Any


@dataclass(frozen=True, slots=True)
class Fact:
    """The current value of a fact and how much it is worth."""

    value: Any
    label: e.Label
    source: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty as it stands: what arose, and what became of it."""

    arose: e.ObligationArose
    arose_at: datetime
    met_at: datetime | None = None
    how: str | None = None
    waived_because: str | None = None
    lapsed_because: str | None = None
    missed_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return (
            self.arose.required
            and self.met_at is None
            and self.waived_because is None
            and self.lapsed_because is None
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """A request for a second person's yes to frozen hashes, and the answer."""

    request: e.ApprovalRequested
    requested_by: str
    requested_at: datetime
    approved_by: str | None = None
    approved_at: datetime | None = None
    voided_because: str | None = None
    forced_because: str | None = None
    expires_at: datetime | None = None

    @property
    def granted(self) -> bool:
        """Whether the yes stands."""
        return self.approved_by is not None and self.voided_because is None


@dataclass(frozen=True, slots=True)
class BatchState:
    """One batch of a notice that was handed over at least once: its last attempt and what was answered.

    `state` is a delivery state or "split"; `positions` are the ranges of those who were handed over last.
    """

    letter_id: str
    attempt: int
    state: str
    positions: str
    people: int = 0
    provider: str = ""
    run: str = ""
    message_id: str | None = None
    reason: str | None = None
    intended_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """What looking an attempt up in the provider's record brought: `missed` are those missing after its lag."""

    attempt: int
    looks: int
    last_at: datetime
    missed: int


@dataclass(slots=True)
class Notice:
    """A notice being sent: batches, the tally of delivery states, and who was accounted for by hand.

    `letters` are those that its approval is bound to; a later wave drafts its own and never changes them.
    """

    plan: e.NoticePlanned
    planned_at: datetime
    letters: dict[str, e.LetterDrafted] = field(default_factory=dict)
    batches: dict[int, BatchState] = field(default_factory=dict)
    children: dict[int, e.ChildBatch] = field(default_factory=dict)
    tally: Counter[str] = field(default_factory=Counter)
    first_accepted_at: datetime | None = None
    last_accepted_at: datetime | None = None
    told_otherwise_at: datetime | None = None
    stopped_because: str | None = None
    last_reported_at: datetime | None = None
    tried: dict[int, frozenset[str]] = field(default_factory=dict)
    paused_because: str | None = None
    halted_because: str | None = None
    canary: e.CanaryPlanned | None = None
    canary_passed: frozenset[str] = frozenset()
    canary_failed: str | None = None
    seeds: e.CanarySent | None = None
    seeds_intended_at: datetime | None = None
    seeds_sent_at: datetime | None = None
    seeds_arrived: bool = False
    slice_released: bool = False
    searched: dict[int, Searched] = field(default_factory=dict)
    group: str = ""
    group_state: str = ""


@dataclass(frozen=True, slots=True)
class Filing:
    """One stage of a filing with one authority."""

    prepared: e.FilingPrepared
    prepared_at: datetime
    submitted: e.FilingSubmitted | None = None
    submitted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What people were paged about: how far it went up, when last, and whether somebody took notice."""

    first_at: datetime
    last_at: datetime
    to: str
    times: int
    reached: bool
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    cleared_at: datetime | None = None


@dataclass(slots=True)
class Incident:
    """Everything known about one incident, as far as the ledger goes."""

    incident_id: str
    drill: bool = False
    version: int = 0
    title: str = ""
    opened_at: datetime | None = None
    opened_by: str = ""
    detected_at: datetime | None = None
    promise_hours: int = 0
    awareness: e.AwarenessDecided | None = None
    facts: dict[str, Fact] = field(default_factory=dict)
    evidence: dict[str, e.EvidenceFrozen] = field(default_factory=dict)
    severity: e.SeverityAssessed | None = None
    risk: e.RiskAssessed | None = None
    decision: e.BreachDecided | None = None
    decided_by: str = ""
    decided_at: datetime | None = None
    cohort: e.CohortFrozen | None = None
    scoped_by: set[str] = field(default_factory=set)
    accepted_gaps: dict[str, str] = field(default_factory=dict)
    waves: list[e.CohortFrozen] = field(default_factory=list)
    joinings: dict[str, e.MergeConfirmed | e.SetApart] = field(default_factory=dict)
    determination: e.ObligationsDetermined | None = None
    law_stale: bool = True
    letters_stale: bool = True
    packs_stale: bool = True
    obligations: dict[str, Obligation] = field(default_factory=dict)
    letters: dict[str, e.LetterDrafted] = field(default_factory=dict)
    letter_authors: set[str] = field(default_factory=set)
    approvals: dict[str, Approval] = field(default_factory=dict)
    further: dict[str, e.FurtherProposed] = field(default_factory=dict)
    refusals: list[tuple[datetime, str, str]] = field(default_factory=list)
    notices: dict[str, Notice] = field(default_factory=dict)
    filings: dict[str, Filing] = field(default_factory=dict)
    next_steps: dict[str, e.NextStepRecorded] = field(default_factory=dict)
    action_items: dict[str, e.ActionItemPromised] = field(default_factory=dict)
    post_mortem: e.PostMortemDrafted | None = None
    post_mortem_by: str = ""
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    pages: dict[str, Page] = field(default_factory=dict)
    send_plan: e.SendPlanDetermined | None = None
    last_safe_send: e.SendPlanDetermined | None = None
    last_moved_at: datetime | None = None
    restricted: bool = False
    granted: dict[str, e.AccessGranted] = field(default_factory=dict)
    genuine_code: str = ""
    said: dict[str, int] = field(default_factory=dict)
    packs_made: list[str] = field(default_factory=list)
    erased: dict[str, frozenset[int]] = field(default_factory=dict)
    evidence_erased: dict[str, str] = field(default_factory=dict)
    closed_at: datetime | None = None
    last_seq: int = -1
    last_recorded_at: datetime | None = None

    @property
    def became_aware_at(self) -> datetime | None:
        """When the promise clock started; unknown until somebody decided it."""
        return self.awareness.became_aware_at if self.awareness else None

    @property
    def approval(self) -> Approval | None:
        """The newest request about the present cohort that was not voided; not one about further letters."""
        standing = [
            a
            for a in self.approvals.values()
            if a.voided_because is None
            and a.request.approval_id not in self.further
            and (self.cohort is None or a.request.cohort_id == self.cohort.cohort_id)
        ]
        return standing[-1] if standing else None

    def voidable(self) -> tuple[str, ...]:
        """Name the approvals that a change makes void: those that stand and that no notice was laid out under.

        Under one that was used, sending goes on to its end: who is owed a letter by it is sent it. Those of further
        letters are bound to letters of their own, which no newer draft changes.
        """
        used = {notice.plan.approval_id for notice in self.notices.values()} | set(self.further)
        return tuple(i for i, a in self.approvals.items() if a.voided_because is None and i not in used)

    @property
    def notice(self) -> Notice | None:
        """The notice to work on: the newest, or an earlier one that still owes people when the newest owes nobody."""
        newest_first = tuple(reversed(self.notices.values()))
        owing = (notice for notice in newest_first if any(self.owed(notice).values()))
        return next(owing, newest_first[0] if newest_first else None)

    def tally(self) -> Counter[str]:
        """Count people by delivery state over all notices."""
        counts: Counter[str] = Counter()
        for notice in self.notices.values():
            counts.update({state: n for state, n in notice.tally.items() if n})
        return counts

    def owed(self, notice: Notice) -> dict[str, int]:
        """Count the people of a notice who are not told yet, by delivery state; no later wave takes them over."""
        settled = settled_states(notice.plan.settles_on)
        return {name: number for name, number in notice.tally.items() if number and name not in settled}

    def must_notify(self) -> bool:
        """Whether a person decided that people are to be told."""
        return self.decision is not None and self.decision.outcome is e.Outcome.NOTIFY
