"""What should happen next, computed from state and now: what Tocsin does by itself, and what waits for whom.

The flow performs the actions that are Tocsin's; everything else is shown to people. Nothing here is stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.core import agenda_words as words
from incident.core import events as e
from incident.core.approvals import blocks
from incident.core.decide.going import judge_one
from incident.core.deliveries import NEEDS_OTHER_CHANNEL, UNSENT, WITH_PROVIDER, DeliveryState
from incident.core.emergency import run_out
from incident.core.further import to_do
from incident.core.going import GoStage, go_stage
from incident.core.lifecycle import (
    count,
    duties_done,
    everyone_told,
    noticed,
    open_gaps,
    open_items,
    promise_due_at,
    without_next_step,
)
from incident.core.lookup import LookupTerms, to_search
from incident.core.risk_standing import outgrown
from incident.core.said import Said, say
from incident.core.send_plan import TO_PEOPLE, determined, differs, plan_inputs, send_plan
from incident.core.state import Incident, Notice


class Do(StrEnum):
    """Everything that can be on an agenda."""

    MISS_DEADLINES = "miss_deadlines"
    PLAN_AHEAD = "plan_ahead"
    EXPIRE_APPROVAL = "expire_approval"
    DETERMINE_OBLIGATIONS = "determine_obligations"
    DRAFT_LETTERS = "draft_letters"
    REQUEST_APPROVAL = "request_approval"
    PREPARE_FILINGS = "prepare_filings"
    PLAN_NOTICE = "plan_notice"
    PLAN_FURTHER = "plan_further"
    LET_GO = "let_go"
    SEND_BATCHES = "send_batches"
    LOOK_UP = "look_up"
    SETTLE_NOTICE = "settle_notice"
    DRAFT_POST_MORTEM = "draft_post_mortem"
    DECIDE_AWARENESS = "decide_awareness"
    ADD_EVIDENCE = "add_evidence"
    ASSESS = "assess"
    SCOPE = "scope"
    MEND_LETTERS = "mend_letters"
    ACCEPT_GAP = "accept_gap"
    APPROVE = "approve"
    RESOLVE_DOUBT = "resolve_doubt"
    RESUME = "resume"
    ACCOUNT = "account"
    AWAIT_DELIVERY = "await_delivery"
    AWAIT_CANARY = "await_canary"
    FILE = "file"
    RECORD_NEXT_STEPS = "record_next_steps"
    REVIEW = "review"
    CLOSE = "close"


_TO_SEND = frozenset({DeliveryState.PLANNED.value, DeliveryState.INTENT.value})
_NOT_HANDED_OVER = frozenset(state.value for state in UNSENT)
_DOUBTED = frozenset({DeliveryState.UNCERTAIN.value})
_OTHER_CHANNEL = frozenset(state.value for state in NEEDS_OTHER_CHANNEL)
_ON_THE_WAY = frozenset(state.value for state in WITH_PROVIDER)
OURS = frozenset(
    {
        Do.MISS_DEADLINES,
        Do.PLAN_AHEAD,
        Do.EXPIRE_APPROVAL,
        Do.DETERMINE_OBLIGATIONS,
        Do.DRAFT_LETTERS,
        Do.REQUEST_APPROVAL,
        Do.PREPARE_FILINGS,
        Do.PLAN_NOTICE,
        Do.PLAN_FURTHER,
        Do.LET_GO,
        Do.SEND_BATCHES,
        Do.LOOK_UP,
        Do.SETTLE_NOTICE,
        Do.DRAFT_POST_MORTEM,
    }
)


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that should happen next, and by when if a clock runs."""

    do: Do
    sentence: Said
    due_at: datetime | None = None
    subject: str | None = None

    @property
    def ours(self) -> bool:
        """Whether Tocsin performs it by itself."""
        return self.do in OURS


