"""Tiles as C2SP tlog-tiles has them: where each lies, what it holds, and a tree that is read through them.

A tile is up to 256 hashes of one level; level 0 holds leaf hashes, each hash above is the root of a full tile below.
Entry bundles hold the entries themselves. Reading and writing files or tables is left to others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from incident.errors import BadInputError, TamperError
from incident.ledger.merkle import EMPTY_ROOT, HASH_BYTES, TILE_HEIGHT, node_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH: Final = 256
ENTRIES: Final = -1
"""The level under which a bundle of entries lies; everywhere else it counts as level 0."""
LENGTH_BYTES: Final = 2
MAX_ENTRY_BYTES: Final = 2**16 - 1  # tlog-tiles, Log entries: a uint16 length before each
CHECKPOINT_PATH: Final = "checkpoint"
CACHED_TILES: Final = 64


@dataclass(frozen=True, slots=True)
class TileName:
    """A tile's place: its level (-1 for entries), its number there, and its width, 256 when it is full."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Write the path below the log's prefix."""
        # tlog-tiles, Merkle Tree: 3-digit elements, all but the last with an x; .p/<W> when partial
        digits = [f"{self.number % 1000:03d}"]
        rest = self.number // 1000
        while rest:
            digits.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(digits)}{partial}"


class TileSource(Protocol):
    """Where the hashes of tiles are kept."""

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first `width` hashes of a tile, one after the other; BadInputError when they are not there."""
        ...


def tile_at(level: int, number: int, size: int) -> TileName | None:
    """Name a tile of a tree of `size` entries; None where the tree has none there."""
    have = size >> TILE_HEIGHT * max(level, 0)
    width = min(WIDTH, have - number * WIDTH)
    return TileName(level, number, width) if width > 0 else None


def tiles_of(size: int) -> Iterator[TileName]:
    """Name every tile and entry bundle of a tree, the lowest level first."""
    for level in (ENTRIES, *range(64)):
        number = 0
        while (name := tile_at(level, number, size)) is not None:
            yield name
            number += 1
        if level != ENTRIES and number == 0:
            return


def split_tile(content: bytes, width: int) -> tuple[bytes, ...]:
    """Cut a tile into its hashes; BadInputError when it is not of this width."""
    if len(content) != width * HASH_BYTES:
        raise BadInputError(f"a tile of {width} hashes has {width * HASH_BYTES} bytes", field="tile")
    return tuple(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Write entries as a bundle: each with its length before it, 2 bytes big-endian."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise BadInputError(f"an entry has at most {MAX_ENTRY_BYTES} bytes", field="entry")
        parts += (len(entry).to_bytes(LENGTH_BYTES, "big"), entry)
    return b"".join(parts)


def decode_bundle(bundle: bytes, width: int) -> tuple[bytes, ...]:
    """Read a bundle of `width` entries; BadInputError when there are fewer, or more bytes."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    if at != len(bundle) or len(entries) != width:
        raise BadInputError(f"not a bundle of {width} entries", field="bundle")
    return tuple(entries)


@dataclass(slots=True)
class TileTree:
    """A tree of `size` leaves read through its tiles, the newest of which are remembered."""

    source: TileSource
    size: int
    _known: dict[tuple[int, int], tuple[bytes, ...]] = field(default_factory=dict)

    def span(self, low: int, high: int) -> bytes:
        """Give MTH(D[low:high]): looked up where a tile holds it, hashed from the tiles otherwise."""
        if low == high:
            return EMPTY_ROOT
        level, first, last = 0, low, high
        while first % WIDTH == 0 and last % WIDTH == 0:
            first, last, level = first // WIDTH, last // WIDTH, level + 1
        if last - first == 1:
            return self._hash(level, first)
        if last - first < WIDTH and (last - first).bit_count() == 1 and first % (last - first) == 0:
            return full_root(self._hashes(level, first // WIDTH)[first % WIDTH :][: last - first])
        split = low + (1 << (high - low - 1).bit_length() - 1)  # RFC 9162 2.1.1
        return node_hash(self.span(low, split), self.span(split, high))

    def root(self) -> bytes:
        """Give the root of the whole tree."""
        return self.span(0, self.size)

    def _hash(self, level: int, index: int) -> bytes:
        number, place = divmod(index, WIDTH)
        return self._hashes(level, number)[place]

    def _hashes(self, level: int, number: int) -> tuple[bytes, ...]:
        hashes = self._known.get((level, number))
        if hashes is None:
            name = tile_at(level, number, self.size)
            if name is None:
                raise BadInputError("the tree has fewer leaves than that", field="size")
            hashes = split_tile(self.source.tile(level, number, name.width), name.width)
            if len(self._known) >= CACHED_TILES:
                self._known.pop(next(iter(self._known)))
            self._known[level, number] = hashes
        return hashes


def full_tile_root(hashes: Sequence[bytes]) -> bytes:
    """Give the root of a full tile: the hash that stands for it one level up."""
    if len(hashes) != WIDTH:
        raise BadInputError("only a full tile is hashed into the level above", field="tile")
    return full_root(hashes)


def full_root(hashes: Sequence[bytes]) -> bytes:
    """Give the root over hashes whose number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def check_bundle(entries: Sequence[bytes], hashes: Sequence[bytes], number: int) -> None:
    """Check that the entries of a bundle hash to the level-0 tile beside it; TamperError names the first other."""
    for place, (entry, known) in enumerate(zip(entries, hashes, strict=True)):
        if sha256(b"\x00" + entry).digest() != known:
            raise TamperError(
                f"entry {number * WIDTH + place} is not what the tree holds there",
                evidence={"seq": number * WIDTH + place},
            )
