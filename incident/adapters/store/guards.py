"""The triggers that keep the ledger append-only: whether they are all there. They are made in the migrations.

A database whose owner took one away still answers; that it was taken away is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLES = ("ledger_entry", "checkpoint", "ledger_node")
_SQLITE = tuple(f"{table}_{what}" for table in TABLES for what in ("no_update", "no_delete", "next"))
_POSTGRES = (
    *(f"{table}_{what}" for table in TABLES for what in ("no_change", "no_truncate")),
    *("ledger_entry_next", "checkpoint_next"),
)


def missing(connection: Connection) -> Sequence[str]:
    """Name the triggers that are not there, or not armed."""
    if connection.dialect.name == "sqlite":
        expected, query = _SQLITE, "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        expected, query = _POSTGRES, "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
    found = set(connection.execute(text(query)).scalars())
    return [name for name in expected if name not in found]
