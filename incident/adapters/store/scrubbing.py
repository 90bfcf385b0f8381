"""Make a database let go of erased bytes: its journal, and rows that are dead but still on its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.adapters.store.failures import translating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

BUSY = "the database is in use: its journal still holds what was erased until the last reader is gone"
POSTGRES = "PostgreSQL's write-ahead log and its archive keep what was erased until they are recycled"


def scrub(engine: Engine) -> Sequence[str]:
    """Empty the journal (SQLite) or vacuum (PostgreSQL); returns what stays, as sentences."""
    with translating(), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # the pages themselves were overwritten under secure_delete; the write-ahead log is truncated here
            busy = connection.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return (BUSY,) if busy else ()
        free = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("person", "person_block", "provider_event"):
            free.exec_driver_sql(f"VACUUM (FULL) {table}")
        return (POSTGRES,)
