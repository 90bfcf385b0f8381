"""The projections: written inside a transaction, read by console and `status`, dropped and rebuilt at will.

What the rows say is left to `incident.core.projections`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Select, Table, delete, select

from incident.adapters.store.bulk import insert_rows
from incident.adapters.store.rows import columns, names, read, values
from incident.adapters.store.tables import BOARD, CLOCK, TIMELINE
from incident.core.projections import BoardRow, ClockRow, TimelineRow
from incident.ledger.entry import canonical

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Row = TypeVar("Row")


def put(
    connection: Connection,
    board: BoardRow,
    clocks: Sequence[ClockRow] | None,
    timeline: Sequence[TimelineRow],
) -> None:
    """Replace the board line and (unless None) the clocks of one incident, and put timeline lines, each once."""
    _upsert(connection, BOARD, [board])
    if clocks is not None:
        connection.execute(delete(CLOCK).where(CLOCK.c.incident_id == board.incident_id))
        _upsert(connection, CLOCK, clocks)
    _upsert(connection, TIMELINE, timeline)


def clear(connection: Connection) -> None:
    """Drop every projection row."""
    for table in (BOARD, CLOCK, TIMELINE):
        connection.execute(delete(table))


def board(connection: Connection) -> list[BoardRow]:
    """Return the board, in order of incident id."""
    return _read(connection, BoardRow, _all(BOARD, BoardRow).order_by(BOARD.c.incident_id))


def clocks(connection: Connection, incident_id: str | None) -> list[ClockRow]:
    """Return the clocks of one incident or of all, in order of incident id and obligation id."""
    query = _all(CLOCK, ClockRow).order_by(CLOCK.c.incident_id, CLOCK.c.obligation_id)
    if incident_id is not None:
        query = query.where(CLOCK.c.incident_id == incident_id)
    return _read(connection, ClockRow, query)


def timeline(
    connection: Connection,
    incident_id: str,
    after: int,
    limit: int,
    *,
    kinds: Sequence[str] = (),
    actor: str | None = None,
) -> list[TimelineRow]:
    """Return one page of an incident's timeline, in order of seq; of some kinds and one actor, if named."""
    query = (
        _all(TIMELINE, TimelineRow)
        .where(TIMELINE.c.incident_id == incident_id, TIMELINE.c.seq > after)
        .order_by(TIMELINE.c.seq)
        .limit(limit)
    )
    if kinds:
        query = query.where(TIMELINE.c.kind.in_(kinds))
    if actor is not None:
        query = query.where(TIMELINE.c.actor == actor)
    return _read(connection, TimelineRow, query)


def digest(connection: Connection) -> str:
    """Return sha256 (hex) over the canonical bytes of every row, in a fixed order, one line a row."""
    total = hashlib.sha256()
    for line in _lines(connection):
        total.update(line + b"\n")
    return total.hexdigest()


def _lines(connection: Connection) -> Iterator[bytes]:
    orders = (
        (BoardRow, BOARD, (BOARD.c.incident_id,)),
        (ClockRow, CLOCK, (CLOCK.c.incident_id, CLOCK.c.obligation_id)),
        (TimelineRow, TIMELINE, (TIMELINE.c.incident_id, TIMELINE.c.seq)),
    )
    for kind, table, order in orders:
        for row in connection.execute(_all(table, kind).order_by(*order).execution_options(yield_per=1000)):
            yield canonical([table.name, columns(read(kind, row))])


def _read(connection: Connection, kind: type[Row], query: Select[Any]) -> list[Row]:
    return [read(kind, row) for row in connection.execute(query)]


def _all(table: Table, kind: type[Any]) -> Select[Any]:
    return select(*(table.c[name] for name in names(kind)))


def _upsert(connection: Connection, table: Table, rows: Sequence[Any]) -> None:
    if not rows:
        return
    key = ", ".join(f'"{column.name}"' for column in table.primary_key)
    sets = ", ".join(f'"{column.name}" = excluded."{column.name}"' for column in table.columns)
    instead = f"ON CONFLICT ({key}) DO UPDATE SET {sets}"
    insert_rows(connection, table, names(type(rows[0])), map(values, rows), instead=instead)
