"""Commands as pure functions: what each records, and every refusal with its reason."""

from __future__ import annotations

from datetime import date

import pytest

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.approvals import letters_hash, triple_hash
from incident.core.decide import batches, closing, filing, going, intake, notice, scope
from incident.core.deliveries import DeliveryState as S
from incident.core.people import BatchRow
from incident.errors import BadInputError, NotFoundError, RefusedError
from tests.core import histories as h
from tests.core.histories import ADA, AUDITOR, AWARE, GRACE, hours, made, state_of

NOW = hours(30)
OPEN, COHORT, LETTERS = state_of(h.OPENED), state_of(*h.TO_COHORT), state_of(*h.TO_LETTERS)
PLANNED, SENT, TOLD = state_of(*h.TO_PLANNED), state_of(*h.TO_SENT), state_of(*h.TO_TOLD)
DONE, CLOSED = state_of(*h.TO_DONE), state_of(*h.TO_CLOSED)


def kinds(events) -> list[str]:
    return [event.KIND for event in events]


# ---------------------------------------------------------------- one command a row: refusals
def freeze(state, actor=ADA, **given):
    values = {"evidence_id": "ev-9", "system": "crm", "file_name": "b.csv", "taken_at": AWARE}
    return intake.freeze_evidence(state, made(e.EvidenceFrozen, **(values | given)), actor=actor, now=NOW)


def opened(actor=ADA, **given):
    values = {"title": "t", "promise_hours": 48, "now": NOW}
    return intake.open_incident(actor=actor, **(values | given))


def fact(state, value="v", label=e.Label.FACT, actor=ADA, source="log"):
    return intake.amend_fact(state, actor=actor, name="cause", value=value, label=label, source=source)


def risk(state, level, because=None, actor=ADA):
    return intake.assess_risk(state, actor=actor, proposed="high", level=level, reasons=(), because=because)


def breach(state, outcome, reason="x", actor=ADA):
    return intake.decide_breach(state, actor=actor, outcome=outcome, reason=reason)


def cohort(state, actor=ADA, **given):
    return scope.freeze_cohort(
        state, made(e.CohortFrozen, **({"cohort_id": "C2", "evidence_ids": ("ev-1",)} | given)), actor=actor
    )


def waive(state, what, actor=GRACE, reason="x"):
    return scope.waive_obligation(state, what, actor=actor, reason=reason)


def draft(state, *drafts, actor=TOCSIN):
    return notice.draft_letters(state, drafts or (h.LETTER,), actor=actor)


def request(state, send="s1"):
    return notice.request_approval(state, approval_id="A9", send_sha256=send, transport="outbox")


def plan(state):
    return notice.plan_notice(state, notice_id="N2", settles_on="delivered", batches=1, tally={})


def account(state, states, told=True, actor=ADA, **given):
    notice_id = next(iter(state.notices), "N1")
    values = {
        "notice_id": notice_id,
        "now": NOW,
        "channel": "phone",
        "happened_at": hours(9),
        "note": "called",
    }
    return notice.account(state, actor=actor, states=states, told=told, **(values | given))


def submit(state, what="F1", actor=GRACE, at=20.0, late=None, reference="R"):
    return filing.submit_filing(
        state, what, actor=actor, now=hours(100), reference=reference, submitted_at=hours(at),
        receipt_sha256=None, late_because=late,
    )  # fmt: skip


def step(state, positions=(0,), kind="patch", text="x", actor=ADA):
    return filing.record_next_step(
        state, actor=actor, step_id="S9", positions=positions, step=kind, text=text, due_on=None
    )


def item(state, actor=ADA, text="x", owner="ada"):
    return closing.promise_action_item(
        state, actor=actor, item_id="I1", text=text, owner=owner, due_on=date(2026, 4, 1)
    )


def review(state, actor=GRACE, sha=None):
    return closing.review_post_mortem(state, actor=actor, report_sha256=sha, remark="read")


def resolve(state, batch=0):
    return batches.resolve_batch(state, notice_id="N1", batch=batch, accepted=True, how="its log", people=1)


