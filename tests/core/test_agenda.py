"""What comes next, as a list of actions; where an incident stands; and that Tocsin's own work always ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core import emergency
from incident.core import events as e
from incident.core.actors import TOCSIN, Actor, Role
from incident.core.agenda import OURS, Do, agenda
from incident.core.approvals import blocks, differences, why_not
from incident.core.decide import closing, filing, notice, scope
from incident.core.folding import apply
from incident.core.further import waiting
from incident.core.lifecycle import Stage, duties_done, open_gaps, open_items, promise_due_at, stage, told
from incident.core.send_plan import determined as determined_plan
from incident.core.send_plan import plan_inputs, send_plan
from incident.core.standing import Standing, clocks, span, standing, summary
from incident.core.state import Incident, Recorded
from tests.core import histories as h
from tests.core.histories import ADA, AWARE, GRACE, hours, made, state_of

NOW = hours(30)
WAITING = (*h.TO_LETTERS, ("tocsin", h.REQUESTED))
DOUBT = (*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.answered(0, (0, 1, 2), "uncertain", "uncertain"))
STOPPED = (*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.answered(0, (0, 1, 2), "stopped", "planned"))
ERROR = made(e.LetterDrafted, letter_id="L1", cohort_id="C1", findings=("error: no contact",))
OUTBOX = made(
    e.NoticePlanned,
    notice_id="N1",
    cohort_id="C1",
    approval_id="A1",
    settles_on="accounted",
    tally={"accepted": 4},
)
GAPPED = made(
    e.CohortFrozen, cohort_id="C1", evidence_ids=("ev-1",), people=4, told=4, blocks=("no log of reads",)
)
TERMS = {
    "notice_id": "N1",
    "seeds": 2,
    "slice_people": 2,
    "slice_batches": "0",
    "watch_minutes": 15,
    "reports": True,
}
CANARY = made(e.CanaryPlanned, **TERMS)
SEEDED = made(e.CanarySent, notice_id="N1", letters=2, taken=2)
STALE_PLAN = made(e.SendPlanDetermined, inputs=e.PlanInputs(), standing="ahead", deadline_at=hours(24))
NONE = made(e.BreachDecided, outcome=e.Outcome.NOT_A_BREACH, reason="a test")
FURTHER = (
    made(e.FurtherProposed, approval_id="A2", kind="correction", of_notice="N1", positions="0", people=1),
    made(e.ApprovalRequested, approval_id="A2", cohort_id="C1", triple="cd" * 32, send_sha256="s1"),
)
FURTHER_APPROVED = ("grace", made(e.NoticeApproved, approval_id="A2", triple="cd" * 32))
FORCED = made(
    e.ApprovalForced, approval_id="A1", triple="ab" * 32, reason="alone at night", expires_at=hours(20)
)
CASES = [
    ("opened", (h.OPENED,), [Do.DECIDE_AWARENESS, Do.ADD_EVIDENCE, Do.ASSESS], Stage.OPENED),
    ("aware", (h.OPENED, h.BECAME), [Do.DETERMINE_OBLIGATIONS, Do.ADD_EVIDENCE, Do.ASSESS], Stage.ASSESSING),
    ("decided", (h.OPENED, h.BECAME, h.EVIDENCE, h.NOTIFY, h.DETERMINED), [Do.SCOPE], Stage.SCOPING),
    ("cohort", h.TO_COHORT, [Do.DRAFT_LETTERS, Do.PREPARE_FILINGS], Stage.APPROVING),
    ("stale law", (*h.TO_COHORT, h.RISK), [Do.DETERMINE_OBLIGATIONS], Stage.APPROVING),
    ("stale plan", (*h.TO_LETTERS, h.REQUESTED, h.PACK, STALE_PLAN), [Do.PLAN_AHEAD, Do.APPROVE, Do.FILE],
     Stage.APPROVING),
    ("letters", (*h.TO_LETTERS, h.PACK), [Do.REQUEST_APPROVAL, Do.FILE], Stage.APPROVING),
    ("letters with errors", (*h.TO_COHORT, h.PACK, ERROR, h.LETTERS), [Do.MEND_LETTERS, Do.FILE], Stage.APPROVING),
    ("waiting", (*WAITING, h.PACK), [Do.APPROVE, Do.FILE], Stage.APPROVING),
    ("approved", (*h.TO_APPROVED, h.PACK), [Do.PLAN_NOTICE, Do.FILE], Stage.APPROVING),
    ("planned", (*h.TO_PLANNED, h.PACK, h.STEP), [Do.SEND_BATCHES, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("canary", (*h.TO_PLANNED, CANARY, h.PACK, h.STEP), [Do.LET_GO, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("seeds", (*h.TO_PLANNED, CANARY, h.PACK, h.STEP, SEEDED), [Do.LET_GO, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("paused", (*h.TO_PLANNED, made(e.NoticePaused, notice_id="N1", reason="wait"), h.PACK, h.STEP),
     [Do.RESUME, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("stopped", (*STOPPED, h.PACK, h.STEP), [Do.RESUME, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("doubt", (*DOUBT, h.PACK, h.STEP), [Do.RESOLVE_DOUBT, Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("sent", (*h.TO_SENT, h.PACK, h.STEP), [Do.ACCOUNT, Do.AWAIT_DELIVERY, Do.FILE], Stage.TELLING),
    ("outbox", (*h.TO_APPROVED, OUTBOX, h.PACK, h.STEP), [Do.ACCOUNT, Do.FILE], Stage.TELLING),
    ("further", (*h.TO_DONE, *FURTHER), [Do.APPROVE], Stage.FOLLOWING_UP),
    ("further approved", (*h.TO_DONE, *FURTHER, FURTHER_APPROVED), [Do.PLAN_FURTHER], Stage.FOLLOWING_UP),
    ("told", (*h.TO_TOLD, h.PACK), [Do.SETTLE_NOTICE, Do.RECORD_NEXT_STEPS, Do.FILE], Stage.FOLLOWING_UP),
    ("gap", (*h.TO_SENT[:5], GAPPED, *h.TO_TOLD[6:], *h.MET), [Do.ACCEPT_GAP], Stage.FOLLOWING_UP),
    ("done", h.TO_DONE, [Do.DRAFT_POST_MORTEM], Stage.REVIEWING),
    ("drafted", (*h.TO_DONE, h.REPORT), [Do.REVIEW], Stage.REVIEWING),
    ("reviewed", h.TO_REVIEWED, [Do.CLOSE], Stage.REVIEWING),
    ("closed", h.TO_CLOSED, [], Stage.CLOSED),
    ("emergency over", (*WAITING, FORCED, h.PACK), [Do.EXPIRE_APPROVAL, Do.PLAN_NOTICE, Do.FILE], Stage.APPROVING),
    ("no breach", (h.OPENED, h.BECAME, h.RISK, NONE, h.DETERMINED), [Do.ADD_EVIDENCE, Do.DRAFT_POST_MORTEM],
     Stage.REVIEWING),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "expected", "where"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_the_agenda_of_every_stage(steps, expected, where):
    state = state_of(*steps)
    actions = agenda(state, NOW)
    assert sorted(action.do for action in actions) == sorted(expected)
    assert [action.ours for action in actions] == sorted((action.ours for action in actions), reverse=True)
    assert stage(state) is where
    assert all(action.sentence for action in actions)


def test_every_action_occurs_in_a_case():
    occurring = {do for case in CASES for do in case[2]} | {Do.MISS_DEADLINES, Do.AWAIT_CANARY, Do.LOOK_UP}
    assert occurring == set(Do)


def test_lateness_comes_first_and_once():
    actions = agenda(state_of(*h.TO_COHORT), hours(49))
    assert actions[0].do is Do.MISS_DEADLINES
    missed = made(e.DeadlineMissed, obligation_id="promise", due_at=hours(48))
    assert Do.MISS_DEADLINES not in [a.do for a in agenda(state_of(*h.TO_COHORT, missed), hours(49))]


def test_what_waits_for_people_says_by_when():
    by = {action.do: action.due_at for action in agenda(state_of(*WAITING, h.PACK), NOW)}
    assert by == {Do.APPROVE: hours(48), Do.FILE: hours(72)}
    assert promise_due_at(state_of(h.OPENED)) is None


# ---------------------------------------------------------------- Tocsin's own work ends
def perform(state: Incident, do: Do) -> tuple:  # noqa: PLR0911
    """Decide one of Tocsin's own actions with the pure commands, as the services do."""
    new = {d: (d.value, state.version) for d in OURS}
    match do:
        case Do.PLAN_AHEAD:
            inputs = plan_inputs(state)
            return (determined_plan(send_plan(state, NOW, inputs), inputs),)
        case Do.MISS_DEADLINES:
            return scope.miss_deadlines(state, now=NOW)
        case Do.EXPIRE_APPROVAL:
            return emergency.expire(state, now=NOW)
        case Do.DETERMINE_OBLIGATIONS:
            determined = made(e.ObligationsDetermined, basis=str(new[do]))
            return scope.determine_obligations(state, determined, (h.PROMISE, h.AUTHORITY), actor=TOCSIN)
        case Do.DRAFT_LETTERS:
            return notice.draft_letters(state, (h.LETTER,), actor=TOCSIN)
        case Do.REQUEST_APPROVAL:
            return notice.request_approval(
                state, approval_id=f"A{state.version}", send_sha256="s1", transport="outbox"
            )
        case Do.PREPARE_FILINGS:
            return filing.prepare_filing(state, h.PACK)
        case Do.PLAN_NOTICE | Do.PLAN_FURTHER:
            return notice.plan_notice(
                state,
                approval_id=next((i for i, _one in waiting(state)), None),
                notice_id=f"N{len(state.notices) + 1}",
                settles_on="delivered",
                batches=1,
                tally={"planned": 4},
            )
        case Do.SEND_BATCHES:
            n = state.notice.plan.notice_id
            unsent = state.notice.tally["planned"] + state.notice.tally["intent"]
            return (
                made(e.BatchIntended, notice_id=n, batch=0, tally={}, positions=""),
                made(
                    e.BatchAnswered,
                    notice_id=n,
                    batch=0,
                    answer="accepted",
                    tally={"planned>accepted": unsent},
                ),
            )
        case Do.SETTLE_NOTICE:
            return tuple(
                event
                for i, o in state.obligations.items()
                if o.arose.recipient in {"customer", "individuals"} and o.open
                for event in scope.meet_obligation(state, i, met_at=NOW, how="told")
            )
        case Do.DRAFT_POST_MORTEM:
            return closing.draft_post_mortem(state, report_sha256="r1")
        case _:
            raise AssertionError(f"{do} is not Tocsin's")


