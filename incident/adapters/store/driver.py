"""Statements in the driver's own way: what is asked at every append and turn, where building one would count.

A statement has `{mark}` for each value, and `{bytes}` for the type that bytes are read as. PostgreSQL is another
process, and each way to it and back is a wait: there, what is asked together travels together, and what is put off
travels before anything else is asked, or committed. SQLite is asked one by one, at once.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

Question = tuple[str, tuple[Any, ...]]
"""A query and its values."""
Found = list[tuple[Any, ...]]

_PUT_OFF = "statements put off"


def ask(connection: Connection, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """Return every row that a query finds, as tuples."""
    if connection.dialect.name == "sqlite":
        return sqlite(connection).execute(_as_sqlite(query), values).fetchall()
    return list(tell(connection, query, values).cursor.fetchall())


def ask_together(connection: Connection, questions: Sequence[Question]) -> list[Found]:
    """Return every row that each query finds; on PostgreSQL with one wait for all."""
    if connection.dialect.name == "sqlite":
        return [ask(connection, query, values) for query, values in questions]
    write_out(connection)
    with the_driver(connection) as driver:
        with driver.pipeline():
            found = [driver.execute(_as_postgres(query), values) for query, values in questions]
        return [cursor.fetchall() for cursor in found]


def by_key(
    connection: Connection, query: str, values: tuple[Any, ...], column: str, numbers: Sequence[int]
) -> Question:
    """Return the question for the rows of a query in which a column is one of these numbers: each found by the key.

    PostgreSQL plans by what it counted of a table some minutes ago; one that has grown since it would read whole.
    """
    each = sorted(set(numbers))
    if connection.dialect.name == "sqlite":
        return f"{query} AND {column} IN (SELECT value FROM json_each({{mark}}))", (*values, json.dumps(each))  # noqa: S608
    lateral = f"CROSS JOIN LATERAL ({query} AND {column} = wanted.one OFFSET 0) AS found"
    return f"SELECT found.* FROM unnest({{mark}}::int[]) AS wanted(one) {lateral}", (each, *values)  # noqa: S608


def among(connection: Connection, column: str, wanted: Sequence[int | str]) -> tuple[str, Any]:
    """Return a condition, and the value that goes with it: one statement, however many values are wanted."""
    if connection.dialect.name == "sqlite":
        return f"{column} IN (SELECT value FROM json_each({{mark}}))", json.dumps(list(wanted))  # noqa: S608
    return f"{column} = ANY({{mark}})", list(wanted)


def tell(connection: Connection, statement: str, values: tuple[Any, ...]) -> Any:
    """Run a statement, and return what SQLAlchemy makes of it."""
    written = _as_sqlite if connection.dialect.name == "sqlite" else _as_postgres
    return connection.exec_driver_sql(written(statement), values)


def sqlite(connection: Connection) -> sqlite3.Connection:
    """Give the driver's own connection to SQLite, for what is run many times: SQLAlchemy takes longer than it."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def put_off(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement for each row; on PostgreSQL before anything else is asked on this connection, or committed."""
    if connection.dialect.name == "sqlite":
        if rows:
            sqlite(connection).executemany(_as_sqlite(statement), rows)
        return
    waiting: list[Question] = connection.info.setdefault(_PUT_OFF, [])
    written = _as_postgres(statement)
    waiting += [(written, row) for row in rows]


def write_out(connection: Connection) -> None:
    """Run what was put off, with one wait for all."""
    waiting = connection.info.pop(_PUT_OFF, ())
    if waiting:
        with the_driver(connection) as driver, driver.pipeline():
            _run_all(driver, waiting)


def write_out_and_commit(connection: Connection, commit: Callable[[], None]) -> None:
    """Run what was put off, and commit if all of it could be written; on PostgreSQL with one wait for both."""
    waiting = connection.info.pop(_PUT_OFF, ())
    if not waiting:
        commit()
        return
    with the_driver(connection) as driver:
        try:
            with driver.pipeline():
                _run_all(driver, waiting)
                commit()
        except BaseException:
            if not driver.closed:
                driver.rollback()  # nobody else does it, for whoever commits has done with the transaction
            raise


def _run_all(driver: Any, waiting: Sequence[Question]) -> None:
    for statement, values in waiting:
        driver.execute(statement, values)


def forget(connection: Connection) -> None:
    """Leave undone what was put off: what it was part of is rolled back."""
    if not connection.invalidated:
        connection.info.pop(_PUT_OFF, None)


@contextmanager
def the_driver(connection: Connection) -> Iterator[Any]:
    """Give the driver's own connection to PostgreSQL; its errors look like those of any statement."""
    driver: Any = connection.connection.driver_connection
    try:
        yield driver
    except connection.dialect.loaded_dbapi.Error as error:
        lost = bool(driver.closed)
        if lost:
            connection.invalidate(error)  # or closing it would fail anew, and say something else
        raise DBAPIError(
            type(error).__name__, None, error, hide_parameters=True, connection_invalidated=lost
        ) from None


def _as_sqlite(statement: str) -> str:
    return statement.format(bytes="BLOB", mark="?")


def _as_postgres(statement: str) -> str:
    return statement.format(bytes="BYTEA", mark="%s")
