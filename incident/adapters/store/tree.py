"""The tree in the database: leaf hashes stand with the entries, the hashes above them in rows of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, LargeBinary, cast, select

from incident.adapters.store.bulk import insert_rows
from incident.adapters.store.tables import LEDGER_ENTRY, LEDGER_NODE
from incident.errors import TamperError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.ledger.merkle import Upper

WIDTH = 256
LEAF = cast(LEDGER_ENTRY.c.leaf_hash, LargeBinary)
NODE = cast(LEDGER_NODE.c.hash, LargeBinary)


class SqlTiles:
    """`ledger.tiles.TileSource` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tile(self, level: int, number: int, width: int) -> bytes:
        """Give the first hashes of a tile; TamperError when the stored tree lacks some."""
        first = number * WIDTH
        if level == 0:
            place, query = LEDGER_ENTRY.c.seq, select(LEAF)
        else:
            place, query = LEDGER_NODE.c.number, select(NODE).where(LEDGER_NODE.c.level == level)
        query = query.where(place >= first, place < first + width).order_by(place)
        hashes = [bytes(one) for one in self._connection.execute(query).scalars().all()]
        if len(hashes) != width:
            raise TamperError(
                "the stored tree lacks hashes that it had",
                evidence={"level": level, "tile": number, "expected": width, "found": len(hashes)},
            )
        return b"".join(hashes)


def add(connection: Connection, full: Sequence[Upper]) -> None:
    """Keep the roots of tiles that became full."""
    if full:
        insert_rows(connection, LEDGER_NODE, ("level", "number", "hash"), full)


def uppers(connection: Connection) -> Iterator[Upper]:
    """Stream every stored hash above the leaves, by level and number."""
    query = select(LEDGER_NODE.c.level, LEDGER_NODE.c.number, NODE)
    ordered = query.order_by(LEDGER_NODE.c.level, LEDGER_NODE.c.number)
    for level, number, one in connection.execute(ordered.execution_options(yield_per=1000)):
        yield level, number, bytes(one)
