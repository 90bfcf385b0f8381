"""Who is paged about what, now: once per change of state, then again and higher up until somebody takes notice.

On-call first; without an acknowledgement the officers too, then everybody. An acknowledgement holds for a time
and ends when the thing paged about changes. A page that reached nobody is tried again soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from incident.core import events as e
from incident.core.actors import APPROVERS, RESPONDERS, Actor
from incident.core.alarms import Alarm
from incident.core.decide.intake import said, still_open
from incident.core.state import Incident, Page
from incident.errors import NotFoundError

TIERS = ("on_call", "officer", "all")


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a page waits for an acknowledgement; without `repeat` it is never sent a second time."""

    escalate: timedelta = timedelta(minutes=15)
    repeat: timedelta | None = timedelta(minutes=30)
    acknowledged: timedelta = timedelta(hours=4)
    retry: timedelta = timedelta(minutes=5)


QUIET = Policy(repeat=None)
"""Of a drill: each thing once, and nobody higher up."""


@dataclass(frozen=True, slots=True)
class Paged:
    """Which channels took a page, and which did not, by name."""

    taken: tuple[str, ...]
    failed: tuple[str, ...]


class Pager(Protocol):
    """Wakes people up."""

    def page(self, subject: str, body: str, *, to: str) -> Paged:
        """Send one page to the people of a tier: on_call, officer or all."""
        ...


class Heartbeat(Protocol):
    """Leaves a sign of life outside the process."""

    def beat(self, at: datetime, *, incidents: int, failed: int) -> None:
        """Say that a round of the watch ended; `at` is the machine's time."""
        ...


@dataclass(frozen=True, slots=True)
class PageDue:
    """One page to send now: to which tier, the how-manieth about its subject."""

    subject: str
    sentence: str
    to: str
    times: int


def due_pages(state: Incident, alarms: Sequence[Alarm], now: datetime, policy: Policy) -> tuple[PageDue, ...]:
    """Return the pages that are to be sent now."""
    found = []
    for alarm in alarms:
        page = state.pages.get(alarm.subject)
        if page is None or page.cleared_at is not None:
            found.append(PageDue(alarm.subject, alarm.sentence, TIERS[0], 1))
        elif _again(page, now, policy):
            found.append(PageDue(alarm.subject, alarm.sentence, _tier(page, now, policy), page.times + 1))
    return tuple(found)


def over(state: Incident, alarms: Sequence[Alarm]) -> tuple[e.PageCleared, ...]:
    """Return what was paged about and is so no longer."""
    present = {alarm.subject for alarm in alarms}
    return tuple(
        e.PageCleared(subject)
        for subject, page in state.pages.items()
        if page.cleared_at is None and subject not in present
    )


def open_pages(state: Incident) -> tuple[str, ...]:
    """Return the subjects of pages that nobody has taken notice of yet."""
    return tuple(s for s, p in state.pages.items() if p.cleared_at is None and p.acknowledged_at is None)


def acknowledge(
    state: Incident, *, actor: Actor, subject: str | None, note: str
) -> tuple[e.PageAcknowledged, ...]:
    """Take notice of one page, or of every open one; a page nobody was sent cannot be taken notice of."""
    actor.must_be(*RESPONDERS, *APPROVERS, to="take notice of a page")
    still_open(state)
    waiting = open_pages(state)
    if subject is None and not waiting:
        raise NotFoundError("no page waits for somebody to take notice")
    if subject is not None:
        page = state.pages.get(subject)
        if page is None or page.cleared_at is not None:
            known = ", ".join(waiting) or "none"
            raise NotFoundError(f"no open page is about {subject!r}; open: {known}")
        waiting = (subject,)
    words = said(note, field="note")
    return tuple(e.PageAcknowledged(one, words) for one in waiting)


def _again(page: Page, now: datetime, policy: Policy) -> bool:
    if not page.reached:
        return now - page.last_at >= policy.retry
    if policy.repeat is None:
        return False
    if page.acknowledged_at is not None:
        return now - page.acknowledged_at >= policy.acknowledged and now - page.last_at >= policy.acknowledged
    wait = policy.escalate if page.to != TIERS[-1] else policy.repeat
    return now - page.last_at >= wait


def _tier(page: Page, now: datetime, policy: Policy) -> str:
    """Go one up for every escalation time that passed without notice; start anew after an acknowledgement."""
    if page.acknowledged_at is not None or policy.repeat is None:
        return TIERS[0]
    steps = (now - page.first_at) // policy.escalate
    return TIERS[max(TIERS.index(page.to), min(steps, len(TIERS) - 1))]