PACKED = state_of(*h.TO_COHORT, h.PACK)
REPORTED = state_of(*h.TO_DONE, h.REPORT)
BLOCKED = made(e.LetterDrafted, letter_id="L1", cohort_id="C1", findings=("error: no contact",))
IN_DOUBT = state_of(*h.TO_PLANNED, h.intended(0, (0,)), h.answered(0, (0,), "uncertain", "uncertain"))
VOIDED = state_of(*h.TO_PLANNED, made(e.ApprovalVoided, approval_id="A1", reason="x"))
INTENT = h.intended(0, (1,), 2)
REFUSALS = [
    (lambda: opened(actor=AUDITOR), RefusedError, "role on_call or officer or admin"),
    (lambda: opened(title="  "), BadInputError, "title"),
    (lambda: opened(promise_hours=0), BadInputError, "promise_hours"),
    (lambda: opened(detected_at=hours(31)), BadInputError, "future"),
    (lambda: opened(became_aware_at=AWARE.replace(tzinfo=None)), BadInputError, "no offset"),
    (lambda: opened(became_aware_at=AWARE), BadInputError, "because"),
    (lambda: opened(became_aware_at=AWARE, detected_at=hours(1)), BadInputError, "before detection"),
    (lambda: fact(OPEN, None), BadInputError, "unknown has no value"),
    (lambda: fact(OPEN, "v", e.Label.UNKNOWN), BadInputError, "unknown has no value"),
    (lambda: fact(OPEN, source=" "), BadInputError, "source"),
    (lambda: fact(OPEN, actor=AUDITOR), RefusedError, "may not amend facts"),
    (lambda: freeze(OPEN, taken_at=hours(31)), BadInputError, "future"),
    (lambda: freeze(COHORT, evidence_id="ev-1"), RefusedError, "frozen already"),
    (lambda: freeze(COHORT, file_name="a.csv"), RefusedError, "another hash"),
    (lambda: freeze(OPEN, actor=AUDITOR), RefusedError, "may not add evidence"),
    (lambda: risk(OPEN, "unlikely"), BadInputError, "say why"),
    (lambda: risk(OPEN, "high", actor=AUDITOR), RefusedError, "may not assess"),
    (lambda: breach(OPEN, e.Outcome.NO_NOTICE), RefusedError, "assess the risk first"),
    (lambda: breach(OPEN, e.Outcome.NOT_A_BREACH), RefusedError, "assess the risk first"),
    (lambda: breach(OPEN, e.Outcome.NOTIFY, " "), BadInputError, "reason"),
    (lambda: breach(OPEN, e.Outcome.NOTIFY, actor=AUDITOR), RefusedError, "may not decide"),
    (lambda: cohort(COHORT, evidence_ids=("ev-1", "ev-7")), RefusedError, "not frozen: ev-7"),
    (lambda: cohort(state_of(h.OPENED, h.EVIDENCE, made(e.BreachDecided, outcome=e.Outcome.NOT_A_BREACH))),
     RefusedError, "no breach"),
    (lambda: scope.accept_gap(COHORT, 1, actor=ADA, reason="x"), NotFoundError, "0 open gaps"),
    (lambda: waive(COHORT, "promise"), RefusedError, "not ours to waive"),
    (lambda: waive(COHORT, "nothing"), NotFoundError, "nothing"),
    (lambda: waive(COHORT, "gdpr", reason=" "), BadInputError, "reason"),
    (lambda: waive(COHORT, "gdpr", actor=ADA), RefusedError, "officer or counsel"),
    (lambda: waive(DONE, "gdpr"), RefusedError, "not open"),
    (lambda: draft(OPEN), RefusedError, "frozen cohort"),
    (lambda: draft(state_of(h.OPENED, h.EVIDENCE, h.COHORT)), RefusedError, "decision to notify"),
    (lambda: draft(PLANNED), RefusedError, "being told already"),
    (lambda: request(COHORT), RefusedError, "drafted letters"),
    (lambda: request(state_of(*h.TO_COHORT, BLOCKED)), RefusedError, "errors in 1 of 1 letters: no contact"),
    (lambda: notice.approve(COHORT, actor=GRACE, triple=None), RefusedError, "nothing waits"),
    (lambda: notice.approve(PLANNED, actor=GRACE, triple=None), RefusedError, "already approved by grace"),
    (lambda: plan(LETTERS), RefusedError, "standing approval"),
    (lambda: batches.intend_batch(VOIDED, INTENT), RefusedError, "became void"),
    (lambda: batches.intend_batch(IN_DOUBT, INTENT), RefusedError, "uncertain"),
    (lambda: batches.intend_batch(OPEN, INTENT), NotFoundError, "no notice N1"),
    (lambda: batches.answer_batch(SENT, h.answered(0, (0,), "accepted", "accepted")), RefusedError, "no open intent"),
    (lambda: batches.answer_batch(PLANNED, h.answered(7, (0,), "accepted", "accepted")), RefusedError, "no open intent"),
    (lambda: resolve(SENT), RefusedError, "not in doubt"),
    (lambda: resolve(PLANNED, 9), RefusedError, "not in doubt"),
    (lambda: going.resume(SENT, actor=ADA, reason="x"), RefusedError, "not stopped"),
    (lambda: account(LETTERS, {0: S.BOUNCED}), NotFoundError, "no notice N1"),
    (lambda: account(SENT, {0: S.DELIVERED}), RefusedError, "delivered already"),
    (lambda: account(SENT, {0: S.TOLD_OTHERWISE}, told=False), RefusedError, "told_otherwise already"),
    (lambda: account(SENT, {0: S.NOT_REACHABLE}, told=False), RefusedError, "not_reachable already"),
    (lambda: account(SENT, {0: S.BOUNCED}, happened_at=hours(31)), BadInputError, "future"),
    (lambda: account(SENT, {0: S.BOUNCED}, note=""), BadInputError, "note"),
    (lambda: submit(COHORT), NotFoundError, "no filing F1"),
    (lambda: submit(PACKED, at=101), BadInputError, "future"),
    (lambda: submit(PACKED, at=73), BadInputError, "say why"),
    (lambda: submit(PACKED, reference=" "), BadInputError, "reference"),
    (lambda: submit(PACKED, actor=AUDITOR), RefusedError, "may not file"),
    (lambda: submit(DONE), RefusedError, "was submitted with reference R"),
    (lambda: step(OPEN), RefusedError, "frozen cohort"),
    (lambda: step(COHORT, (4,)), BadInputError, "0 to 3"),
    (lambda: step(COHORT, (-1,)), BadInputError, "0 to 3"),
    (lambda: step(COHORT, ()), BadInputError, "0 to 3"),
    (lambda: step(COHORT, kind="flowers"), BadInputError, "end_user_notice"),
    (lambda: step(COHORT, text=" "), BadInputError, "text"),
    (lambda: item(OPEN, owner=" "), BadInputError, "owner"),
    (lambda: item(OPEN, actor=AUDITOR), RefusedError, "may not promise"),
    (lambda: review(DONE), RefusedError, "no report"),
    (lambda: review(REPORTED, sha="other"), RefusedError, "changed since you read it"),
    (lambda: review(REPORTED, actor=ADA), RefusedError, "may not review"),
    (lambda: closing.close_incident(DONE, actor=AUDITOR, reason="x"), RefusedError, "may not close"),
    (lambda: closing.close_incident(state_of(*h.TO_REVIEWED), actor=ADA, reason=" "), BadInputError, "reason"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "error", "words"), REFUSALS, ids=range(len(REFUSALS)))
