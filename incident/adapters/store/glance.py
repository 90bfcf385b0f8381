"""A quick look at the database: board, clocks, timeline and raw entries, over the driver itself.

For `status` and its like, which must answer before SQLAlchemy is even imported. Reads only; everything else
is left to `store`, with which a contract test compares it row by row.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from incident.adapters.store.address import Address, parse_url
from incident.adapters.store.rows import names, read
from incident.core.anchors import LedgerGlance, Receipt
from incident.core.projections import BoardRow, ClockRow, TimelineRow
from incident.errors import NotFoundError, PermanentError, SettingsError, TransientError
from incident.ledger.entry import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Row = TypeVar("Row")

BUSY_SECONDS = 10.0
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})


class Glance:
    """Reads the database at a URL, one short connection a question; NotFoundError when there is none yet."""

    def __init__(self, url: str) -> None:
        self._address = parse_url(url)

    def board(self) -> Sequence[BoardRow]:
        """Return the board, in order of incident id."""
        return self._rows(BoardRow, "board", "ORDER BY incident_id")

    def clocks(self, incident_id: str | None = None) -> Sequence[ClockRow]:
        """Return the clocks of one incident or of all, in order of incident id and obligation id."""
        order = "ORDER BY incident_id, obligation_id"
        if incident_id is None:
            return self._rows(ClockRow, "clock", order)
        return self._rows(ClockRow, "clock", f"WHERE incident_id = ? {order}", incident_id)

    def timeline(self, incident_id: str, *, after: int = -1, limit: int = 1000) -> Sequence[TimelineRow]:
        """Return one page of an incident's timeline, in order of seq."""
        rest = "WHERE incident_id = ? AND seq > ? ORDER BY seq LIMIT ?"
        return self._rows(TimelineRow, "timeline", rest, incident_id, after, limit)

    def entries(self, incident_id: str) -> Iterator[bytes]:
        """Return the bytes of an incident's entries, in order."""
        kind = "bytea" if self._address.path is None else "BLOB"
        query = f"SELECT CAST(body AS {kind}) FROM ledger_entry WHERE incident = ? ORDER BY seq"  # noqa: S608
        return (bytes(body) for (body,) in self._ask(query, incident_id))

    def ledger(self) -> LedgerGlance:
        """Return how far the ledger is recorded, signed, and known outside."""
        ((entries,),) = self._ask("SELECT size FROM ledger_head")
        last = self._ask("SELECT size, at FROM checkpoint ORDER BY number DESC LIMIT 1")
        given = self._ask("SELECT name, size, at, note FROM anchor_receipt ORDER BY name, size")
        receipts = {name: Receipt(name, size, parse_instant(at), note) for name, size, at, note in given}
        signed, at = last[0] if last else (0, None)
        return LedgerGlance(entries, signed, parse_instant(at) if at else None, receipts)

    def _rows(self, kind: type[Row], table: str, rest: str, *values: Any) -> list[Row]:
        listed = ", ".join(f'"{name}"' for name in names(kind))
        return [read(kind, row) for row in self._ask(f"SELECT {listed} FROM {table} {rest}", *values)]  # noqa: S608

    def _ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if self._address.path is not None:
            with _translating_sqlite(), closing(_open_sqlite(self._address.path)) as connection:
                return connection.execute(query, values).fetchall()
        return _ask_postgres(self._address, query.replace("?", "%s"), values)


def _open_sqlite(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise NotFoundError("there is no database here yet")
    # mode=ro cannot make the index file that a reader of WAL needs; query_only refuses to write all the same
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=BUSY_SECONDS)
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def _translating_sqlite() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY:
            raise TransientError("the database is busy") from None
        name = getattr(error, "sqlite_errorname", "without a code")
        raise PermanentError(f"the database cannot be read ({type(error).__name__} {name})") from None


def _ask_postgres(address: Address, query: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise SettingsError("a PostgreSQL URL needs the extra: pip install 'tocsin[postgres]'") from error
    try:
        with psycopg.connect(f"postgresql://{address.rest}", connect_timeout=10) as connection:
            connection.read_only = True
            return connection.execute(query, values).fetchall()
    except psycopg.OperationalError as error:
        raise TransientError(f"the database is busy or away ({error.sqlstate or 'no answer'})") from None
    except psycopg.Error as error:
        raise PermanentError(f"the database cannot be read ({error.sqlstate or 'without a code'})") from None