PEOPLE_STEPS = [h.BECAME, h.EVIDENCE, h.RISK, h.NOTIFY, h.COHORT, NONE, made(e.FactsAmended, name="x"),
                made(e.BreachDecided, outcome=e.Outcome.NO_NOTICE, reason="x"), h.STEP]  # fmt: skip
LEGAL = st.lists(st.sampled_from([*PEOPLE_STEPS, "approve", "deliver"]), max_size=12)


def legal(state: Incident, wanted) -> tuple:
    """Turn a wish into what a person or a provider may do now, or into nothing."""
    if wanted == "approve":
        waits = state.approval is not None and not state.approval.granted
        return (made(e.NoticeApproved, approval_id=state.approval.request.approval_id),) if waits else ()
    if wanted == "deliver":
        sent = state.notice.tally["accepted"] if state.notice else 0
        moves = {"accepted>delivered": sent}
        return (
            (made(e.DeliveriesAdvanced, notice_id=state.notice.plan.notice_id, tally=moves),) if sent else ()
        )
    if wanted is h.COHORT and (
        not state.evidence or (state.decision and state.decision.outcome == "not_a_breach")
    ):
        return ()
    if wanted is h.COHORT:
        told = tuple(notice.plan.cohort_id for notice in state.notices.values())
        name = f"C{len(state.waves) + 1}"
        frozen = made(e.CohortFrozen, cohort_id=name, people=4, told=4, follows=told)
        return scope.freeze_cohort(state, frozen, actor=ADA)
    return (wanted,) if wanted is not h.STEP or state.cohort else ()


