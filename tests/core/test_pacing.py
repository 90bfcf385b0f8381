"""The pace: what the provider asks for is obeyed, and a provider that has calmed down is not punished for long."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from incident.core.mailing import Accepted, NotSent
from incident.core.pacing import LEAST_RATE, Limits, PaceRow, grant, learn

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
PEOPLE = 1000
AT_ONCE = 4


def ask(row: PaceRow, *outcomes: NotSent | Accepted, limits: Limits, now: datetime = NOW) -> PaceRow:
    """Return the row after answers that came in at one moment."""
    for outcome in outcomes:
        row = learn(row, limits, outcome, now=now)
    return row


@pytest.fixture
def limits() -> Limits:
    return Limits(people_per_second=4000.0)


def test_four_calls_under_way_that_are_told_to_wait_are_one_piece_of_news(limits):
    row = ask(PaceRow("p", NOW), *[NotSent("429", None)] * AT_ONCE, limits=limits)
    assert row.people_rate == 2000.0
    assert row.not_before == NOW + timedelta(seconds=1)


def test_the_longest_wait_that_a_volley_asks_for_is_kept(limits):
    row = ask(PaceRow("p", NOW), NotSent("429", 2.0), NotSent("429", 7.0), NotSent("429", 3.0), limits=limits)
    assert row.not_before == NOW + timedelta(seconds=7)
    assert grant(row, limits, [PEOPLE], now=NOW + timedelta(seconds=6.9)).calls == 0


def test_told_again_after_waiting_it_halves_again_and_waits_longer(limits):
    row = ask(PaceRow("p", NOW), NotSent("429", None), limits=limits)
    again = ask(row, NotSent("429", None), limits=limits, now=NOW + timedelta(seconds=1))
    assert again.people_rate == 1000.0
    assert again.not_before == NOW + timedelta(seconds=3)


def test_halving_stops_where_a_full_batch_still_leaves_within_seconds(limits):
    row, now = PaceRow("p", NOW), NOW
    for _ in range(20):
        row = ask(row, NotSent("429", 1.0), limits=limits, now=now)
        now += timedelta(seconds=1)
    assert row.people_rate == LEAST_RATE
    assert PEOPLE / LEAST_RATE <= 4


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("asked", [None, 1.0])
def test_a_send_goes_on_in_bounded_time_though_four_answers_in_ten_say_wait(seed: int, asked: float | None):
    chance, limits = random.Random(seed), Limits()
    row, now, left = PaceRow("p", NOW), NOW, 24
    while left:
        granted = grant(row, limits, [PEOPLE] * min(left, AT_ONCE), now=now)
        row = granted.row
        now += timedelta(seconds=0.05 if granted.calls else max(granted.wait_seconds, 0.01))
        for _ in range(granted.calls):
            refused = chance.random() < 0.4
            outcome = NotSent("429", asked) if refused else Accepted("m", None, None)
            row = learn(row, limits, outcome, now=now)
            left -= not refused
    assert now - NOW < timedelta(minutes=3), now - NOW
