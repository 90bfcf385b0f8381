"""One atomic piece of work: the ledger and its head on one connection, with people and projections beside it.

The head row gives each entry its place, so a rollback leaves no gap. What is recorded is left to the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, insert, select

from incident.adapters.store import anchoring, projection, tree
from incident.adapters.store.batches import SqlBatches
from incident.adapters.store.bulk import ROWS_AT_ONCE, chunks, insert_rows
from incident.adapters.store.erasing import SqlErasing
from incident.adapters.store.people import SqlPeople
from incident.adapters.store.tables import CHECKPOINT, LEDGER_ENTRY
from incident.errors import TamperError
from incident.ledger.entry import Draft, Entry, decode, encode, format_instant, parse_instant
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.tiles import TileTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from incident.core.anchors import Receipt
    from incident.core.batches import Batches
    from incident.core.erasure import Erasing
    from incident.core.people import People
    from incident.core.projections import BoardRow, ClockRow, TimelineRow

ENTRIES_AT_ONCE = 1000
_HEAD = "SELECT size, compact_range FROM ledger_head"
_HEAD_LOCKED = f"{_HEAD} FOR UPDATE"
_BODIES = (
    "SELECT seq, CAST(body AS {bytes}) FROM ledger_entry WHERE incident = {mark} AND seq > {mark}{listed} "
    "ORDER BY seq LIMIT {mark}"
)
"""Bytes, also where somebody made SQLite keep them as text; in the driver's own way: there are many."""


class SqlTransaction:
    """`ports.Transaction` on one connection; `head` is the tree head where it was read under the writer's lock."""

    def __init__(self, connection: Connection, head: CompactRange | None = None) -> None:
        self._connection = connection
        self.people: People = SqlPeople(connection)
        self.batches: Batches = SqlBatches(connection)
        self.committed: list[Callable[[], None]] = []
        self._head = head

    @property
    def erasing(self) -> Erasing:
        """What destroys rows about people."""
        return SqlErasing(self._connection)

    def entries(self, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Stream the entries of an incident, in order; TamperError when bytes are not an entry's."""
        for body in bodies(self._connection, incident_id, after=after, kinds=kinds):
            yield decode(body)

    def bodies(self, incident_id: str) -> Iterator[bytes]:
        """Stream the bytes of an incident's entries, in order, as they are kept."""
        return bodies(self._connection, incident_id)

    def entry_count(self, incident_id: str) -> int:
        """Return how many entries an incident has."""
        query = select(func.count()).where(LEDGER_ENTRY.c.incident == incident_id)
        return self._connection.execute(query).scalar_one()

    def append(self, drafts: Sequence[Draft], *, recorded_at: datetime) -> Sequence[Entry]:
        """Append entries and move the tree head.

        `recorded_at` never goes backwards: when the clock did, the entries get the last one's instant.
        """
        head = self.head()
        at = self._not_before(head.size, recorded_at)
        appended: list[Entry] = []
        for some in chunks(drafts, ROWS_AT_ONCE):
            entries = [draft.at(head.size + place, at) for place, draft in enumerate(some)]
            bodies_ = [encode(entry) for entry in entries]
            leaves = [leaf_hash(body) for body in bodies_]
            insert_rows(
                self._connection,
                LEDGER_ENTRY,
                ("seq", "incident", "kind", "body", "leaf_hash"),
                (
                    (entry.seq, entry.incident, entry.kind, body, leaf)
                    for entry, body, leaf in zip(entries, bodies_, leaves, strict=True)
                ),
            )
            head, full = head.grow(leaves)
            tree.add(self._connection, full)
            appended += entries
        move_head(self._connection, head)
        self._head = None if self._head is None else head
        return appended

    def head(self) -> CompactRange:
        """Return the tree head; TamperError when it is gone or contradicts itself."""
        return head(self._connection) if self._head is None else self._head

    def tree(self) -> TileTree:
        """Return the tree as it stands, its hashes looked up."""
        return TileTree(tree.SqlTiles(self._connection), self.head().size)

    def when_committed(self, work: Callable[[], None]) -> None:
        """Do something once this transaction is committed, and not at all if it is not."""
        self.committed.append(work)

    def add_checkpoint(self, note: str, *, size: int, at: datetime) -> None:
        """Keep a signed tree head; sizes never go backwards (the database refuses)."""
        number = self._connection.execute(select(func.count()).select_from(CHECKPOINT)).scalar_one()
        self._connection.execute(
            insert(CHECKPOINT), {"number": number, "size": size, "note": note, "at": format_instant(at)}
        )

    def last_checkpoint(self) -> tuple[int, datetime] | None:
        """Return size and time of the newest checkpoint."""
        query = select(CHECKPOINT.c.size, CHECKPOINT.c.at).order_by(CHECKPOINT.c.number.desc()).limit(1)
        found = self._connection.execute(query).one_or_none()
        return None if found is None else (found.size, parse_instant(found.at))

    def newest_checkpoint(self) -> str | None:
        """Return the newest signed note."""
        query = select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.number.desc()).limit(1)
        return self._connection.execute(query).scalar_one_or_none()

    def checkpoint_columns(self) -> Sequence[tuple[int, int]]:
        """Return number and size of every checkpoint as they stand beside its note, in order of number."""
        query = select(CHECKPOINT.c.number, CHECKPOINT.c.size).order_by(CHECKPOINT.c.number)
        return [(number, size) for number, size in self._connection.execute(query)]

    def anchor_took(self, receipt: Receipt) -> None:
        """Keep a receipt, and forget the failure before it."""
        anchoring.took(self._connection, receipt)

    def anchor_failed(self, name: str, reason: str, at: datetime) -> None:
        """Keep what failed; since when it fails stays."""
        anchoring.failed(self._connection, name, reason, at)

    def anchor_mended(self, name: str) -> None:
        """Forget what failed."""
        anchoring.mended(self._connection, name)

    def put_projection(
        self, board: BoardRow, clocks: Sequence[ClockRow] | None, timeline: Sequence[TimelineRow]
    ) -> None:
        """Replace the board line and (unless None) the clocks of one incident, and put timeline lines."""
        projection.put(self._connection, board, clocks, timeline)

    def clear_projections(self) -> None:
        """Drop every projection row."""
        projection.clear(self._connection)

    def _not_before(self, size: int, recorded_at: datetime) -> datetime:
        query = "SELECT CAST(body AS {bytes}) FROM ledger_entry WHERE seq = {mark}"
        last = _ask(self._connection, query, (size - 1,)) if size else []
        return max(recorded_at, decode(bytes(last[0][0])).recorded_at) if last else recorded_at