def add(state: Incident, who: str, events: tuple) -> None:
    for event in events:
        apply(state, Recorded(state.version, who, NOW, NOW, event))


@settings(max_examples=150, deadline=None)
@given(LEGAL)
def test_tocsins_own_work_always_ends_and_counts_stay_true(wishes):
    state = state_of(h.OPENED)
    for wished in [*wishes, None]:
        for _ in range(25):
            ours = next((action for action in agenda(state, NOW) if action.ours), None)
            if ours is None:
                break
            version = state.version
            add(state, "tocsin", perform(state, ours.do))
            assert state.version > version, f"{ours.do} is due and does nothing"
        else:
            raise AssertionError(f"it does not end: {[a.do for a in agenda(state, NOW)]}")
        if state.notice is not None:
            assert all(number >= 0 for number in state.notice.tally.values())
        if not agenda(state, NOW):
            assert state.closed_at is not None, f"nothing comes next, yet {open_items(state)}"
        if wished is not None:
            add(state, "ada", legal(state, wished))


# ---------------------------------------------------------------- where it stands
def test_everything_open_is_said_in_a_sentence():
    assert open_items(state_of(h.OPENED)) == (
        "nobody has decided when the team became aware",
        "nobody has decided whether this is a breach",
        "no evidence is frozen",
    )
    sent = open_items(state_of(*h.TO_SENT))
    assert "not reached by mail, and nobody accounted for them: 1 person" in sent
    assert "a letter was sent, and its arrival is not known: 3 people" in sent
    assert "no next step is recorded with 4 affected customers" in sent
    assert "obligation gdpr is open" in sent
    assert "perhaps sent to, perhaps not: 3 people" in open_items(state_of(*DOUBT))
    assert "not sent to yet: 3 people" in open_items(state_of(*h.TO_PLANNED))
    assert open_items(state_of(*h.TO_DONE)) == ("there is no post-mortem",)
    assert open_items(state_of(*h.TO_DONE, h.REPORT)) == ("nobody reviewed the post-mortem",)
    assert open_items(state_of(*h.TO_REVIEWED)) == ()


