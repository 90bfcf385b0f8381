"""The pace when the clock is put back: a wait that was asked for by seconds lasts seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from incident.core.mailing import NotSent
from incident.core.pacing import Limits, PaceRow, as_of, grant, learn

NOW = datetime(2026, 3, 10, 5, tzinfo=UTC)
AHEAD = NOW + timedelta(hours=2)


def test_a_wait_noted_by_a_clock_that_had_jumped_ahead_does_not_last_as_long_as_the_jump():
    slowed = learn(PaceRow("p", AHEAD), Limits(), NotSent("slow down", 20.0), now=AHEAD)
    assert grant(slowed, Limits(), [1], now=NOW).wait_seconds > 7000
    put_back = as_of(slowed, NOW)
    assert (put_back.at, put_back.not_before) == (NOW, NOW + timedelta(seconds=20))
    assert grant(put_back, Limits(), [1], now=NOW).wait_seconds == 20
    assert grant(put_back, Limits(), [1], now=NOW + timedelta(seconds=21)).calls == 1


def test_workers_whose_clocks_differ_a_little_do_not_shorten_the_wait():
    slowed = learn(PaceRow("p", NOW), Limits(), NotSent("slow down", 20.0), now=NOW)
    assert as_of(slowed, NOW - timedelta(seconds=60)) == slowed
    assert as_of(slowed, NOW + timedelta(hours=2)) == slowed
