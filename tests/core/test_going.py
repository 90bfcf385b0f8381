"""The two-stage go: a row an arrow, what is seen of seeds and slice, and that nothing goes while it is held up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.agenda import Do, agenda
from incident.core.canary import first_slice, links_elsewhere
from incident.core.decide import going
from incident.core.going import (
    GoStage,
    breached_transport,
    go_stage,
    look_at_seeds,
    look_at_slice,
    why_held_up,
)
from incident.core.lifecycle import everyone_told
from incident.core.people import BatchRow
from incident.errors import RefusedError
from tests.core import histories as h
from tests.core.histories import ADA, hours, made, state_of

HELD = made(e.NoticePlanned, notice_id="N1", cohort_id="C1", approval_id="A1", settles_on="delivered", batches=2,
            tally={"held": 12})  # fmt: skip
TERMS = {"notice_id": "N1", "seeds": 2, "slice_people": 10, "slice_batches": "0", "watch_minutes": 15,
         "most_bad_percent": 10, "reports": True}  # fmt: skip
CANARY = made(e.CanaryPlanned, **TERMS)
SILENT = made(e.CanaryPlanned, **(TERMS | {"reports": False}))
NO_SEEDS = made(e.CanaryPlanned, **(TERMS | {"seeds": 0}))
NO_SLICE = made(e.CanaryPlanned, **(TERMS | {"slice_people": 0}))
SENT = made(e.CanarySent, notice_id="N1", letters=2, taken=2)
SEEN = made(e.CanarySeen, notice_id="N1")
SEEDS_OK = made(e.CanaryPassed, notice_id="N1", stage="seeds")
SLICE_OK = made(e.CanaryPassed, notice_id="N1", stage="slice")
SEEDS_BAD = made(e.CanaryFailed, notice_id="N1", stage="seeds")
SLICE_BAD = made(e.CanaryFailed, notice_id="N1", stage="slice")
RELEASED = made(e.BatchesMoved, notice_id="N1", batches="0", state="planned", tally={"held>planned": 10})
REST = made(e.BatchesMoved, notice_id="N1", batches="1", state="planned", tally={"held>planned": 2})
PAUSED = made(e.NoticePaused, notice_id="N1", reason="wrong picture")
HALTED = made(e.NoticeHalted, notice_id="N1", reason="wrong letter")
RESUMED = made(e.NoticeResumed, notice_id="N1")
TAKEN = (
    made(e.BatchIntended, notice_id="N1", batch=0, letter_id="L1", positions="0-9", people=10, tally={"planned>intent": 10}),
    made(e.BatchAnswered, notice_id="N1", batch=0, answer="accepted", state="accepted", tally={"intent>accepted": 10}),
)  # fmt: skip
G = GoStage
BASE = (*h.TO_APPROVED, HELD, CANARY)


def moved(**tally: int):
    return made(e.DeliveriesAdvanced, notice_id="N1", tally={f"accepted>{to}": n for to, n in tally.items()})


def notice(*steps):
    return state_of(*steps).notice


@pytest.mark.parametrize(
    ("steps", "stage"),
    [
        ((*h.TO_APPROVED, HELD), G.ALL_GO),
        (BASE, G.SEND_SEEDS),
        ((*BASE, SENT), G.WATCH_SEEDS),
        ((*BASE, SENT, SEEDS_BAD), G.FAILED),
        ((*BASE, SENT, SEEDS_BAD, SEEDS_OK), G.RELEASE_SLICE),
        ((*BASE, SENT, SEEDS_OK), G.RELEASE_SLICE),
        ((*BASE, SENT, SEEDS_OK, RELEASED), G.SEND_SLICE),
        ((*BASE, SENT, SEEDS_OK, RELEASED, TAKEN[0]), G.SEND_SLICE),
        ((*BASE, SENT, SEEDS_OK, RELEASED, *TAKEN), G.WATCH_SLICE),
        ((*BASE, SENT, SEEDS_OK, RELEASED, *TAKEN, SLICE_BAD), G.FAILED),
        ((*BASE, SENT, SEEDS_OK, RELEASED, *TAKEN, SLICE_OK), G.RELEASE_REST),
        ((*BASE, SENT, SEEDS_OK, RELEASED, *TAKEN, SLICE_OK, REST), G.ALL_GO),
        ((*h.TO_APPROVED, HELD, NO_SEEDS), G.RELEASE_SLICE),
        ((*h.TO_APPROVED, HELD, NO_SLICE, SENT, SEEDS_OK), G.RELEASE_REST),
    ],
)
def test_every_stage_follows_from_the_ledger_alone(steps, stage):
    assert go_stage(notice(*steps)) is stage


@pytest.mark.parametrize(
    ("steps", "minutes", "ready", "words"),
    [
        ((*BASE, SENT), 0, False, None),
        ((*BASE, SENT), 15, True, "nobody has seen the letters arrive"),
        ((*BASE, SENT, SEEN), 1, True, None),
        ((*h.TO_APPROVED, HELD, SILENT, SENT), 0, True, None),
        ((*BASE, made(e.CanarySent, notice_id="N1", letters=2, taken=1)), 0, True, "1 of 2 letters"),
        (
            (*BASE, made(e.CanarySent, notice_id="N1", letters=2, taken=2, findings=("a link",))),
            0,
            True,
            "a link",
        ),
    ],
)
def test_what_the_seeds_show(steps, minutes, ready, words):
    found = notice(*steps)
    look = look_at_seeds(found, found.seeds_sent_at + timedelta(minutes=minutes))
    assert look.ready is ready
    assert (words in look.findings[0]) if words else look.findings == ()


SLICE = (*BASE, SENT, SEEDS_OK, RELEASED, *TAKEN)


@pytest.mark.parametrize(
    ("more", "minutes", "ready", "words"),
    [
        ((), 0, False, None),
        ((), 15, True, "no delivery was reported"),
        ((moved(delivered=10),), 0, True, None),
        ((moved(delivered=6),), 3, False, None),
        ((moved(delivered=6),), 15, True, None),
        ((moved(bounced=1, delivered=9),), 0, True, None),
        ((moved(bounced=2),), 0, True, "2 of the first slice were not reached, 1 were allowed"),
        ((moved(dropped=1, blocked=1),), 0, True, "2 of the first slice"),
        ((moved(spam_reported=1),), 0, True, "marked the letter as spam"),
    ],
)
def test_what_the_first_slice_shows(more, minutes, ready, words):
    found = notice(*SLICE, *more)
    look = look_at_slice(found, found.last_accepted_at + timedelta(minutes=minutes))
    assert look.ready is ready
    assert (words in look.findings[0]) if words else look.findings == ()


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        (BASE, None),
        ((*BASE, PAUSED), "paused: wrong picture"),
        ((*BASE, PAUSED, RESUMED), None),
        ((*BASE, HALTED), "stopped for good: wrong letter"),
        ((*BASE, made(e.ApprovalVoided, approval_id="A1")), "became void"),
        ((*BASE, made(e.IncidentClosed)), "closed"),
    ],
)
def test_why_nothing_goes(steps, why):
    found = why_held_up(state_of(*steps), "N1")
    assert (why in found) if why else found is None


def does(*steps, at=30) -> set[Do]:
    return {action.do for action in agenda(state_of(*steps), hours(at))}


@pytest.mark.parametrize(
    ("steps", "at", "present", "absent"),
    [
        (BASE, 14, Do.LET_GO, Do.SEND_BATCHES),
        ((*BASE, SENT), 15.1, Do.AWAIT_CANARY, Do.LET_GO),
        ((*BASE, SENT, SEEN), 15.1, Do.LET_GO, Do.AWAIT_CANARY),
        ((*BASE, SENT, SEEDS_BAD), 17, Do.RESUME, Do.SEND_BATCHES),
        ((*BASE, SENT, SEEDS_OK, RELEASED), 18, Do.SEND_BATCHES, Do.LET_GO),
        (SLICE, 19.1, Do.AWAIT_CANARY, Do.SEND_BATCHES),
        ((*SLICE, SLICE_OK), 22, Do.LET_GO, Do.SEND_BATCHES),
        ((*SLICE, SLICE_OK, PAUSED), 22, Do.RESUME, Do.LET_GO),
        ((*BASE, HALTED), 22, None, Do.RESUME),
    ],
)
def test_what_the_agenda_says(steps, at, present, absent):
    found = does(*steps, at=at)
    assert present is None or present in found
    assert absent not in found
    assert Do.SEND_BATCHES not in found or Do.RESUME not in found


# ---------------------------------------------------------------- commands
@pytest.mark.parametrize(
    ("steps", "command", "kinds"),
    [
        (BASE, going.pause, ["notice:paused"]),
        ((*BASE, PAUSED), going.resume, ["notice:resumed"]),
        ((*BASE, SENT, SEEDS_BAD), going.resume, ["canary:passed"]),
        ((*BASE, SENT, SEEDS_BAD, PAUSED), going.resume, ["canary:passed", "notice:resumed"]),
        (BASE, going.halt, ["notice:halted"]),
        ((*BASE, PAUSED), going.halt, ["notice:halted"]),
    ],
)
def test_people_decide(steps, command, kinds):
    assert [event.KIND for event in command(state_of(*steps), actor=ADA, reason="because")] == kinds


@pytest.mark.parametrize(
    ("steps", "command", "words"),
    [
        (h.TO_APPROVED, going.pause, "no notice"),
        ((*BASE, PAUSED), going.pause, "paused already"),
        (BASE, going.resume, "not stopped, and not paused"),
        ((*BASE, HALTED), going.resume, "for good"),
        ((*BASE, HALTED), going.halt, "for good"),
        ((*BASE, HALTED), going.pause, "for good"),
    ],
)
def test_what_cannot_be_decided(steps, command, words):
    with pytest.raises(RefusedError, match=words):
        command(state_of(*steps), actor=ADA, reason="because")


def test_only_responders_decide():
    for command in (going.pause, going.resume, going.halt):
        with pytest.raises(RefusedError, match="role"):
            command(state_of(*BASE), actor=h.AUDITOR, reason="because")


def test_the_seeds_are_seen_once_they_are_sent():
    with pytest.raises(RefusedError, match="no seeds"):
        going.see_seeds(state_of(*BASE), actor=ADA, how="in the inbox")
    (seen,) = going.see_seeds(state_of(*BASE, SENT), actor=ADA, how="in the inbox")
    assert seen.how == "in the inbox"


# ---------------------------------------------------------------- slice and links
def row(number: int, people: int) -> BatchRow:
    return BatchRow("N1", number, "C1", "L1", "planned", 0, people, "0", "x", hours(1))


@pytest.mark.parametrize(
    ("sizes", "people", "expected"),
    [
        ((10, 10, 10), 10, ("0", 10)),
        ((10, 10, 10), 11, ("0-1", 20)),
        ((10, 10, 10), 1, ("0", 10)),
        ((10, 10, 10), 30, ("", 0)),
        ((10,), 5, ("", 0)),
        ((), 5, ("", 0)),
    ],
)
def test_the_first_slice_is_whole_batches_and_never_everybody(sizes, people, expected):
    assert first_slice(tuple(row(n, size) for n, size in enumerate(sizes)), people) == expected


@pytest.mark.parametrize(
    ("text", "html", "found"),
    [
        ("see https://example.org/help.", '<a href="https://www.example.org/x">x</a>', []),
        ("", '<a href="mailto:help@example.org">x</a><a href="#top">x</a>', []),
        ("http://example.org", "", ["not https"]),
        ("https://example.org.evil.test/x", "", ["leads to example.org.evil.test"]),
        ("", '<a href="https://evil.test">https://example.org</a>', ["evil.test"]),
        ("", "<img src=https://track.test/pixel>", ["track.test"]),
        ("", '<a href="javascript:alert(1)">x</a>', ["neither https nor mailto"]),
        ("", '<a href="mailto:thief@evil.test">x</a>', ["not our contact"]),
        ("https://notexample.org", "", ["notexample.org"]),
    ],
)
def test_links_lead_where_a_letter_may_lead(text, html, found):
    problems = list(links_elsewhere(text, html, hosts=frozenset({"example.org"}), contact="help@example.org"))
    assert len(problems) == len(found)
    assert all(words in problem for words, problem in zip(found, problems, strict=True))


@pytest.mark.parametrize(
    ("system", "transport", "refused"),
    [
        ("sendgrid", "sendgrid", True),
        ("sendgrid", "drill:sendgrid", True),
        ("sendgrid_eu", "sendgrid", True),
        ("mailchimp", "sendgrid", False),
        ("mailchimp", "mailchimp", True),
        ("smtp", "smtp", True),
        ("google_cloud", "outbox", False),
        ("", "outbox", False),
    ],
)
def test_a_breached_mail_system_sends_nothing(system, transport, refused):
    hit = made(
        e.CohortFrozen, cohort_id="C1", question={"systems": [{"system": system, "mode": "whole_store"}]}
    )
    why = breached_transport(state_of(*h.TO_COHORT[:5], hit), transport)
    assert (why is not None) is refused
    if why:
        assert "choose another transport" in why


# ---------------------------------------------------------------- everyone told
@pytest.mark.parametrize(
    ("steps", "true"),
    [
        (h.TO_TOLD, True),
        (h.TO_SENT, False),
        (BASE, False),
        ((*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.ACCOUNTED), False),
        ((*h.TO_TOLD, made(e.CohortFrozen, cohort_id="C2", wave=2, told=1, follows=("C1",))), False),
        ((*h.TO_TOLD[:5], made(e.CohortFrozen, cohort_id="C1", told=4, blocks=("5 items without a name",)),
          *h.TO_TOLD[6:]), False),
        ((*h.TO_TOLD[:5], made(e.CohortFrozen, cohort_id="C1", told=4, blocks=("5 items without a name",)),
          *h.TO_TOLD[6:], made(e.GapAccepted, gap="5 items without a name", reason="nobody's")), True),
    ],
)  # fmt: skip
def test_everyone_told_is_said_only_when_it_is_true(steps, true):
    state = state_of(*steps)
    assert everyone_told(state) is true
    assert (Do.SETTLE_NOTICE in does(*steps)) <= true