def test_a_gap_is_open_until_it_is_accepted():
    steps = (h.OPENED, h.BECAME, h.EVIDENCE, h.NOTIFY, GAPPED)
    assert open_gaps(state_of(*steps)) == ("no log of reads",)
    (accepted,) = scope.accept_gap(state_of(*steps), 1, actor=ADA, reason="asked the vendor")
    assert open_gaps(state_of(*steps, accepted)) == ()
    assert open_gaps(state_of(h.OPENED)) == ()


@pytest.mark.parametrize(
    ("settles_on", "tally", "expected"),
    [
        ("delivered", {"delivered": 2, "told_otherwise": 1, "not_reachable": 1}, True),
        ("delivered", {"delivered": 2, "accepted": 1}, False),
        ("accepted", {"accepted": 2, "processed": 1, "delivered": 1}, True),
        ("accepted", {"accepted": 2, "bounced": 1}, False),
        ("accounted", {"accepted": 1, "told_otherwise": 1}, False),
        ("accounted", {"told_otherwise": 2, "not_reachable": 1}, True),
        ("delivered", {"delivered": 2, "uncertain": 1}, False),
        ("delivered", {"delivered": 2, "planned": 0}, True),
    ],
)
def test_accepted_is_not_delivered_and_told_means_everyone(settles_on, tally, expected):
    planned = made(e.NoticePlanned, notice_id="N1", settles_on=settles_on, tally=tally)
    state = state_of(h.OPENED, planned)
    assert told(state.notice) is expected
    assert not duties_done(state)


