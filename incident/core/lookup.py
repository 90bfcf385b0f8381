"""When the provider's own record is asked about a doubt, about whom, and what an answer proves.

One recipient found shows that the whole call was taken. Nobody found shows nothing before the provider's lag is over:
its record fills late, and who believes an early miss writes to people twice. After the lag, several recipients must be
missing. What stays unclear waits for an event, a later look, or a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from incident.core.state import BatchState, Incident, Notice, Searched

TAKEN = "the provider's record has a letter of this batch"
ABSENT = (
    "the provider's record has none of {missed} recipients of this batch, {minutes} minutes after the doubt"
)
ROUND = timedelta(minutes=1)
"""Between two rounds of questions about one incident."""
SKEW = timedelta(minutes=2)
"""How far the provider's clock may be behind ours."""


@dataclass(frozen=True, slots=True)
class LookupTerms:
    """How doubts are looked up: first after `first`, then each time twice as long after the last look.

    `provider` is the transport whose batches the record knows. No miss counts before `lag`; `sentinels` misses after it
    show that nothing was taken. `requests_for_each` is what one look may cost.
    """

    provider: str
    first: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(minutes=60)
    lag: timedelta = timedelta(minutes=30)
    sentinels: int = 3
    requests_per_minute: int = 60
    requests_for_each: int = 6

    @property
    def at_once(self) -> int:
        """Return how many batches may be asked about in one round."""
        return max(1, self.requests_per_minute // self.requests_for_each)


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One recipient of a batch by whom the whole is found; `subject` is that of the letter to this person."""

    address: str = field(repr=False)
    subject: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Whether the provider took a call: known by `attempt_id`, made not before `since`."""

    attempt_id: str
    since: datetime
    from_address: str
    sentinels: tuple[Sentinel, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """What the record says: taken, or who is certainly missing; `reason` why it says less than was asked.

    `wait_seconds` is how long the provider wants to be left alone; `closed` that it does not let us look at all.
    """

    taken: bool = False
    asked: int = 0
    missed: int = 0
    message_id: str | None = None
    reason: str | None = None
    wait_seconds: float | None = None
    closed: bool = False


class Lookup(Protocol):
    """Looks into a provider's record of what it took."""

    @property
    def name(self) -> str:
        """Return where is looked, as recorded."""
        ...

    def look(self, question: Question) -> Look:
        """Answer a question; never raises for what a provider or a network may do."""
        ...


def to_search(state: Incident, now: datetime, terms: LookupTerms | None) -> tuple[tuple[str, int], ...]:
    """Return the doubts (notice, batch) to look up now, the longest waiting first, as many as one round may ask."""
    if terms is None or state.closed_at is not None:
        return ()
    looks = [one.last_at for notice in state.notices.values() for one in notice.searched.values()]
    if looks and now < max(looks) + ROUND:
        return ()
    due = [
        (at, notice_id, number)
        for notice_id, notice in state.notices.items()
        for number, batch in notice.batches.items()
        if (at := next_look_at(notice, number, batch, terms)) is not None and at <= now
    ]
    return tuple((notice_id, number) for _at, notice_id, number in sorted(due)[: terms.at_once])


def next_look_at(notice: Notice, number: int, batch: BatchState, terms: LookupTerms) -> datetime | None:
    """Return when a batch is looked up next; None when there is no doubt, or the record does not know the transport."""
    if batch.state != "uncertain" or batch.answered_at is None or batch.provider != terms.provider:
        return None
    known = searched_of(notice, number, batch.attempt)
    if known is None:
        return batch.answered_at + terms.first
    wait: timedelta = terms.first * int(2 ** min(known.looks, 16))
    return known.last_at + min(wait, terms.longest)


def searched_of(notice: Notice, number: int, attempt: int) -> Searched | None:
    """Return what looking this attempt up brought so far."""
    known = notice.searched.get(number)
    return known if known is not None and known.attempt == attempt else None


def verdict(
    batch: BatchState, known: Searched | None, found: Look, now: datetime, terms: LookupTerms
) -> bool | None:
    """Return whether a batch was taken, by the newest look and the misses before it; None while nobody knows."""
    if found.taken:
        return True
    if not past_lag(batch, now, terms) or found.asked == 0 or found.missed < found.asked:
        return None
    missed = found.missed + (known.missed if known else 0)
    return False if missed >= terms.sentinels else None


def past_lag(batch: BatchState, now: datetime, terms: LookupTerms) -> bool:
    """Whether the provider's record has had the time to be complete."""
    return batch.answered_at is not None and now - batch.answered_at >= terms.lag


def chosen(count: int, sentinels: int, looks: int) -> Sequence[int]:
    """Return whom to ask about among `count` people: spread over the batch, others each time."""
    most = min(count, sentinels)
    return sorted({(looks + place * count // most) % count for place in range(most)}) if most else ()
