"""How fast letters may leave: two token buckets, halved when the provider says so, shared by every worker.

One row a provider, changed under the writer's lock, so that any number of workers obey one limit. Tokens may go
into debt by one call: a batch of a thousand leaves whole, and what follows waits for it to be paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incident.core.mailing import Accepted, Mixed, NotSent, Outcome, RateLimit, Uncertain

WINDOW_SECONDS = 10.0
LEAST_RATE = 250.0
"""People per second below which halving does not go: a full batch leaves every four seconds; waits grow instead."""
EASE = 0.1
"""Share of the rate that each accepted call adds back, and at least EASE_PEOPLE."""
EASE_PEOPLE = 100.0
ENOUGH = 1_000_000.0
"""People per second at which a limit that only halving made is forgotten."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
LONGEST_ASKED_SECONDS = 3600.0
BREAK_SECONDS, LONGEST_BREAK_SECONDS = 2.0, 300.0
JUMP_SECONDS = 300.0
"""By so much no two workers' clocks differ; a clock that is further back has been put back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the account may do, by configuration; None is what nobody limited.

    After `break_after` calls in a row without an honest answer nobody calls for a while.
    """

    people_per_second: float | None = None
    requests_per_second: float | None = None
    break_after: int = 5


@dataclass(frozen=True, slots=True)
class PaceRow:
    """How fast a provider is called now."""

    provider: str
    at: datetime
    people_rate: float | None = None
    people_tokens: float = 0.0
    request_tokens: float = 0.0
    not_before: datetime | None = None
    slowed: int = 0
    doubts: int = 0
    window_at: datetime | None = None
    window_people: int = 0


@dataclass(frozen=True, slots=True)
class Granted:
    """How many of the calls asked for may be made now, and after how many seconds to ask again."""

    row: PaceRow
    calls: int
    wait_seconds: float


def as_of(row: PaceRow, now: datetime) -> PaceRow:
    """Return the pace as it is by a clock that has gone far back: what was to be waited for is waited for from now.

    Else a wait that was noted by a clock which had jumped ahead would last as long as the jump.
    """
    back = row.at - now
    if back.total_seconds() < JUMP_SECONDS:
        return row
    return replace(
        row,
        at=now,
        not_before=None if row.not_before is None else row.not_before - back,
        window_at=None if row.window_at is None else row.window_at - back,
    )


def grant(row: PaceRow, limits: Limits, sizes: Sequence[int], *, now: datetime) -> Granted:
    """Let as many calls go as the buckets hold; `sizes` are the people of each, in order."""
    row = _refilled(row, limits, now)
    if row.not_before is not None and now < row.not_before:
        return Granted(row, 0, (row.not_before - now).total_seconds())
    calls = 0
    for people in sizes:
        if row.people_tokens <= 0 or row.request_tokens <= 0:
            break
        row = replace(
            row,
            people_tokens=row.people_tokens - people if _rate(row, limits) else row.people_tokens,
            request_tokens=row.request_tokens - 1 if limits.requests_per_second else row.request_tokens,
            window_people=row.window_people + people,
        )
        calls += 1
    return Granted(row, calls, 0.0 if calls == len(sizes) else _wait(row, limits))


def learn(row: PaceRow, limits: Limits, outcome: Outcome, *, now: datetime) -> PaceRow:
    """Take in what an answer says about the pace: slow down, wait, or go a little faster."""
    if isinstance(outcome, Mixed):
        return row
    if isinstance(outcome, NotSent):
        return _slower(row, limits, outcome, now)
    if isinstance(outcome, Uncertain):
        doubts = row.doubts + 1
        over = doubts - limits.break_after
        if over < 0:
            return replace(row, doubts=doubts)
        seconds = min(BREAK_SECONDS * 2**over, LONGEST_BREAK_SECONDS)
        return replace(row, doubts=doubts, not_before=_later(row, now, seconds))
    if isinstance(outcome, Accepted):
        row = replace(row, slowed=0, doubts=0, people_rate=_eased(row, limits))
        return replace(row, not_before=_later(row, now, _exhausted(outcome.rate, outcome.at)))
    return replace(row, doubts=0)


def _slower(row: PaceRow, limits: Limits, outcome: NotSent, now: datetime) -> PaceRow:
    """Halve and wait; answers to calls that were under way when the first of them said so are the same news."""
    asked = outcome.retry_after_seconds
    if row.slowed and row.not_before is not None and now < row.not_before:
        return replace(row, doubts=0, not_before=_later(row, now, min(asked or 0.0, LONGEST_ASKED_SECONDS)))
    seconds = min(FIRST_WAIT_SECONDS * 2**row.slowed, LONGEST_WAIT_SECONDS) if asked is None else asked
    rate = _rate(row, limits) or _seen(row, now)
    return replace(
        row,
        people_rate=max(rate / 2, LEAST_RATE),
        slowed=min(row.slowed + 1, 16),
        doubts=0,
        not_before=_later(row, now, min(seconds, LONGEST_ASKED_SECONDS)),
    )


def _refilled(row: PaceRow, limits: Limits, now: datetime) -> PaceRow:
    passed = max(0.0, (now - row.at).total_seconds())
    rate = _rate(row, limits)
    people = min(row.people_tokens + passed * rate, max(rate, 1.0)) if rate else 1.0
    asked = limits.requests_per_second
    requests = min(row.request_tokens + passed * asked, max(asked, 1.0)) if asked else 1.0
    since = row.window_at
    fresh = since is None or (now - since).total_seconds() > WINDOW_SECONDS or now < since
    return replace(
        row,
        at=now,
        people_tokens=people,
        request_tokens=requests,
        window_at=now if fresh else since,
        window_people=0 if fresh else row.window_people,
    )


def _rate(row: PaceRow, limits: Limits) -> float | None:
    rates = [rate for rate in (row.people_rate, limits.people_per_second) if rate is not None]
    return min(rates) if rates else None


def _seen(row: PaceRow, now: datetime) -> float:
    """Return the pace of the last seconds, for when nobody limited it."""
    since = row.window_at or now
    return row.window_people / max((now - since).total_seconds(), 1.0)


def _eased(row: PaceRow, limits: Limits) -> float | None:
    if row.people_rate is None:
        return None
    rate = row.people_rate + max(row.people_rate * EASE, EASE_PEOPLE)
    most = limits.people_per_second or ENOUGH
    return None if rate >= most else rate


def _exhausted(rate: RateLimit | None, at: datetime | None) -> float:
    """Return the seconds until the provider's own count starts anew, when it said that nothing is left."""
    if rate is None or rate.remaining != 0 or rate.reset_at is None or at is None:
        return 0.0
    return min(max((rate.reset_at - at).total_seconds(), 0.0), LONGEST_ASKED_SECONDS)


def _later(row: PaceRow, now: datetime, seconds: float) -> datetime | None:
    if seconds <= 0:
        return row.not_before
    until = now + timedelta(seconds=seconds)
    return until if row.not_before is None else max(row.not_before, until)


def _wait(row: PaceRow, limits: Limits) -> float:
    rate, asked = _rate(row, limits), limits.requests_per_second
    people = max(0.0, -row.people_tokens) / rate if rate else 0.0
    requests = max(0.0, -row.request_tokens) / asked if asked else 0.0
    return max(people, requests, 0.01)
