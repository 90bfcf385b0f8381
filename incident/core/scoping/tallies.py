"""Rows that say the same thing, counted: the first few by number, how many, from when to when.

Tallies add up in any order to the same tally, so that files can be read side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from incident.core.scoping.judging import Reason
from incident.core.scoping.packing import at_of, dumps, loads
from incident.core.scoping.question import Certainty

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS_SHOWN = 20
TallyKey = tuple[str, int, Reason, Certainty, tuple[str, ...]]
"""System, number of the evidence, reason, certainty, categories."""


@dataclass(slots=True)
class Tally:
    """Rows counted; `items`, `largest` and `hidden` count what bulk reads returned."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    items: int = 0
    largest: int = 0
    hidden: int = 0

    def add(self, row: int, at: datetime) -> None:
        """Count one more row."""
        self.count += 1
        self._show((row,))
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)

    def join(self, other: Tally) -> None:
        """Count what another tally counted."""
        self.count += other.count
        self._show(other.rows)
        for at in (other.first_at, other.last_at):
            if at is not None:
                self.first_at = at if self.first_at is None else min(self.first_at, at)
                self.last_at = at if self.last_at is None else max(self.last_at, at)

    def shown(self) -> tuple[int, ...]:
        """Return the first twenty rows by number."""
        return tuple(sorted(self.rows)[:ROWS_SHOWN])

    def _show(self, rows: tuple[int, ...] | list[int]) -> None:
        self.rows += rows
        if len(self.rows) > ROWS_SHOWN + ROWS_SHOWN:
            self.rows = sorted(self.rows)[:ROWS_SHOWN]


def tally_text(key: TallyKey, tally: Tally) -> str:
    """Write a tally as two fields: what it says, and the count."""
    first, last = tally.first_at, tally.last_at
    counted = (tally.shown(), tally.count, first and first.isoformat(), last and last.isoformat())
    return f"{dumps(key).decode()}\t{dumps(counted).decode()}"


def tally_from(counted: Any) -> Tally:
    """Read the count."""
    rows, count, first, last = counted
    return Tally(list(rows), count, at_of(first), at_of(last))


def added_up(lines: list[bytes]) -> Iterator[bytes]:
    """Add up sorted `what <tab> count` lines that say the same; yields JSON pairs."""
    held: bytes | None = None
    total = Tally()
    for line in lines:
        what, _, counted = line.partition(b"\t")
        if what != held:
            if held is not None:
                yield _pair(held, total)
            held, total = what, tally_from(loads(counted))
        else:
            total.join(tally_from(loads(counted)))
    if held is not None:
        yield _pair(held, total)


def tallies_of(packed: bytes) -> Iterator[tuple[TallyKey, Tally]]:
    """Read the tallies of one handle."""
    for (system, file, reason, certainty, categories), counted in loads(packed):
        yield (system, file, _REASONS[reason], _LEVELS[certainty], tuple(categories)), tally_from(counted)


def _pair(what: bytes, total: Tally) -> bytes:
    first, last = total.first_at, total.last_at
    counted = (total.shown(), total.count, first and first.isoformat(), last and last.isoformat())
    return b"[" + what + b"," + dumps(counted) + b"]"


_REASONS = {reason.value: reason for reason in Reason}
_LEVELS = {level.value: level for level in Certainty}
