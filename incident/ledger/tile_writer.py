"""Write a log as tlog-tiles: a stream of entries comes in, a stream of (path, bytes) goes out; memory stays flat.

Tiles come as soon as they are full, the partial ones at the end. Who puts the bytes at their paths, and who signs the
checkpoint that goes with them, is left to others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.tiles import ENTRIES, WIDTH, TileName, encode_bundle, full_tile_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

File = tuple[str, bytes]


@dataclass(slots=True)
class TileWriter:
    """Takes the entries of a log in order, from the first; afterwards `tree` is its head."""

    tree: CompactRange = field(default_factory=CompactRange)
    _bundle: list[bytes] = field(default_factory=list)
    _levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    def write(self, entries: Iterable[bytes]) -> Iterator[File]:
        """Take entries and give every tile and bundle that they fill, then the partial ones; done once."""
        for entry in entries:
            self._bundle.append(entry)
            if len(self._bundle) == WIDTH:
                yield from self._flush()
        yield from self._partial()

    def _flush(self) -> Iterator[File]:
        leaves = [leaf_hash(entry) for entry in self._bundle]
        number = self.tree.size // WIDTH
        yield TileName(ENTRIES, number).path, encode_bundle(self._bundle)
        yield TileName(0, number).path, b"".join(leaves)
        self._bundle.clear()
        self.tree = self.tree.extend(leaves)
        yield from self._raise(1, full_tile_root(leaves))

    def _raise(self, level: int, root: bytes) -> Iterator[File]:
        if level == len(self._levels):
            self._levels.append([])
        row = self._levels[level]
        row.append(root)
        if len(row) == WIDTH:
            number = (self.tree.size >> 8 * (level + 1)) - 1
            yield TileName(level, number).path, b"".join(row)
            above = full_tile_root(row)
            row.clear()
            yield from self._raise(level + 1, above)

    def _partial(self) -> Iterator[File]:
        if self._bundle:
            leaves = [leaf_hash(entry) for entry in self._bundle]
            number, width = self.tree.size // WIDTH, len(leaves)
            yield TileName(ENTRIES, number, width).path, encode_bundle(self._bundle)
            yield TileName(0, number, width).path, b"".join(leaves)
            self.tree = self.tree.extend(leaves)
            self._bundle.clear()
        for level, row in enumerate(self._levels):
            if row:
                number = self.tree.size >> 8 * (level + 1)
                yield TileName(level, number, len(row)).path, b"".join(row)
