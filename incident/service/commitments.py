"""The trees by which a person of a cohort, and a batch of a notice, are proven alone; their hashes are looked up.

Leaves of a cohort are the commitments in the rows of people, leaves of a notice the lines of its batches. Both roots
stand in the ledger; what is kept here is derived, and a proof made from it is checked before it is handed out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.batches import batch_line
from incident.errors import TamperError
from incident.ledger.merkle import HASH_BYTES, CompactRange, leaf_hash, verify_inclusion
from incident.ledger.proving import inclusion_proof
from incident.ledger.tiles import WIDTH, TileTree

if TYPE_CHECKING:
    from incident.core.events import CohortFrozen, NoticePlanned
    from incident.core.people import BatchRow, Node, People
    from incident.ledger.tiles import TileSource
    from incident.service.house import House


def line_of(row: BatchRow) -> bytes:
    """Return what is committed to of a batch."""
    return batch_line(row.number, row.letter_id, row.positions, row.people_sha256)


def layout_tree(batches: Iterable[BatchRow]) -> tuple[str, Sequence[Node]]:
    """Return the root (hex) over the batches of a first layout, in order of number, and every hash below it."""
    leaves = [leaf_hash(line_of(row)) for row in batches]
    tree, full = CompactRange().grow(leaves)
    return tree.root().hex(), [*((0, number, leaf) for number, leaf in enumerate(leaves)), *full]


def person_hashes(people: People, cohort: CohortFrozen, position: int) -> Sequence[bytes]:
    """Prove a position in the cohort's root; TamperError when what is kept does not lead there."""
    source = _PeopleTiles(people, cohort.cohort_id)
    return _proof(source, position, cohort.people, cohort.commitment)


def batch_hashes(people: People, plan: NoticePlanned, number: int) -> Sequence[bytes]:
    """Prove a batch of the first layout in the root of its notice; TamperError as above."""
    return _proof(_BatchTiles(people, plan.notice_id), number, plan.batches, plan.batches_sha256)


def has_nodes(house: House, tree: str, expected: Sequence[Node]) -> bool:
    """Whether the kept hashes of a tree are these and no others."""
    levels: dict[int, list[bytes]] = {}
    for level, _, one in expected:
        levels.setdefault(level, []).append(one)
    with house.store.reading() as tx:
        return all(
            _same(tx.people, tree, level, levels.get(level, []))
            for level in range(max(levels, default=0) + 2)
        )


def _same(people: People, tree: str, level: int, expected: Sequence[bytes]) -> bool:
    pages = range(0, len(expected) + 1, WIDTH)
    return all(
        list(people.nodes(tree, level, first=at, count=WIDTH)) == list(expected[at : at + WIDTH])
        for at in pages
    )


def _proof(source: TileSource, index: int, size: int, root: str) -> Sequence[bytes]:
    hashes = inclusion_proof(TileTree(source, size), index, size)
    number, place = divmod(index, WIDTH)
    width = min(WIDTH, size - number * WIDTH)
    leaf = source.tile(0, number, width)[place * HASH_BYTES :][:HASH_BYTES]
    try:
        verify_inclusion(leaf, index, size, hashes, bytes.fromhex(root))
    except TamperError as error:
        why = "what is kept beside the ledger does not add up to the commitment in it; see `tocsin verify`"
        raise TamperError(why) from error
    return hashes


@dataclass(frozen=True, slots=True)
class _PeopleTiles:
    """`ledger.tiles.TileSource` of a cohort."""

    people: People
    cohort_id: str

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first hashes of a tile."""
        if level:
            return _whole(self.people.nodes(self.cohort_id, level, first=number * WIDTH, count=width), width)
        found = self.people.commitments(self.cohort_id, first=number * WIDTH, count=width)
        return _whole(found, width)


@dataclass(frozen=True, slots=True)
class _BatchTiles:
    """`ledger.tiles.TileSource` of the batches of a notice."""

    people: People
    notice_id: str

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first hashes of a tile."""
        return _whole(self.people.nodes(self.notice_id, level, first=number * WIDTH, count=width), width)


def _whole(hashes: Sequence[bytes], width: int) -> bytes:
    if len(hashes) != width:
        raise TamperError("hashes kept beside the ledger are gone; see `tocsin verify`")
    return b"".join(hashes)
