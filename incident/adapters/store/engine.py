"""Connections to the database, and the two ways to work on one: writing under the writer's lock, or reading.

SQLite: WAL, synchronous=FULL, foreign keys; a writing transaction begins IMMEDIATE, a reading one has a connection
that is query_only. PostgreSQL: READ COMMITTED for writing (the lock is on the head row, see `transaction`),
REPEATABLE READ READ ONLY for reading. Statements are left to the modules beside this one.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import QueuePool

from incident.adapters.store.driver import forget, write_out, write_out_and_commit
from incident.adapters.store.failures import translating
from incident.adapters.store.journal import taken_over
from incident.errors import NotFoundError, PermanentError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from incident.adapters.store.address import Address

_READERS: WeakKeyDictionary[Engine, Engine] = WeakKeyDictionary()
"""The engine for reading beside each one for writing, where they are two."""
PAGE_BYTES = 16_384
"""Rows of people take most of a thousand bytes; pages of four times the usual size take a million much quicker."""


def open_engine(address: Address, *, busy_seconds: float) -> Engine:
    """Make an engine; nothing is opened yet.

    Waits at most `busy_seconds` for a lock. SettingsError when the PostgreSQL driver is not installed.
    """
    if address.kind == "sqlite":
        return _sqlite_engine(_path(address), busy_seconds)
    return _postgres_engine(address.rest, busy_seconds)


def prepare_file(address: Address) -> None:
    """Make an empty database file, mode 0600, in a directory of mode 0700; leave what is there as it is."""
    path = _path(address)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    path.chmod(0o600)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Begin a writing transaction; commit at the end of the block, roll back on any exception."""
    with translating(), engine.connect() as connection:
        transaction = connection.begin()
        try:
            yield connection
            with translating(committing=True):
                write_out_and_commit(connection, transaction.commit)
        finally:
            forget(connection)
            taken_over(connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Begin a reading transaction on one snapshot; the database refuses to write in it."""
    with translating(), _READERS.get(engine, engine).connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            try:
                yield connection
                write_out(connection)
            finally:
                forget(connection)


def _path(address: Address) -> Path:
    if address.path is None:
        raise SettingsError("a PostgreSQL database has no file")
    return address.path


def _sqlite_engine(path: Path, busy_seconds: float) -> Engine:
    """Make an engine for writing, and one beside it whose connections only read.

    A connection that changed its mind would forget its prepared statements each time: a third of a short transaction.
    """
    engine, readers = (_one_sqlite_engine(path, busy_seconds, reads=reads) for reads in (False, True))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    event.listen(readers, "begin", lambda connection: connection.exec_driver_sql("BEGIN DEFERRED"))
    event.listen(engine, "engine_disposed", lambda _engine: readers.dispose())
    _READERS[engine] = readers
    return engine


def _one_sqlite_engine(path: Path, busy_seconds: float, *, reads: bool) -> Engine:
    def connect() -> sqlite3.Connection:
        if not path.exists():
            raise NotFoundError("there is no database here yet")
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=busy_seconds,
        )
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")  # of a new file; an old one keeps its own
        (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            connection.close()
            raise PermanentError("the database file cannot be kept in WAL mode")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(f"PRAGMA query_only={int(reads)}")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True)


def _postgres_engine(rest: str, busy_seconds: float) -> Engine:
    def limit_waiting(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {round(busy_seconds * 1000)}")
        connection.autocommit = False

    try:
        engine = create_engine(
            f"postgresql+psycopg://{rest}",
            hide_parameters=True,
            connect_args={"application_name": "tocsin", "connect_timeout": 10},
        )
    except ModuleNotFoundError as error:
        raise SettingsError("a PostgreSQL URL needs the extra: pip install 'tocsin[postgres]'") from error

    def leave_if_lost(connection: Any, _record: object, _proxy: object) -> None:
        """Take another in the place of one that the server closed: its last words have come, and its end behind them.

        Takes a microsecond, where asking the server would be a wait before each transaction.
        """
        try:
            for _ in range(2):
                connection.pgconn.consume_input()
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error

    event.listen(engine, "connect", limit_waiting)
    event.listen(engine, "checkout", leave_if_lost)
    event.listen(engine, "before_cursor_execute", lambda connection, *_rest: write_out(connection))
    return engine
