"""Inclusion and consistency proofs of RFC 6962 from any tree that can give the root over a span of its leaves.

A list of leaf hashes computes them (`LeafHashes`), tiles look them up (`tiles.TileTree`). The check of a
proof is in `merkle`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from incident.errors import BadInputError
from incident.ledger.merkle import consistency_spans, inclusion_spans, root_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class Tree(Protocol):
    """A tree that can be asked for the roots of its parts."""

    @property
    def size(self) -> int:
        """Give the number of leaves."""
        ...

    def span(self, low: int, high: int) -> bytes:
        """Give MTH(D[low:high]), 32 bytes, for a span that the tree of some size is split into."""
        ...


@dataclass(frozen=True, slots=True)
class LeafHashes:
    """A tree as the list of its leaf hashes: every root is computed anew."""

    hashes: Sequence[bytes]

    @property
    def size(self) -> int:
        """Give the number of leaves."""
        return len(self.hashes)

    def span(self, low: int, high: int) -> bytes:
        """Give the root over these leaves."""
        return root_of(self.hashes[low:high])


def inclusion_proof(tree: Tree, index: int, size: int) -> tuple[bytes, ...]:
    """Prove that leaf `index` is in the tree of the first `size` leaves; nearest sibling first."""
    _require_leaves(tree, size)
    return tuple(tree.span(low, high) for low, high in inclusion_spans(index, size))


def consistency_proof(tree: Tree, old: int, new: int) -> tuple[bytes, ...]:
    """Prove that the tree of the first `new` leaves begins with the tree of the first `old`."""
    _require_leaves(tree, new)
    return tuple(tree.span(low, high) for low, high in consistency_spans(old, new))


def root_at(tree: Tree, size: int) -> bytes:
    """Give the root over the first `size` leaves."""
    _require_leaves(tree, size)
    return tree.span(0, size)


def _require_leaves(tree: Tree, size: int) -> None:
    if size > tree.size:
        raise BadInputError("the tree has fewer leaves than that", field="size")
