"""Take verified reports of the provider in together: what waits while one commit is made goes into the next.

One commit for many requests, so that a flood costs the disk little; each request is answered after its own events are
kept. What waits is bounded: beyond it the provider is asked to come again, which it does for a day.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from incident.bootstrap import open_house
from incident.core.signals import Report
from incident.errors import TocsinError, TransientError
from incident.service.house import House
from incident.service.reporting import Intake

EVENTS_AT_ONCE = 10_000
MOST_WAITING = 50_000


@dataclass(slots=True)
class _Ticket:
    report: Report
    done: bool = False
    failed: TocsinError | None = None


@dataclass(slots=True)
class Receiving:
    """The house kept open, and what waits to be taken in; any number of threads may call."""

    settings: Path | None
    _doors: ExitStack = field(default_factory=ExitStack)
    _house: House | None = None
    _intake: Intake | None = None
    _mutex: threading.Lock = field(default_factory=threading.Lock)
    _writer: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[_Ticket] = field(default_factory=list)
    _events: int = 0

    def house(self) -> House:
        """Return the house, opened at the first use."""
        with self._mutex:
            if self._house is None:
                self._house = self._doors.enter_context(open_house(self.settings))
                self._intake = Intake(self._house, {})
            return self._house

    def take(self, report: Report) -> None:
        """Keep the events of one request; returns when they are committed. TransientError when too much waits."""
        ticket = _Ticket(report)
        with self._mutex:
            if self._events + len(report.events) > MOST_WAITING and self._waiting:
                raise TransientError("too many reports wait to be written")
            self._waiting.append(ticket)
            self._events += len(report.events)
        with self._writer:
            if not ticket.done:
                self._write(self._drained())
        if ticket.failed is not None:
            raise ticket.failed

    def close(self) -> None:
        """Close the house."""
        with self._writer, self._mutex:
            self._doors.close()
            self._house = self._intake = None

    def _drained(self) -> list[_Ticket]:
        """Take the reports that go into the next commit, oldest first; one at least."""
        with self._mutex:
            some: list[_Ticket] = []
            events = 0
            while self._waiting and (
                not some or events + len(self._waiting[0].report.events) <= EVENTS_AT_ONCE
            ):
                some.append(self._waiting.pop(0))
                events += len(some[-1].report.events)
            self._events -= events
        return some

    def _write(self, some: list[_Ticket]) -> None:
        """Commit together; if that fails, each by itself, so that one cannot keep out the others."""
        try:
            self._commit(some)
        except TocsinError as error:
            for ticket in some:
                if len(some) == 1:
                    ticket.failed = error
                    continue
                try:
                    self._commit([ticket])
                except TocsinError as own:
                    ticket.failed = own
        for ticket in some:
            ticket.done = True

    def _commit(self, some: list[_Ticket]) -> None:
        events = [event for ticket in some for event in ticket.report.events]
        digests = [ticket.report.sha256 for ticket in some]
        source = digests[0] if len(digests) == 1 else sha256("".join(digests).encode()).hexdigest()
        if self._intake is not None:
            self._intake.take_in(events, source_sha256=source)