@pytest.mark.parametrize(
    ("given_", "events", "now", "expected"),
    [
        ({}, (), 24, Standing.DUE_TODAY),
        ({}, (), 23.9, Standing.LATER),
        ({}, (), 48, Standing.DUE_TODAY),
        ({}, (), 48.1, Standing.LATE),
        ({"due_at": None, "number_in_law": False}, (), 1, Standing.NO_NUMBER),
        ({"due_at": None, "number_in_law": True}, (), 1, Standing.WAITING),
        ({"required": False}, (), 99, Standing.NOT_REQUIRED),
        ({}, (made(e.ObligationMet, obligation_id="promise", met_at=hours(48)),), 99, Standing.MET),
        ({}, (made(e.ObligationMet, obligation_id="promise", met_at=hours(49)),), 99, Standing.MET_LATE),
        ({}, (made(e.ObligationWaived, obligation_id="promise", reason="x"),), 99, Standing.NOT_REQUIRED),
        ({}, (made(e.ObligationLapsed, obligation_id="promise", because="x"),), 99, Standing.NOT_REQUIRED),
    ],
)
def test_how_a_clock_stands(given_, events, now, expected):
    state = state_of(h.OPENED, h.duty(**given_), *events)
    assert standing(state.obligations["promise"], hours(now)) is expected


def test_the_promise_stands_on_every_board_and_the_tightest_clock_first():
    assert [face.standing for face in clocks(state_of(h.OPENED), NOW)] == [Standing.WAITING]
    (only,) = clocks(state_of(h.OPENED, h.BECAME), hours(1))
    assert (only.obligation_id, only.left) == ("promise", timedelta(hours=47))
    faces = clocks(state_of(*h.TO_COHORT), hours(50))
    assert [(face.obligation_id, face.standing) for face in faces] == [
        ("promise", Standing.LATE), ("gdpr", Standing.DUE_TODAY)
    ]  # fmt: skip
    assert summary(state_of(h.OPENED), NOW).endswith("has not started")


@pytest.mark.parametrize(
    ("hours_left", "words"),
    [
        (731, "30 days 11 h left"),
        (95.9, "95 h 54 min left"),
        (47.5, "47 h 30 min left"),
        (0, "0 h 00 min left"),
        (-1.25, "1 h 15 min late"),
    ],
)
def test_time_left_in_words(hours_left, words):
    assert span(timedelta(hours=hours_left)) == words


# ---------------------------------------------------------------- four eyes
@pytest.mark.parametrize(
    ("who", "roles", "words"),
    [
        ("ada", {Role.ON_CALL, Role.APPROVER}, "scoped the cohort"),
        ("tocsin", {Role.APPROVER}, "drafted the letters or asked for approval"),
        ("eve", {Role.ON_CALL, Role.ADMIN, Role.AUDITOR}, "not an approver"),
        ("grace", {Role.APPROVER}, None),
        ("grace", {Role.OFFICER}, None),
        ("grace", {Role.COUNSEL}, None),
    ],
)
def test_who_may_not_approve(who, roles, words):
    state = state_of(*WAITING)
    reason = why_not(state, state.approval, Actor(who, frozenset(roles)))
    assert reason is None if words is None else words in reason


def test_what_was_approved_is_bound_to_its_hashes():
    request = made(
        e.ApprovalRequested, approval_id="A1", cohort_commitment="c", letters_sha256="l", send_sha256="s"
    )
    approval = state_of(h.OPENED, request).approval
    now = {"cohort": "c", "letters": "l", "send": "s"}
    assert list(differences(approval, now)) == []
    for part in now:
        assert list(differences(approval, now | {part: "other"})) == [part]
    assert approval.granted is False
    assert blocks(ERROR)
    assert not blocks(made(e.LetterDrafted, findings=("warning: long",)))
    assert GRACE.handle == "grace"
    assert hours(0) == AWARE
