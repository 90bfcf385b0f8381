"""The database behind `ports.Store`, SQLite or PostgreSQL by its URL.

Statements are in the modules beside this one; this one opens, locks, commits and closes.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from incident.adapters.store import (
    anchoring,
    guards,
    lease,
    projection,
    scrubbing,
    tree,
)
from incident.adapters.store.address import parse_url
from incident.adapters.store.batches import questions
from incident.adapters.store.driver import ask
from incident.adapters.store.engine import open_engine, prepare_file, reading, writing
from incident.adapters.store.ledger_rows import ENTRIES_AT_ONCE, read_head, read_tip_and
from incident.adapters.store.tables import CHECKPOINT, LEDGER_ENTRY
from incident.adapters.store.transaction import SqlTransaction
from incident.errors import PermanentError
from incident.ledger.verify import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from incident.core.anchors import Failure, Receipt
    from incident.core.batches import Looking
    from incident.core.projections import BoardRow, ClockRow, TimelineRow
    from incident.ledger.merkle import CompactRange, Upper

BUSY_SECONDS = 10.0
ENTRY_ROWS = (
    "SELECT seq, CAST(body AS {bytes}), incident, kind, CAST(leaf_hash AS {bytes}) FROM ledger_entry "
    "WHERE seq > {mark} ORDER BY seq LIMIT {mark}"
)
"""In the order of `Row`, and in the driver's own way: there are many."""


class SqlStore:
    """`ports.Store` on the database at a URL; opens nothing until it is asked something.

    A writer waits at most `busy_seconds` for the one before it, then TransientError. A SQLite file that is
    not there is a NotFoundError until `migrate` made it.
    """

    def __init__(self, url: str, *, busy_seconds: float = BUSY_SECONDS) -> None:
        self._url, self._address = url, parse_url(url)
        self._engine = open_engine(self._address, busy_seconds=busy_seconds)
        self.url_kind: str = self._address.kind

    @contextmanager
    def begin(self, looking: Looking | None = None) -> Iterator[SqlTransaction]:
        """Start a writing transaction under the lock: BEGIN IMMEDIATE, or the head row FOR UPDATE."""
        with writing(self._engine) as connection:
            tip, seen = read_tip_and(connection, questions(connection, looking) if looking else ())
            begun = SqlTransaction(connection, tip, (looking, seen) if looking else None)
            yield begun
        for work in begun.committed:
            work()

    def __reduce__(self) -> tuple[type[SqlStore], tuple[str]]:
        """Hand over to another process what opens the same database there."""
        return SqlStore, (self._url,)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with reading(self._engine) as connection:
            yield connection

    @contextmanager
    def at_one_moment(self) -> Iterator[SqlStore]:
        """Return the store as it is now, for reading only: everything is read from one snapshot."""
        with self._reading() as connection:
            yield _Moment(self._url, connection)

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Start a reading transaction on one snapshot; writing inside it is a PermanentError."""
        with self._reading() as connection:
            yield SqlTransaction(connection)

    def rows(self) -> Iterator[Row]:
        """Stream every ledger row with its index columns, in order of seq, from one snapshot."""
        after, as_row = -1, partial(tuple.__new__, Row)
        with self._reading() as connection:
            while True:
                page = ask(connection, ENTRY_ROWS, (after, ENTRIES_AT_ONCE))
                yield from map(as_row, page)
                if len(page) < ENTRIES_AT_ONCE:
                    return
                after = page[-1][0]

    def checkpoints(self) -> Iterator[str]:
        """Yield the signed notes, oldest first."""
        with self._reading() as connection:
            notes = (
                connection.execute(select(CHECKPOINT.c.note).order_by(CHECKPOINT.c.number)).scalars().all()
            )
        yield from (one if isinstance(one, str) else bytes(one).decode(errors="replace") for one in notes)

    def uppers(self) -> Iterator[Upper]:
        """Stream every stored hash above the leaves, by level and number."""
        with self._reading() as connection:
            yield from tree.uppers(connection)

    def receipts(self, *, newest: bool = False) -> Sequence[Receipt]:
        """Return the receipts of anchors, by name and size; `newest` gives the last of each."""
        with self._reading() as connection:
            return anchoring.receipts(connection, newest=newest)

    def missing_guards(self) -> Sequence[str]:
        """Name the triggers that keep the ledger append-only and are not there, or not armed."""
        with self._reading() as connection:
            return guards.missing(connection)

    def anchor_failures(self) -> Sequence[Failure]:
        """Return what failed last, by anchor."""
        with self._reading() as connection:
            return anchoring.failures(connection)

    def head(self) -> CompactRange:
        """Return the tree head."""
        with self._reading() as connection:
            return read_head(connection)

    def incident_ids(self) -> Sequence[str]:
        """Return every incident of the ledger, in order of its first entry."""
        first = func.min(LEDGER_ENTRY.c.seq)
        query = select(LEDGER_ENTRY.c.incident).where(LEDGER_ENTRY.c.incident != "")
        with self._reading() as connection:
            return connection.execute(query.group_by(LEDGER_ENTRY.c.incident).order_by(first)).scalars().all()

    def board(self) -> Sequence[BoardRow]:
        """Return the board, in order of incident id."""
        with self._reading() as connection:
            return projection.board(connection)

    def clocks(self, incident_id: str | None = None) -> Sequence[ClockRow]:
        """Return the clocks of one incident or of all, in order of incident id and obligation id."""
        with self._reading() as connection:
            return projection.clocks(connection, incident_id)

    def timeline(
        self,
        incident_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        kinds: Sequence[str] = (),
        actor: str | None = None,
    ) -> Sequence[TimelineRow]:
        """Return one page of an incident's timeline, in order of seq; of some kinds and one actor, if named."""
        with self._reading() as connection:
            return projection.timeline(connection, incident_id, after, limit, kinds=kinds, actor=actor)

    def projection_digest(self) -> str:
        """Return sha256 (hex) over every projection row in a fixed order."""
        with self._reading() as connection:
            return projection.digest(connection)

    def claim(self, incident_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Take or renew the lease of an incident; one winner."""
        with writing(self._engine) as connection:
            return lease.claim(connection, incident_id, owner, now=now, until=until)

    def release(self, incident_id: str, owner: str) -> None:
        """Give the lease back; someone else's lease stays."""
        with writing(self._engine) as connection:
            lease.release(connection, incident_id, owner)

    def scrub(self) -> Sequence[str]:
        """Do what the database can so that erased bytes leave its files; returns what it cannot, as sentences."""
        return scrubbing.scrub(self._engine)

    def lease(self, incident_id: str) -> tuple[str, datetime] | None:
        """Return who holds a lease and until when, run out or not; None when nobody does."""
        with self._reading() as connection:
            return lease.held(connection, incident_id)

    def migrate(self) -> None:
        """Make the SQLite file if there is none, and bring the schema to the newest numbered migration."""
        from incident.adapters.store import migrate  # a quarter of a second that nothing else needs

        if self._address.kind == "sqlite":
            prepare_file(self._address)
        with writing(self._engine) as connection:
            migrate.upgrade(connection)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


class _Moment(SqlStore):
    """A store that reads on one connection, in the snapshot that it holds."""

    def __init__(self, url: str, connection: Connection) -> None:
        super().__init__(url)
        self._connection = connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        yield self._connection

    @contextmanager
    def begin(self, looking: Looking | None = None) -> Iterator[SqlTransaction]:
        """Refuse: a moment that is past takes nothing in."""
        del looking
        raise PermanentError("this is the store at one moment, for reading only")
        yield  # type: ignore[unreachable]  # what makes it a generator, as the other is
