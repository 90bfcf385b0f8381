"""The rows of the ledger and its head, asked in the driver's own way: building statements would count at each append.

The head row gives each entry its place; who holds it writes.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from incident.adapters.store.bulk import COPIED_FROM, insert_rows
from incident.adapters.store.driver import ask, ask_together, put_off
from incident.adapters.store.tables import LEDGER_ENTRY
from incident.errors import TamperError
from incident.ledger.entry import decode, parse_instant
from incident.ledger.merkle import CompactRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from incident.adapters.store.driver import Found, Question

ENTRIES_AT_ONCE = 1000
_COLUMNS = ("seq", "incident", "kind", "body", "leaf_hash")
_HEAD = "SELECT size, compact_range FROM ledger_head"
_TIP = (
    "SELECT h.size, h.compact_range, (SELECT CAST(e.body AS {bytes}) FROM ledger_entry AS e WHERE e.seq = h.size - 1) "
    "FROM ledger_head AS h"
)
_SIGNED = "SELECT size, at FROM checkpoint ORDER BY number DESC LIMIT 1"
_ENTRY = "SELECT CAST(body AS {bytes}) FROM ledger_entry WHERE seq = {mark}"
_MOVE = "UPDATE ledger_head SET size = {mark}, compact_range = {mark}"
_BODIES = (
    "SELECT seq, CAST(body AS {bytes}) FROM ledger_entry WHERE incident = {mark} AND seq > {mark}{listed} "
    "ORDER BY seq LIMIT {mark}"
)
"""Bytes, also where somebody made SQLite keep them as text."""


class Tip(NamedTuple):
    """Where the ledger ends: the tree head, when the last entry was recorded, and size and time of what was signed."""

    head: CompactRange
    latest: datetime | None
    signed: tuple[int, datetime] | None


def read_head(connection: Connection) -> CompactRange:
    """Read the head row; TamperError when it is gone or contradicts itself."""
    return _head(ask(connection, _HEAD))


def read_tip(connection: Connection) -> Tip:
    """Read the head row, the last entry and the last checkpoint; makes every other writer wait for us (PostgreSQL)."""
    return read_tip_and(connection, ())[0]


def read_tip_and(connection: Connection, more: Sequence[Question]) -> tuple[Tip, Sequence[Found]]:
    """Read the same, and what else is asked of the database; on PostgreSQL that is as it is once we have the lock.

    Who had to wait is given the head as it is now, but any other row as it was when the statement began: then the
    entry is not the last one that the head counts, and is asked for anew.
    """
    lock = "" if connection.dialect.name == "sqlite" else " FOR UPDATE"
    found, signed, *others = ask_together(connection, [(_TIP + lock, ()), (_SIGNED, ()), *more])
    head = _head(found)
    last = found[0][2]
    entry = None if last is None else decode(bytes(last))
    if head.size and (entry is None or entry.seq != head.size - 1):
        kept = ask(connection, _ENTRY, (head.size - 1,))
        entry = decode(bytes(kept[0][0])) if kept else None
    return Tip(head, None if entry is None else entry.recorded_at, _signed(signed)), others


def read_signed(connection: Connection) -> tuple[int, datetime] | None:
    """Read size and time of the newest checkpoint."""
    return _signed(ask(connection, _SIGNED))


def _signed(found: Sequence[Any]) -> tuple[int, datetime] | None:
    return (int(found[0][0]), parse_instant(found[0][1])) if found else None


def _head(found: Sequence[Any]) -> CompactRange:
    if len(found) != 1:
        raise TamperError("the tree head is one row", evidence={"rows": len(found)})
    size, compact_range = found[0][:2]
    stored = CompactRange.decode(bytes(compact_range))
    if stored.size != size:
        raise TamperError(
            "the tree head contradicts itself", evidence={"size": size, "range_size": stored.size}
        )
    return stored


def add_entries(connection: Connection, rows: Sequence[tuple[Any, ...]], head: CompactRange) -> None:
    """Insert rows in the order of the columns, and move the head behind them.

    A few on PostgreSQL go in one statement with the head: each statement is a way to the server and back.
    """
    moved = (head.size, head.encode())
    if connection.dialect.name == "sqlite" or len(rows) >= COPIED_FROM:
        insert_rows(connection, LEDGER_ENTRY, _COLUMNS, rows)
        put_off(connection, _MOVE, [moved])
    elif rows:
        marks = ", ".join([f"({', '.join(['{mark}'] * len(_COLUMNS))})"] * len(rows))
        added = f"INSERT INTO ledger_entry ({', '.join(_COLUMNS)}) VALUES {marks}"  # noqa: S608
        put_off(connection, f"WITH moved AS ({_MOVE}) {added}", [(*moved, *chain.from_iterable(rows))])


def bodies(
    connection: Connection, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()
) -> Iterator[bytes]:
    """Stream the bytes of an incident's entries, in order, a page at a time."""
    listed = f" AND kind IN ({', '.join(['{mark}'] * len(kinds))})" if kinds else ""
    query = _BODIES.format(listed=listed, bytes="{bytes}", mark="{mark}")
    while True:
        page = ask(connection, query, (incident_id, after, *kinds, ENTRIES_AT_ONCE))
        for seq, body in page:
            after = seq
            yield bytes(body)
        if len(page) < ENTRIES_AT_ONCE:
            return
