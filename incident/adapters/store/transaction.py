"""One atomic piece of work: the ledger and its head on one connection, with people and projections beside it.

The head row gives each entry its place, so a rollback leaves no gap. What is recorded is left to the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select

from incident.adapters.store import anchoring, projection, tree
from incident.adapters.store.batches import Seen, SqlBatches
from incident.adapters.store.bulk import ROWS_AT_ONCE, chunks
from incident.adapters.store.erasing import SqlErasing
from incident.adapters.store.ledger_rows import Tip, add_entries, bodies, read_head, read_signed, read_tip
from incident.adapters.store.people import SqlPeople
from incident.adapters.store.tables import CHECKPOINT, LEDGER_ENTRY
from incident.ledger.entry import Draft, Entry, decode, encode, format_instant
from incident.ledger.merkle import leaf_hash
from incident.ledger.tiles import TileTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from incident.core.anchors import Receipt
    from incident.core.batches import Batches
    from incident.core.erasure import Erasing
    from incident.core.people import People
    from incident.core.projections import BoardRow, ClockRow, TimelineRow
    from incident.ledger.merkle import CompactRange


class SqlTransaction:
    """`ports.Transaction` on one connection; `tip` is where the ledger ends, if read under the writer's lock."""

    def __init__(self, connection: Connection, tip: Tip | None = None, seen: Seen | None = None) -> None:
        self._connection = connection
        self.people: People = SqlPeople(connection)
        self.batches: Batches = SqlBatches(connection, seen)
        self.committed: list[Callable[[], None]] = []
        self._tip = tip

    @property
    def erasing(self) -> Erasing:
        """What destroys rows about people."""
        return SqlErasing(self._connection)

    def entries(self, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Stream the entries of an incident, in order; TamperError when bytes are not an entry's."""
        if self._tip is not None and after >= self._tip.head.size - 1:
            return
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
        head, latest, signed = self._tip or read_tip(self._connection)
        at = recorded_at if latest is None else max(recorded_at, latest)
        appended: list[Entry] = []
        for some in chunks(drafts, ROWS_AT_ONCE):
            entries = [draft.at(head.size + place, at) for place, draft in enumerate(some)]
            bodies_ = [encode(entry) for entry in entries]
            leaves = [leaf_hash(body) for body in bodies_]
            head, full = head.grow(leaves)
            rows = [
                (entry.seq, entry.incident, entry.kind, body, leaf)
                for entry, body, leaf in zip(entries, bodies_, leaves, strict=True)
            ]
            add_entries(self._connection, rows, head)
            tree.add(self._connection, full)
            appended += entries
        if appended:
            self._tip = Tip(head, at, signed)
        return appended

    def head(self) -> CompactRange:
        """Return the tree head; TamperError when it is gone or contradicts itself."""
        return read_head(self._connection) if self._tip is None else self._tip.head

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
        if self._tip is not None:
            self._tip = self._tip._replace(signed=(size, at))

    def last_checkpoint(self) -> tuple[int, datetime] | None:
        """Return size and time of the newest checkpoint."""
        return read_signed(self._connection) if self._tip is None else self._tip.signed

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