def agenda(state: Incident, now: datetime, lookup: LookupTerms | None = None) -> tuple[Action, ...]:
    """Return what should happen next: Tocsin's own actions first, then what waits for people.

    Looking doubts up comes last of ours: it may find that it has to wait, and holds nothing else up.
    """
    if state.closed_at is not None:
        return ()
    actions = [
        *_clocks(state, now),
        *_first_hour(state),
        *_law(state),
        *_people(state, now),
        *_filings(state),
    ]
    actions += _end(state)
    doubts = to_search(state, now, lookup)
    if doubts:
        actions.append(Action(Do.LOOK_UP, words.look_up(len(doubts))))
    return tuple(sorted(actions, key=lambda action: (not action.ours, action.do is Do.LOOK_UP)))


def _clocks(state: Incident, now: datetime) -> Iterator[Action]:
    late = [
        i for i, o in state.obligations.items() if o.open and o.missed_at is None and _passed(o.arose, now)
    ]
    if late:
        yield Action(Do.MISS_DEADLINES, words.miss(len(late)))
    if state.send_plan is not None and not state.law_stale:
        plan = send_plan(state, now)
        if differs(state.send_plan, determined(plan, plan_inputs(state))):
            yield Action(
                Do.PLAN_AHEAD, say("do.plan_ahead", "work the latest safe send out anew"), plan.latest_safe_at
            )
    if run_out(state, now):
        yield Action(Do.EXPIRE_APPROVAL, say("do.expire", "void the emergency approval, which has run out"))


def _passed(arose: e.ObligationArose, now: datetime) -> bool:
    return arose.due_at is not None and arose.due_at < now


def _first_hour(state: Incident) -> Iterator[Action]:
    due = promise_due_at(state)
    if state.awareness is None:
        yield Action(Do.DECIDE_AWARENESS, say("do.awareness", "decide when the team became aware, and why"))
    if not state.evidence:
        yield Action(Do.ADD_EVIDENCE, say("do.evidence", "freeze evidence, the shortest-lived first"), due)
    if state.decision is None:
        yield Action(
            Do.ASSESS, say("do.assess", "assess severity and risk, and decide whether this is a breach"), due
        )
    elif (proposed := outgrown(state)) is not None:
        yield Action(Do.ASSESS, words.reassess(proposed), due)
    if state.decision is not None and state.must_notify() and state.cohort is None:
        yield Action(Do.SCOPE, say("do.scope", "scope: who is affected, with what data, how certain"), due)


def _law(state: Incident) -> Iterator[Action]:
    if state.awareness is None:
        return
    if state.law_stale:
        yield Action(
            Do.DETERMINE_OBLIGATIONS, say("do.determine", "determine obligations for the facts as they are")
        )


def _filings(state: Incident) -> Iterator[Action]:
    if state.awareness is None or state.law_stale:
        return
    filed_for = {f.prepared.obligation_id: f for f in state.filings.values()}
    duties = [
        o
        for o in state.obligations.values()
        if o.open and o.arose.recipient not in {"customer", "individuals"}
    ]
    missing = [o for o in duties if o.arose.obligation_id not in filed_for]
    decided_without_notice = state.decision is not None and not state.must_notify()
    first = (f for f in state.filings.values() if f.prepared.stage == "initial")
    unfiled = [f for f in first if f.submitted is None]
    if (missing or (unfiled and state.packs_stale)) and (state.cohort is not None or decided_without_notice):
        yield Action(Do.PREPARE_FILINGS, words.prepare(len(missing) or len(unfiled)))
    for filing in state.filings.values():
        if filing.submitted is None:
            duty = state.obligations[filing.prepared.obligation_id]
            due = duty.arose.due_at if filing.prepared.stage == "initial" else None
            sentence = words.file_with(filing.prepared.authority)
            yield Action(Do.FILE, sentence, due, filing.prepared.filing_id)


def _people(state: Incident, now: datetime) -> Iterator[Action]:
    if not state.must_notify() or state.cohort is None:
        return
    due = promise_due_at(state)
    for granted, sentence, approval_id in to_do(state):
        yield Action(Do.PLAN_FURTHER if granted else Do.APPROVE, sentence, due, approval_id)
    if state.law_stale:
        return
    if not noticed(state):
        yield from _approval(state, due)
    for notice in state.notices.values():
        yield from _sending(state, notice, due, now)
    if state.notices:
        yield from _settling(state)


