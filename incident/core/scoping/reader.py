"""The port of the readers, and what they count while they read.

A reader knows one system's formats and nothing of incidents. It streams: memory must not grow with the file.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.scoping.records import EvidenceRef, Record

QUARANTINE_SHOWN = 100


class Holds(StrEnum):
    """What a reader's records are, and so when they are consumed."""

    ACCOUNTS = "accounts"
    ACCESSES = "accesses"
    OWN_RECORDS = "own_records"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One row that was not understood: its number and the reason, never its content."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class ReadSummary:
    """What reading one snapshot came to; `incomplete` says what is known to be missing.

    `complete` is false for logs whose maker does not guarantee them; `not_looked_into` are attachments, by type.
    """

    ref: EvidenceRef
    reader: str
    reader_version: str
    format: str
    rows: int
    passed_over: int
    quarantined: int
    quarantine: tuple[Quarantined, ...]
    incomplete: tuple[str, ...]
    complete: bool
    broke_off: bool = False
    not_looked_into: tuple[tuple[str, int], ...] = ()


@dataclass(slots=True)
class ReadReport:
    """A counter that the caller owns and a reader fills while it streams.

    `passed_over` counts rows that the interest ruled out before they were parsed. The quarantine keeps the
    first hundred rows by number; the count is always whole. `first_row` is the number of the first
    row that is read, in a part of a file. `not_looked_into` counts what is attached and was not opened, by type.
    """

    ref: EvidenceRef
    reader: str = ""
    reader_version: str = ""
    format: str = ""
    rows: int = 0
    passed_over: int = 0
    quarantined: int = 0
    quarantine: list[Quarantined] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    complete: bool = True
    first_row: int = 1
    broke_off: bool = False
    not_looked_into: Counter[str] = field(default_factory=Counter)

    def set_aside(self, row: int, reason: str) -> None:
        """Count one row that could not be read."""
        self.quarantined += 1
        if len(self.quarantine) < QUARANTINE_SHOWN:
            self.quarantine.append(Quarantined(row, reason))

    def lacks(self, reason: str) -> None:
        """Say once why this file cannot hold everything."""
        if reason not in self.incomplete:
            self.incomplete.append(reason)

    def breaks_off(self, reason: str, row: int | None) -> None:
        """Say where the file cannot be read any further; what was read until then counts."""
        self.broke_off = True
        where = f"from record {row} on" if row is not None else f"after {self.rows} rows"
        self.lacks(f"it cannot be read {where}: {reason}")

    def join(self, after: ReadReport) -> None:
        """Count what the part that comes after this one counted."""
        self.rows += after.rows
        self.passed_over += after.passed_over
        self.quarantined += after.quarantined
        self.quarantine = [*self.quarantine, *after.quarantine][:QUARANTINE_SHOWN]
        for reason in after.incomplete:
            self.lacks(reason)
        self.complete = self.complete and after.complete
        self.broke_off = self.broke_off or after.broke_off
        self.not_looked_into.update(after.not_looked_into)

    def summary(self) -> ReadSummary:
        """Freeze the counts as they stand now."""
        return ReadSummary(
            self.ref, self.reader, self.reader_version, self.format, self.rows, self.passed_over,
            self.quarantined,
            tuple(self.quarantine), tuple(sorted(self.incomplete)), self.complete, self.broke_off,
            tuple(sorted(self.not_looked_into.items())),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interest:
    """Strings of which a log row must hold one to matter; empty means that every row matters.

    A reader may pass over rows without them, except rows that hide their caller. Using it never changes a
    result. `hextets` are, for each IPv6 network, what every spelling of its addresses holds, in small letters.
    """

    addresses: tuple[str, ...] = ()
    hextets: tuple[tuple[str, ...], ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Whole lines of stored bytes, from byte `start` up to byte `end`; the first is line `first_row` of the file."""

    start: int
    end: int
    first_row: int


class Reader(Protocol):
    """Read one system's exports."""

    system: str
    version: str
    holds: Holds

    def recognise(self, head: bytes) -> str | None:
        """Return the format id of a file that begins with `head` (plain bytes), or None."""
        ...

    def read(
        self, stream: BinaryIO, ref: EvidenceRef, report: ReadReport, *, interest: Interest | None = None
    ) -> Iterator[Record]:
        """Yield records; set broken rows aside in `report`; BadInputError when the file is not readable."""
        ...
