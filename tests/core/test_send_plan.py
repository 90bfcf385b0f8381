"""The latest safe send: every term, its working in one line, and that it is never later with more to do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core import events as e
from incident.core.send_plan import (
    SafeSend,
    deadline,
    determined,
    differs,
    latest_safe,
    people_left,
    send_plan,
    span,
)
from incident.core.send_rate import rate
from incident.core.standing import Standing, clocks, summary
from incident.core.state import BatchState, Notice
from tests.core import histories as h
from tests.core.histories import hours, made, state_of

BIG = made(e.CohortFrozen, cohort_id="C1", commitment="cc", people=120_000, told=110_000, without_email=2_000)
TO_BIG = (*h.TO_COHORT[:5], BIG, h.DETERMINED, h.PROMISE)
INPUTS = e.PlanInputs(
    people_per_hour=18_000, approval_minutes=90, settle_minutes=180, channels={"phone": 360}
)
EVERY_TERM = ("sending", "approval", "retries and settling", "other channels")


def after(minutes: float) -> datetime:
    return hours(10) + timedelta(minutes=minutes)


def batch(began: float, ended: float | None, people: int = 1000, state: str = "accepted") -> BatchState:
    """A batch called `began` minutes after the tenth hour and answered `ended` minutes after it."""
    until = None if ended is None else after(ended)
    return BatchState("L1", 1, state, "0-999", people, intended_at=after(began), answered_at=until)


def notice_of(*batches: BatchState) -> Notice:
    return Notice(h.PLANNED, hours(9), batches=dict(enumerate(batches)))


def test_the_sum_shows_its_working():
    plan = send_plan(state_of(*TO_BIG), hours(3), INPUTS)
    assert plan.latest_safe_at == hours(48 - 6 - 1.5 - 3 - 6)
    assert plan.working == (
        "promise due Thu 2026-03-12 05:00:00 UTC"
        " - 6 h 00 min sending (108,000 people at 5 a second, as set, none measured yet)"
        " - 1 h 30 min approval (as set) - 3 h 00 min retries and settling (as set)"
        " - 6 h 00 min other channels (the slowest, phone) = Wed 2026-03-11 12:30:00 UTC"
    )
    assert tuple(term.name for term in plan.terms) == EVERY_TERM


@pytest.mark.parametrize(
    ("steps", "now", "standing", "people"),
    [
        ((h.OPENED,), 1, SafeSend.NO_CLOCK, None),
        ((h.OPENED, h.BECAME), 1, SafeSend.AHEAD, None),
        ((h.OPENED, h.BECAME), 40, SafeSend.PAST, None),
        (TO_BIG, 26, SafeSend.AHEAD, 108_000),
        (TO_BIG, 28, SafeSend.PAST, 108_000),
        (h.TO_PLANNED, 20, SafeSend.AHEAD, 3),
        ((*h.TO_PLANNED, h.intended(0, (0, 1, 2))), 20, SafeSend.AHEAD, 3),
        (h.TO_SENT, 47, SafeSend.HANDED_OVER, 0),
        (h.TO_TOLD, 47, SafeSend.NOT_NEEDED, 0),
        (h.TO_CLOSED, 47, SafeSend.NOT_NEEDED, 0),
        ((h.OPENED, h.BECAME, made(e.BreachDecided, outcome=e.Outcome.NO_NOTICE)), 1, SafeSend.NOT_NEEDED, None),
    ],
)  # fmt: skip
def test_how_it_stands(steps, now, standing, people):
    plan = send_plan(state_of(*steps), hours(now))
    assert (plan.standing, plan.people) == (standing, people)
    assert (plan.latest_safe_at is None) == (standing not in {SafeSend.AHEAD, SafeSend.PAST})
    assert plan.working


def test_a_second_of_grace_is_not_past():
    plan = send_plan(state_of(*TO_BIG), hours(3), INPUTS)
    assert send_plan(state_of(*TO_BIG), plan.latest_safe_at, INPUTS).standing is SafeSend.AHEAD
    late = plan.latest_safe_at + timedelta(seconds=1)
    assert send_plan(state_of(*TO_BIG), late, INPUTS).standing is SafeSend.PAST


def test_the_earliest_clock_towards_people_counts():
    law = h.duty("us-xx/individuals", recipient="individuals", due_at=hours(24))
    contract = h.duty("contract:acme", recipient="customer", due_at=hours(20))
    office = h.duty("gdpr", recipient="authority", due_at=hours(6))
    assert deadline(state_of(*TO_BIG, law, office)) == ("us-xx/individuals", hours(24))
    assert deadline(state_of(*TO_BIG, law, contract, office)) == ("contract:acme", hours(20))
    waived = made(e.ObligationWaived, obligation_id="us-xx/individuals")
    assert deadline(state_of(*TO_BIG, law, waived)) == ("promise", hours(48))


def test_a_granted_approval_takes_no_more_time():
    before, granted = send_plan(state_of(*h.TO_LETTERS), NOW), send_plan(state_of(*h.TO_APPROVED), NOW)
    assert granted.latest_safe_at - before.latest_safe_at == timedelta(minutes=120)


NOW = hours(12)


@pytest.mark.parametrize(
    ("batches", "per_hour", "why"),
    [
        ((), None, "nothing was answered yet"),
        ((batch(0, None),), None, "called, not answered"),
        ((batch(0, 1, state="not_sent"),), None, "nothing was taken"),
        ((batch(0, 0.001),), None, "less than a second measures the clock"),
        ((batch(0, 6),), 10_000, "1,000 in six minutes"),
        ((batch(0, 3), batch(3, 6)), 20_000, "one after the other"),
        ((batch(0, 3), batch(4, 6)), 20_000, "the provider's pacing between them counts"),
        ((batch(0, 3), batch(120, 123)), 20_000, "a night in between does not"),
        ((batch(0, 6), batch(0, 6)), 20_000, "two workers at once"),
        ((batch(0, 3), batch(3, 6, state="not_sent")), 10_000, "asked to wait: the time counts"),
    ],
)
def test_the_rate_is_measured_while_sending(batches, per_hour, why):
    found = rate(notice_of(*batches), 36_000)
    assert found.measured is (per_hour is not None), why
    assert found.people_per_hour == (per_hour or 36_000), why
    assert ("measured over" in found.words) is found.measured


def test_the_measured_rate_moves_the_plan():
    slow = (h.intended(0, (0,)), h.answered(0, (0,), "accepted", "accepted"))
    state = state_of(*h.TO_PLANNED, *slow)
    plan = send_plan(state, hours(20))
    assert (plan.rate.measured, plan.rate.people_per_hour, plan.people) == (True, 1, 2)
    assert plan.terms[0].length == timedelta(hours=2)


def test_it_is_recorded_only_when_it_changes_materially():
    state = state_of(*TO_BIG)
    kept = determined(send_plan(state, hours(3), INPUTS), INPUTS)
    assert differs(None, kept)
    assert not differs(kept, determined(send_plan(state, hours(9), INPUTS), INPUTS))
    assert differs(kept, determined(send_plan(state, hours(40), INPUTS), INPUTS))
    slower = e.PlanInputs(people_per_hour=9_000)
    assert differs(kept, determined(send_plan(state, hours(3), slower), slower))
    assert state_of(*TO_BIG, kept).send_plan == kept
    assert people_left(state_of(*TO_BIG, kept)) == 108_000


def test_the_clock_that_it_counts_back_from_says_so():
    faces = {face.obligation_id: face.standing for face in clocks(state_of(*TO_BIG), hours(40))}
    assert faces["promise"] is Standing.PAST_SAFE_SEND
    assert "PAST SAFE SEND by" in summary(state_of(*TO_BIG), hours(40))
    assert "latest safe send in" in summary(state_of(*TO_BIG), hours(2))
    assert clocks(state_of(*TO_BIG), hours(49))[0].standing is Standing.LATE


@given(
    people=st.integers(0, 5_000_000),
    more=st.integers(0, 1_000_000),
    per_hour=st.integers(1, 10_000_000),
    slower=st.integers(0, 9_000_000),
    minutes=st.lists(st.integers(0, 3000), min_size=3, max_size=3),
    longer=st.integers(0, 500),
)
def test_more_people_a_lower_rate_or_a_longer_lead_never_make_it_later(
    people, more, per_hour, slower, minutes, longer
):
    def latest(count: int, pace: int, lead: int) -> datetime:
        cohort = made(e.CohortFrozen, cohort_id="C1", people=count, told=count, without_email=0)
        approval, settle, channel = minutes
        inputs = e.PlanInputs(pace, approval + lead, settle + lead, channels={"phone": channel + lead})
        return send_plan(
            state_of(*h.TO_COHORT[:5], cohort, h.DETERMINED, h.PROMISE), NOW, inputs
        ).latest_safe_at

    found = latest(people, per_hour, 0)
    assert latest(people + more, per_hour, 0) <= found
    assert latest(people, max(1, per_hour - slower), 0) <= found
    assert latest(people, per_hour, longer) <= found


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe"])
@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-01", "2026-04-05"])
def test_a_clock_change_moves_nothing(zone, day):
    due = datetime.combine(date.fromisoformat(day), time(12), tzinfo=ZoneInfo(zone))
    terms = send_plan(state_of(*TO_BIG), NOW).terms
    whole = sum((term.length for term in terms), timedelta())
    found = latest_safe(due, terms)
    assert found.tzinfo is UTC
    assert due.astimezone(UTC) - found == whole


@pytest.mark.parametrize(
    ("hours", "words"), [(130.5, "130 h 30 min"), (1.25, "1 h 15 min"), (0.5, "30 min"), (0.01, "36 s")]
)
def test_the_terms_of_a_sum_are_exact_however_long(hours, words):
    assert span(timedelta(hours=hours)) == words