def test_a_refusal_says_why(command, error, words):
    with pytest.raises(error, match=words):
        command()


@pytest.mark.parametrize(
    "command",
    [fact, freeze, step, item, review, draft, request, plan, submit, cohort,
     lambda s: breach(s, e.Outcome.NOTIFY), lambda s: risk(s, "high"), lambda s: waive(s, "gdpr"),
     lambda s: notice.approve(s, actor=GRACE, triple=None), lambda s: batches.intend_batch(s, h.intended(0, (0,))),
     lambda s: account(s, {0: S.BOUNCED}), lambda s: going.resume(s, actor=ADA, reason="x"),
     lambda s: closing.close_incident(s, actor=ADA, reason="x"),
     lambda s: closing.draft_post_mortem(s, report_sha256="r9"), lambda s: filing.prepare_filing(s, h.PACK),
     lambda s: scope.accept_gap(s, 1, actor=ADA, reason="x"),
     lambda s: scope.determine_obligations(s, h.DETERMINED, (), actor=TOCSIN),
     lambda s: intake.decide_awareness(s, actor=ADA, now=NOW, became_aware_at=AWARE, because="x")],
)  # fmt: skip
def test_a_closed_incident_takes_nothing(command):
    with pytest.raises(RefusedError, match="is closed"):
        command(CLOSED)