def _approval(state: Incident, due: datetime | None) -> Iterator[Action]:
    if state.letters_stale or not state.letters:
        yield Action(Do.DRAFT_LETTERS, say("do.draft", "draft the letters"), due)
    elif any(blocks(letter) for letter in state.letters.values()):
        yield Action(
            Do.MEND_LETTERS,
            say("do.mend", "mend what the letter check found; `tocsin letters` shows it"),
            due,
        )
    elif state.approval is None:
        yield Action(Do.REQUEST_APPROVAL, say("do.request", "ask a second person for approval"), due)
    elif not state.approval.granted:
        yield Action(
            Do.APPROVE,
            say("do.approve", "a second person reads the letters and approves"),
            due,
            state.approval.request.approval_id,
        )
    else:
        yield Action(Do.PLAN_NOTICE, say("do.lay_out", "lay the approved letters out in batches"), due)


def _sending(state: Incident, notice: Notice, due: datetime | None, now: datetime) -> Iterator[Action]:
    name = notice.plan.notice_id
    yield from _going(state, notice, due, now)
    doubted, elsewhere = count(notice, _DOUBTED), count(notice, _OTHER_CHANNEL)
    if notice.halted_because is not None:
        elsewhere += count(notice, _NOT_HANDED_OVER)
    if doubted:
        yield Action(Do.RESOLVE_DOUBT, words.doubt(doubted), due, name)
    if elsewhere:
        yield Action(Do.ACCOUNT, words.elsewhere(elsewhere), due, name)
    on_the_way = sum(n for s, n in state.owed(notice).items() if s in _ON_THE_WAY)
    if on_the_way and notice.plan.settles_on == "accounted":
        yield Action(Do.ACCOUNT, words.outbox(on_the_way), due, name)
    elif on_the_way:
        yield Action(
            Do.AWAIT_DELIVERY, say("do.await", "wait for the provider to report delivery"), due, name
        )


def _settling(state: Incident) -> Iterator[Action]:
    if everyone_told(state) and any(
        o.arose.recipient in TO_PEOPLE and o.open for o in state.obligations.values()
    ):
        yield Action(Do.SETTLE_NOTICE, say("do.settle", "record that everyone was told"))
    for gap in open_gaps(state):
        yield Action(Do.ACCEPT_GAP, words.gap(gap))
    left = without_next_step(state)
    if left:
        yield Action(Do.RECORD_NEXT_STEPS, words.next_steps(left))


def _going(state: Incident, notice: Notice, due: datetime | None, now: datetime) -> Iterator[Action]:
    """Say what lets letters go: the next stage of a two-stage go, the batches that may go, or a person."""
    name, unsent, stage = notice.plan.notice_id, count(notice, _TO_SEND), go_stage(notice)
    if notice.halted_because is not None:
        return
    if notice.stopped_because is not None:
        yield Action(Do.RESUME, words.refused(notice.stopped_because), due, name)
    elif notice.paused_because is not None:
        yield Action(Do.RESUME, words.paused(notice.paused_because), due, name)
    elif stage is GoStage.FAILED:
        yield Action(Do.RESUME, words.failed(notice.canary_failed or ""), due, name)
    elif not state.approvals[notice.plan.approval_id].granted:
        return
    elif stage in words.LETTING_GO or (stage in words.WATCHING and judge_one(notice, now)):
        yield Action(Do.LET_GO, words.LETTING_GO.get(stage, words.JUDGE), due, name)
    elif stage in words.WATCHING:
        yield Action(Do.AWAIT_CANARY, words.WATCHING[stage], due, name)
    elif unsent:
        yield Action(Do.SEND_BATCHES, words.send(unsent), due, name)


def _end(state: Incident) -> Iterator[Action]:
    if not duties_done(state):
        return
    if state.post_mortem is None:
        yield Action(Do.DRAFT_POST_MORTEM, say("do.report", "write the post-mortem from the ledger"))
    elif state.reviewed_by is None:
        yield Action(Do.REVIEW, say("do.review", "a second person reviews the post-mortem"))
    elif not open_items(state):
        yield Action(Do.CLOSE, say("do.close", "close the incident"))
