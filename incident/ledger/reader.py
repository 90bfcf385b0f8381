"""Read entries in stored order: each whole, in its place, not earlier than the last, its columns true.

What signed checkpoints say about them is left to `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from incident.errors import BadInputError, TamperError
from incident.ledger.entry import decode, format_instant
from incident.ledger.findings import FindingCode, Notebook
from incident.ledger.merkle import leaf_hash
from incident.ledger.skim import Skimmed, skim

MAX_GAPS: Final = 1000


class Row(NamedTuple):
    """An entry's bytes with the columns that a store keeps beside them; a row of a query fits as it is."""

    seq: int
    encoded: bytes
    incident: str
    kind: str
    leaf_hash: bytes


@dataclass(slots=True)
class EntryReader:
    """Checks each entry by itself and against those before it; gives its leaf hash."""

    notes: Notebook
    expected: int = 0
    latest: bytes = b""
    gaps: list[range] = field(default_factory=list)

    def read(self, item: bytes | Row) -> bytes:
        """Check the next entry and give its leaf hash."""
        row, encoded = (item, item.encoded) if isinstance(item, Row) else (None, item)
        leaf = leaf_hash(encoded)
        seen = skim(encoded) or self._decoded(encoded)
        if seen is None:
            self.expected += 1
            return leaf
        if seen.seq == self.expected:
            self.expected += 1
        else:
            self._misplaced(seen.seq)
        if seen.recorded_at < self.latest:
            why = f"Entry {seen.seq} says it was recorded before the entries that precede it."
            self.notes.add(FindingCode.TIME_BACKWARDS, seen.seq, why)
        else:
            self.latest = seen.recorded_at
        if row is not None and (row.seq, row.incident, row.kind, row.leaf_hash) != (*seen[:3], leaf):
            self._compare_columns(row, seen, leaf)
        return leaf

    def _decoded(self, encoded: bytes) -> Skimmed | None:
        try:
            entry = decode(encoded)
        except (TamperError, BadInputError) as error:
            why = f"Entry {self.expected} cannot be read: {error}."
            self.notes.add(FindingCode.ENTRY_UNREADABLE, self.expected, why)
            return None
        return Skimmed(entry.seq, entry.incident, entry.kind, format_instant(entry.recorded_at).encode())

    def _misplaced(self, seq: int) -> None:
        if seq > self.expected:
            self._miss(range(self.expected, seq))
            self.expected = seq + 1
            return
        for place, gap in enumerate(self.gaps):
            if seq in gap:
                parts = (range(gap.start, seq), range(seq + 1, gap.stop))
                self.gaps[place : place + 1] = [part for part in parts if part]
                self.notes.add(
                    FindingCode.ENTRY_OUT_OF_ORDER,
                    seq,
                    f"Entry {seq} stands after entry {self.expected - 1}.",
                )
                return
        self.notes.add(FindingCode.ENTRY_REPEATED, seq, f"There is a second entry {seq}.")

    def _miss(self, gap: range) -> None:
        if len(self.gaps) < MAX_GAPS:
            self.gaps.append(gap)
        else:
            self._tell_missing(gap)

    def _tell_missing(self, gap: range) -> None:
        which = f"Entry {gap.start} is" if len(gap) == 1 else f"Entries {gap.start} to {gap.stop - 1} are"
        self.notes.add(FindingCode.ENTRIES_MISSING, gap.start, f"{which} not there.")

    def _compare_columns(self, row: Row, entry: Skimmed, leaf: bytes) -> None:
        columns = (
            ("seq", row.seq == entry.seq),
            ("incident", row.incident == entry.incident),
            ("kind", row.kind == entry.kind),
        )
        for column, same in columns:
            if not same:
                why = f"Column {column!r} of entry {entry.seq} is not what the entry says."
                self.notes.add(FindingCode.COLUMN_CHANGED, entry.seq, why)
        if row.leaf_hash != leaf:
            why = f"Entry {entry.seq} is not what its stored hash was made from."
            self.notes.add(FindingCode.LEAF_HASH_MISMATCH, entry.seq, why)

    def close(self) -> None:
        """Tell of the entries that never came."""
        for gap in self.gaps:
            self._tell_missing(gap)
