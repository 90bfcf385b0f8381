"""The Merkle tree of RFC 6962 and RFC 9162 over SHA-256: hashes, compact range, the shape and the check of proofs.

Proofs are first spans of leaves, then hashes, so that a store of tiles can look the hashes up instead of
computing them (`proving`). Where leaves and nodes are kept is left to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, TamperError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HASH_BYTES: Final = 32
SIZE_BYTES: Final = 8
MAX_SIZE: Final = 2**63 - 1
EMPTY_ROOT: Final = sha256(b"").digest()  # RFC 9162 2.1.1: MTH({}) = HASH()

TILE_HEIGHT: Final = 8  # tlog-tiles, Merkle Tree
RUN: Final = 4096

Span = tuple[int, int]
Upper = tuple[int, int, bytes]
"""A hash above the leaves as tiles hold it: level, place in that level, and the root of 256**level leaves there."""


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf, 32 bytes."""
    return sha256(b"\x00" + data).digest()  # RFC 9162 2.1.1: HASH(0x00 || d[0])


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into their parent, 32 bytes."""
    return sha256(b"\x01" + left + right).digest()  # RFC 9162 2.1.1: HASH(0x01 || left || right)


@dataclass(frozen=True, slots=True)
class CompactRange:
    """The least of a tree that lets it grow: the roots of its perfect subtrees, largest first."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE or len(self.nodes) != self.size.bit_count():
            raise BadInputError("a compact range has one node per set bit of its size", field="nodes")
        if any(len(node) != HASH_BYTES for node in self.nodes):
            raise BadInputError("a node is 32 bytes", field="nodes")

    def append(self, leaf: bytes) -> CompactRange:
        """Add one leaf hash."""
        return self.extend((leaf,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> CompactRange:
        """Add leaf hashes in order; memory stays flat."""
        return self.grow_long(leaf_hashes)[0]

    def grow_long(self, leaf_hashes: Iterable[bytes]) -> tuple[CompactRange, list[Upper]]:
        """Grow by a stream of any length; of the leaves only a run is held at a time."""
        stream, tree, kept = iter(leaf_hashes), self, list[Upper]()
        while some := list(islice(stream, RUN)):
            tree, full = tree.grow(some)
            kept += full
        return tree, kept

    def grow(self, leaf_hashes: Iterable[bytes]) -> tuple[CompactRange, list[Upper]]:
        """Add leaf hashes in order; also give the root of every tile that became full, the lowest level first."""
        row, waiting, kept = list(leaf_hashes), list(self.nodes), list[bytes]()
        size, first, height = self.size + len(row), self.size, 0
        full: list[Upper] = []
        while row:
            if first & 1:
                row.insert(0, waiting.pop())
            if len(row) & 1:
                kept.append(row.pop())
            pairs = iter(row)
            row = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            first >>= 1
            height += 1
            if not height % TILE_HEIGHT:
                full += [
                    (height // TILE_HEIGHT, number, node) for number, node in enumerate(row, start=first)
                ]
        return CompactRange(size, (*waiting, *reversed(kept))), full

    def root(self) -> bytes:
        """Give the tree's root hash, 32 bytes."""
        if not self.nodes:
            return EMPTY_ROOT
        *rest, root = self.nodes
        for node in reversed(rest):
            root = node_hash(node, root)
        return root

    def encode(self) -> bytes:
        """Write the range as 8 bytes of size, big-endian, and its nodes."""
        return self.size.to_bytes(SIZE_BYTES, "big") + b"".join(self.nodes)

    @classmethod
    def decode(cls, stored: bytes) -> CompactRange:
        """Read what `encode` wrote; anything else is a TamperError."""
        size = int.from_bytes(stored[:SIZE_BYTES], "big")
        if size > MAX_SIZE or len(stored) != SIZE_BYTES + HASH_BYTES * size.bit_count():
            raise TamperError(
                "the stored tree head is not one", evidence={"size": size, "bytes": len(stored)}
            )
        starts = range(SIZE_BYTES, len(stored), HASH_BYTES)
        return cls(size, tuple(stored[start : start + HASH_BYTES] for start in starts))


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Give the root hash of the tree over these leaf hashes."""
    return CompactRange().extend(leaf_hashes).root()


def inclusion_spans(index: int, size: int) -> tuple[Span, ...]:
    """Name the subtrees, as half-open spans of leaves, whose roots prove leaf `index` in a tree of `size`."""
    if not 0 <= index < size:
        raise BadInputError("a leaf is proven in a tree that holds it", field="index")
    low, high = 0, size
    spans: list[Span] = []
    while high - low > 1:  # RFC 9162 2.1.3.1
        split = _split(low, high)
        if index < split:
            spans.append((split, high))
            high = split
        else:
            spans.append((low, split))
            low = split
    return tuple(reversed(spans))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash is at `index` in the tree of `size` and `root`; a TamperError otherwise."""
    # RFC 9162 2.1.3.2
    evidence: dict[str, object] = {"index": index, "size": size, "proof": tuple(proof), "root": root}
    fn, sn, reached = index, size - 1, leaf
    short = 0 <= index < size
    for sibling in proof:
        if not short or sn == 0:
            short = False
            break
        if fn & 1 or fn == sn:
            reached = node_hash(sibling, reached)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            reached = node_hash(reached, sibling)
        fn, sn = fn >> 1, sn >> 1
    if not short or sn != 0 or not _are_hashes((leaf, root, *proof)):
        raise TamperError("the inclusion proof has not the shape of this tree", evidence=evidence)
    if reached != root:
        raise TamperError(
            "the entry is not in the tree with this root", evidence=evidence | {"reached": reached}
        )


def consistency_spans(old: int, new: int) -> tuple[Span, ...]:
    """Name the subtrees whose roots prove that the tree of `new` leaves begins with the tree of `old`."""
    if not 0 <= old <= new:
        raise BadInputError("a tree is consistent with a larger one", field="old")
    if old in {0, new}:
        return ()
    low, high, whole = 0, new, True
    spans: list[Span] = []
    while high != old:  # RFC 9162 2.1.4.1, SUBPROOF
        split = _split(low, high)
        if old <= split:
            spans.append((split, high))
            high = split
        else:
            spans.append((low, split))
            low, whole = split, False
    if not whole:
        spans.append((low, high))
    return tuple(reversed(spans))


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the new tree begins with the old one; a TamperError otherwise."""
    evidence: dict[str, object] = {
        "old_size": old_size,
        "old_root": old_root,
        "new_size": new_size,
        "new_root": new_root,
        "proof": tuple(proof),
    }
    if not 0 <= old_size <= new_size or not _are_hashes((old_root, new_root, *proof)):
        raise TamperError("the consistency proof has not the shape of these trees", evidence=evidence)
    if old_size in {0, new_size}:  # RFC 9162 2.1.4.2: the same tree, or one that every tree begins with
        same = new_root if old_size else EMPTY_ROOT
        reached = None if proof or (old_size == new_size and new_root != same) else (same, new_root)
    else:
        reached = _walk_consistency(old_size, old_root, new_size, proof)
    if reached is None:
        raise TamperError("the consistency proof has not the shape of these trees", evidence=evidence)
    if reached != (old_root, new_root):
        raise TamperError("the newer tree does not begin with the older one", evidence=evidence)


def _walk_consistency(
    old_size: int, old_root: bytes, new_size: int, proof: Sequence[bytes]
) -> tuple[bytes, bytes] | None:
    # RFC 9162 2.1.4.2
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not proof:
        return None
    old = new = path[0]
    for node in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            old, new = node_hash(node, old), node_hash(node, new)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node_hash(new, node)
        fn, sn = fn >> 1, sn >> 1
    return None if sn else (old, new)


def _split(low: int, high: int) -> int:
    return low + (1 << (high - low - 1).bit_length() - 1)  # RFC 9162 2.1.1: the largest power of two below n


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