# ---------------------------------------------------------------- what is recorded
def test_opening_records_awareness_where_it_is_known():
    assert kinds(opened()) == ["incident:opened"]
    assert kinds(opened(became_aware_at=AWARE, aware_because="seen")) == [
        "incident:opened",
        "awareness:decided",
    ]


def test_the_same_fact_is_recorded_once():
    known = state_of(h.OPENED, *fact(OPEN))
    assert fact(known) == ()
    assert kinds(fact(known, "other")) == kinds(fact(known, "v", e.Label.ASSUMPTION)) == ["facts:amended"]


def test_a_new_cohort_voids_approval_and_withdraws_letters():
    assert kinds(cohort(state_of(*h.TO_APPROVED))) == ["cohort:frozen", "approval:voided", "letter:withdrawn"]
    assert kinds(cohort(COHORT)) == ["cohort:frozen"]


def test_obligations_are_taken_on_once_changed_and_let_lapse():
    def determine(state, basis, *arising):
        return scope.determine_obligations(
            state, made(e.ObligationsDetermined, basis=basis), arising, actor=TOCSIN
        )

    assert determine(COHORT, "b1") == ()
    assert kinds(determine(state_of(*h.TO_COHORT, h.RISK), "b1")) == ["obligations:determined"]
    moved = h.duty("gdpr", recipient="authority", due_at=hours(80))
    assert kinds(determine(COHORT, "b2", h.PROMISE, moved)) == ["obligations:determined", "obligation:arose"]
    lapse = determine(COHORT, "b2", h.PROMISE)
    assert kinds(lapse) == ["obligations:determined", "obligation:lapsed"]
    assert kinds(determine(DONE, "b2")) == ["obligations:determined"], "what is done does not lapse"


def test_meeting_and_missing_happen_once():
    assert kinds(scope.meet_obligation(COHORT, "gdpr", met_at=NOW, how="x")) == ["obligation:met"]
    assert scope.meet_obligation(DONE, "gdpr", met_at=NOW, how="x") == ()
    assert scope.meet_obligation(COHORT, "nothing", met_at=NOW, how="x") == ()
    assert scope.miss_deadlines(COHORT, now=hours(48)) == ()
    missed = scope.miss_deadlines(COHORT, now=hours(49))
    assert [event.obligation_id for event in missed] == ["promise"]
    assert scope.miss_deadlines(state_of(*h.TO_COHORT, *missed), now=hours(60)) == ()


def test_drafting_again_changes_only_what_changed():
    assert kinds(draft(state_of(*h.TO_APPROVED))) == ["letters:determined"]
    other = made(e.LetterDrafted, letter_id="L2", cohort_id="C1", sha256="l2")
    assert kinds(draft(state_of(*h.TO_APPROVED), other)) == [
        "approval:voided", "letter:withdrawn", "letter:drafted", "letters:determined"
    ]  # fmt: skip


def test_approval_is_asked_for_once_and_anew_when_something_changed():
    (asked,) = request(LETTERS)
    letters = letters_hash({"L1": "l1"})
    assert asked.triple == triple_hash(cohort_commitment="cc", letters_sha256=letters, send_sha256="s1")
    waiting = state_of(*h.TO_LETTERS, ("tocsin", asked))
    assert request(waiting) == ()
    assert kinds(request(waiting, send="s2")) == ["approval:voided", "approval:requested"]
    assert kinds(notice.approve(waiting, actor=GRACE, triple=asked.triple[:8])) == ["notice:approved"]
    for read in (asked.triple[:7], "0" * 64):
        with pytest.raises(RefusedError, match="look at the letters again"):
            notice.approve(waiting, actor=GRACE, triple=read)
    (refused,) = notice.approve(waiting, actor=ADA, triple=None)
    assert refused.KIND == "approval:refused"