def head(connection: Connection, *, lock: bool = False) -> CompactRange:
    """Read the head row; `lock` makes every other writer wait until this transaction ends (PostgreSQL)."""
    found = _ask(connection, _HEAD_LOCKED if lock else _HEAD)
    if len(found) != 1:
        raise TamperError("the tree head is one row", evidence={"rows": len(found)})
    size, compact_range = found[0]
    stored = CompactRange.decode(bytes(compact_range))
    if stored.size != size:
        raise TamperError(
            "the tree head contradicts itself", evidence={"size": size, "range_size": stored.size}
        )
    return stored


def move_head(connection: Connection, to: CompactRange) -> None:
    """Write the head row."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    statement = f"UPDATE ledger_head SET size = {mark}, compact_range = {mark}"  # noqa: S608
    connection.exec_driver_sql(statement, (to.size, to.encode()))


def bodies(
    connection: Connection, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()
) -> Iterator[bytes]:
    """Stream the bytes of an incident's entries, in order, a page at a time."""
    listed = f" AND kind IN ({', '.join(['{mark}'] * len(kinds))})" if kinds else ""
    query = _BODIES.format(listed=listed, bytes="{bytes}", mark="{mark}")
    while True:
        page = _ask(connection, query, (incident_id, after, *kinds, ENTRIES_AT_ONCE))
        for seq, body in page:
            after = seq
            yield bytes(body)
        if len(page) < ENTRIES_AT_ONCE:
            return


def _ask(connection: Connection, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """Ask in the driver's own way: for each single append the building of a statement would count."""
    sqlite = connection.dialect.name == "sqlite"
    query = query.format(bytes="BLOB" if sqlite else "BYTEA", mark="?" if sqlite else "%s")
    return list(connection.exec_driver_sql(query, values).cursor.fetchall())
