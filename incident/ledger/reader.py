"""Read entries in stored order: each whole, in its place, not earlier than the last, its columns true.

What signed checkpoints say about them is left to `verify`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from incident.errors import BadInputError, TamperError
from incident.ledger.entry import decode, format_instant
from incident.ledger.findings import FindingCode, Notebook
from incident.ledger.skim import Fields, skim

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    latest: str = ""
    gaps: list[range] = field(default_factory=list)

    def read_all(self, items: Iterable[bytes | Row]) -> list[bytes]:
        """Check the next entries and give their leaf hashes."""
        leaves: list[bytes] = []
        expected, latest = self.expected, self.latest
        for item in items:
            bare = type(item) is bytes
            encoded: bytes = item if bare else item[1]  # type: ignore[assignment]
            leaf = sha256(b"\x00" + encoded).digest()
            leaves.append(leaf)
            seen = skim(encoded)
            if seen is not None and seen["seq"] == expected and seen["recorded_at"] >= latest:
                expected += 1
                latest = seen["recorded_at"]
            else:
                self.expected, self.latest = expected, latest
                seen = self._read_closely(encoded, seen)
                expected, latest = self.expected, self.latest
            if (
                not bare
                and seen is not None
                and item != (seen["seq"], encoded, seen["incident"], seen["kind"], leaf)
            ):
                self._compare_columns(item, seen, leaf)  # type: ignore[arg-type]
        self.expected, self.latest = expected, latest
        return leaves

    def _read_closely(self, encoded: bytes, skimmed: Fields | None) -> Fields | None:
        seen = skimmed or self._decoded(encoded)
        if seen is None:
            self.expected += 1
            return None
        seq, recorded_at = seen["seq"], seen["recorded_at"]
        if seq == self.expected:
            self.expected += 1
        else:
            self._misplaced(seq)
        if recorded_at < self.latest:
            why = f"Entry {seq} says it was recorded before the entries that precede it."
            self.notes.add(FindingCode.TIME_BACKWARDS, seq, why)
        else:
            self.latest = recorded_at
        return seen

    def _decoded(self, encoded: bytes) -> Fields | None:
        try:
            entry = decode(encoded)
        except (TamperError, BadInputError) as error:
            why = f"Entry {self.expected} cannot be read: {error}."
            self.notes.add(FindingCode.ENTRY_UNREADABLE, self.expected, why)
            return None
        return {
            "seq": entry.seq,
            "incident": entry.incident,
            "kind": entry.kind,
            "recorded_at": format_instant(entry.recorded_at),
        }

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

    def _compare_columns(self, row: Row, seen: Fields, leaf: bytes) -> None:
        seq, incident, kind = seen["seq"], seen["incident"], seen["kind"]
        columns = (
            ("seq", row.seq == seq),
            ("incident", row.incident == incident),
            ("kind", row.kind == kind),
        )
        for column, same in columns:
            if not same:
                why = f"Column {column!r} of entry {seq} is not what the entry says."
                self.notes.add(FindingCode.COLUMN_CHANGED, seq, why)
        if row.leaf_hash != leaf:
            why = f"Entry {seq} is not what its stored hash was made from."
            self.notes.add(FindingCode.LEAF_HASH_MISMATCH, seq, why)

    def close(self) -> None:
        """Tell of the entries that never came."""
        for gap in self.gaps:
            self._tell_missing(gap)