def test_another_way_of_sending_voids_the_approval():
    assert notice.void_if_sent_otherwise(PLANNED, send_sha256="s1") == ()
    assert notice.void_if_sent_otherwise(COHORT, send_sha256="s2") == ()
    assert kinds(notice.void_if_sent_otherwise(state_of(*h.TO_APPROVED), send_sha256="s2")) == [
        "approval:voided"
    ]
    assert notice.void_if_sent_otherwise(PLANNED, send_sha256="s2") == ()  # used: its own sending refuses


def test_a_notice_is_planned_once_for_an_approval():
    assert plan(PLANNED) == ()
    assert kinds(plan(state_of(*h.TO_APPROVED))) == ["notice:planned"]


def test_a_stranded_intent_becomes_a_doubt_of_those_who_share_its_fate():
    row = made(BatchRow, notice_id="N1", number=0, attempt=2, state="intent")
    doubt = batches.doubt_stranded(row, people=7)
    assert (doubt.answer, doubt.state, doubt.attempt, doubt.tally) == (
        "uncertain",
        "uncertain",
        2,
        {"intent>uncertain": 7},
    )
    assert batches.doubt_stranded(row, people=0).tally == {}


@pytest.mark.parametrize(("accepted", "target"), [(True, "accepted"), (False, "planned")])
def test_a_doubt_is_resolved_one_way_or_the_other(accepted, target):
    resolved = batches.resolve_batch(
        IN_DOUBT, notice_id="N1", batch=0, accepted=accepted, how="its log", people=1
    )
    assert (resolved.tally, resolved.by) == ({f"uncertain>{target}": 1}, "person")


@pytest.mark.parametrize(
    ("state", "to", "moved"),
    [("planned", "held", True), ("held", "planned", True), ("held", "cancelled", True),
     ("planned", "cancelled", True), ("intent", "held", False), ("accepted", "cancelled", False),
     ("cancelled", "planned", False)],
)  # fmt: skip
def test_only_what_nobody_was_handed_is_held_let_go_or_cancelled(state, to, moved):
    rows = [made(BatchRow, notice_id="N1", number=n, state=state, people=5) for n in (3, 4)]
    events = batches.move_batches(PLANNED, rows, to=to, reason="a canary first", apart={4: 2})
    assert [(e.batches, e.state, e.tally) for e in events] == (
        [("3-4", to, {f"{state}>{to}": 8})] if moved else []
    )


def test_accounts_move_people_from_where_they_are():
    (told,) = account(SENT, {3: S.NO_ADDRESS, 0: S.BOUNCED})
    assert told.positions == (0, 3)
    assert told.tally == {"no_address>told_otherwise": 1, "bounced>told_otherwise": 1}
    (given_up,) = account(SENT, {3: S.NO_ADDRESS}, told=False)
    assert given_up.tally == {"no_address>not_reachable": 1}


def test_filing_meets_the_duty_where_it_is_open():
    assert kinds(submit(PACKED)) == ["filing:submitted", "obligation:met"]
    assert kinds(submit(PACKED, at=73, late="the portal was down")) == ["filing:submitted", "obligation:met"]
    lapsed = state_of(*h.TO_COHORT, h.PACK, made(e.ObligationLapsed, obligation_id="gdpr"))
    assert kinds(submit(lapsed)) == ["filing:submitted"]
    assert filing.prepare_filing(DONE, h.PACK) == ()


def test_the_same_report_is_drafted_once_and_reviewed_by_a_second_person():
    assert closing.draft_post_mortem(REPORTED, report_sha256="r1") == ()
    assert kinds(closing.draft_post_mortem(REPORTED, report_sha256="r2")) == ["post_mortem:drafted"]
    assert kinds(review(REPORTED)) == kinds(review(REPORTED, sha="r1")) == ["post_mortem:reviewed"]
    scoped = state_of(*h.TO_DONE, ("grace", h.COHORT), h.REPORT)
    assert kinds(review(scoped)) == ["review:refused"]


def test_closing_says_what_is_open_or_closes():
    (refused,) = closing.close_incident(DONE, actor=ADA, reason="done")
    assert refused.open_items == ("there is no post-mortem",)
    assert refused.REFUSES
    assert kinds(closing.close_incident(state_of(*h.TO_REVIEWED), actor=ADA, reason="done")) == [
        "incident:closed"
    ]
