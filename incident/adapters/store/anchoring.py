"""Receipts of checkpoints given to the outside, and what failed last; beside the ledger, and never its proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from incident.adapters.store.rows import columns, names, read
from incident.adapters.store.tables import ANCHOR_FAILURE, ANCHOR_RECEIPT
from incident.core.anchors import Failure, Receipt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def receipts(connection: Connection, *, newest: bool = False) -> Sequence[Receipt]:
    """Return the receipts by anchor and size; `newest` gives the last of each anchor only."""
    query = select(*(ANCHOR_RECEIPT.c[name] for name in names(Receipt)))
    found = connection.execute(query.order_by(ANCHOR_RECEIPT.c.name, ANCHOR_RECEIPT.c.size))
    kept = [read(Receipt, row) for row in found]
    return list({one.name: one for one in kept}.values()) if newest else kept


def failures(connection: Connection) -> Sequence[Failure]:
    """Return what failed last, by anchor."""
    query = select(*(ANCHOR_FAILURE.c[name] for name in names(Failure))).order_by(ANCHOR_FAILURE.c.name)
    return [read(Failure, row) for row in connection.execute(query)]


def took(connection: Connection, receipt: Receipt) -> None:
    """Keep a receipt, the newest for its anchor and size, and forget the failure before it."""
    _upsert(connection, ANCHOR_RECEIPT, columns(receipt), ("name", "size"))
    mended(connection, receipt.name)


def mended(connection: Connection, name: str) -> None:
    """Forget what failed."""
    connection.execute(delete(ANCHOR_FAILURE).where(ANCHOR_FAILURE.c.name == name))


def failed(connection: Connection, name: str, reason: str, at: datetime) -> None:
    """Keep a failure; the moment since when it fails stays the first."""
    known = {one.name: one for one in failures(connection)}.get(name)
    row = columns(Failure(name, known.since if known else at, at, reason))
    _upsert(connection, ANCHOR_FAILURE, row, ("name",))


def _upsert(connection: Connection, table: Any, row: dict[str, Any], key: Sequence[str]) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(row)
    connection.execute(
        statement.on_conflict_do_update(index_elements=[table.c[name] for name in key], set_=row)
    )
