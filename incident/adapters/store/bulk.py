"""Many rows at once: one prepared INSERT, the driver's own executemany, a chunk at a time; binary COPY on PostgreSQL.

Several times as fast as an INSERT built for each chunk; memory does not grow with the number of rows, nor does the
server's: large rows are inserted one by one and not copied, for COPY keeps a thousand rows before it writes any.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from sqlalchemy import BigInteger, Boolean, Float, Integer, LargeBinary

from incident.adapters.store.driver import put_off, sqlite, the_driver, write_out
from incident.adapters.store.journal import take_over_later

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from sqlalchemy import Column, Connection, Table

T = TypeVar("T")
_TYPES = (
    (BigInteger, "int8"),
    (Integer, "int4"),
    (LargeBinary, "bytea"),
    (Float, "float8"),
    (Boolean, "bool"),
)

ROWS_AT_ONCE = 2000
LARGE_ROWS_AT_ONCE, AHEAD = 8, 2
"""Large rows that are written together, and how often they may be taken from the stream before they are."""
MUCH = 16
"""Times that many, from which on a journal is not for the commit to take over."""
TOGETHER, SQLITE_VALUES = 100, 999
"""Rows of one INSERT, and values that every SQLite takes in one."""
FEW = 16
"""Rows that a turn of a sending writes: in one statement too, or another thread would get Python's lock between."""
COPIED_FROM = 50
"""Rows from which COPY is quicker than the INSERT that is prepared already."""


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    *,
    instead: str = "",
) -> None:
    """Insert a stream of rows, whose values are in the order of `names`.

    `instead` is an ON CONFLICT clause; then they are put off, as `driver` says.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    listed = _listed(table, names)
    marks = "(" + ", ".join(["?" if is_sqlite else "%s"] * len(names)) + ")"
    statement = f"INSERT INTO {table.name} ({listed}) VALUES {{}} {instead}"  # noqa: S608
    for some in chunks(rows, ROWS_AT_ONCE):
        if is_sqlite:
            _insert_together(connection, statement, marks, some)
        elif instead:
            _put_off(connection, table, names, some, instead)
        elif len(some) < COPIED_FROM:
            connection.exec_driver_sql(statement.format(marks), some)
        else:
            _copy(connection, table, names, some)


def insert_large(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Insert a stream of rows of a hundred thousand bytes, which must leave the connection alone.

    What is taken from the stream is written meanwhile: by a thread on SQLite, by the server on PostgreSQL.
    """
    if connection.dialect.name != "sqlite":
        _insert_meanwhile(connection, table, names, rows)
        return
    counted = count()

    def insert(some: list[tuple[Any, ...]]) -> None:
        if next(counted) == MUCH:
            take_over_later(connection)
        insert_rows(connection, table, names, some)

    _written_meanwhile(rows, insert)


def _written_meanwhile(
    rows: Iterable[tuple[Any, ...]], write: Callable[[list[tuple[Any, ...]]], object]
) -> None:
    """Write rows in a thread of its own, some at a time and in order; what fails there is raised here."""
    waiting: deque[Future[object]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="writing") as writer:
        for some in chunks(rows, LARGE_ROWS_AT_ONCE):
            if len(waiting) == AHEAD:
                waiting.popleft().result()
            waiting.append(writer.submit(write, some))
        for one in waiting:
            one.result()


def _insert_together(connection: Connection, statement: str, marks: str, rows: list[tuple[Any, ...]]) -> None:
    """Insert many rows by each statement: a third of the time of a small row is in beginning and ending one."""
    together = min(TOGETHER, SQLITE_VALUES // len(rows[0]))
    whole = len(rows) - len(rows) % together
    if whole:
        values = (tuple(chain.from_iterable(rows[at : at + together])) for at in range(0, whole, together))
        sqlite(connection).executemany(statement.format(", ".join([marks] * together)), values)
    rest = rows[whole:]
    if 0 < len(rest) <= min(FEW, together):
        few = statement.format(", ".join([marks] * len(rest)))
        sqlite(connection).execute(few, tuple(chain.from_iterable(rest)))
    elif rest:
        sqlite(connection).executemany(statement.format(marks), rest)


def _put_off(
    connection: Connection, table: Table, names: Sequence[str], rows: list[tuple[Any, ...]], instead: str
) -> None:
    """Put rows off as one statement; one by one where two are of one key, which one statement cannot write.

    Many of them go as one JSON value: the driver takes longer to look through a statement of a thousand marks.
    """
    listed, marks = _listed(table, names), f"({', '.join(['%s'] * len(names))})"
    key = [names.index(column.name) for column in table.primary_key]
    into = f"INSERT INTO {table.name} ({listed})"
    if len({tuple(row[place] for place in key) for row in rows}) < len(rows):
        put_off(connection, f"{into} VALUES {marks} {instead}", rows)
    elif len(rows) <= FEW or any(_binary(table.c[name]) == "bytea" for name in names):
        for some in chunks(rows, TOGETHER):
            together = f"{into} VALUES {', '.join([marks] * len(some))} {instead}"
            put_off(connection, together, [tuple(chain.from_iterable(some))])
    else:
        said = orjson.dumps([dict(zip(names, row, strict=True)) for row in rows]).decode()
        source = f"json_populate_recordset(CAST(NULL AS {table.name}), CAST(%s AS JSON))"
        put_off(connection, f"{into} SELECT {listed} FROM {source} {instead}", [(said,)])  # noqa: S608


def _binary(column: Column[Any]) -> str:
    """Name the type that a column's values are written as."""
    return next((name for kind, name in _TYPES if isinstance(column.type, kind)), "text")


def _listed(table: Table, names: Sequence[str]) -> str:
    return ", ".join(f'"{table.c[name].name}"' for name in names)


def _insert_meanwhile(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Send PostgreSQL an INSERT for each row, and the next row without waiting for its answer."""
    marks = ", ".join("%b" if _binary(table.c[name]) == "bytea" else "%s" for name in names)
    statement = f"INSERT INTO {table.name} ({_listed(table, names)}) VALUES ({marks})"  # noqa: S608
    write_out(connection)
    with the_driver(connection) as driver, driver.cursor() as cursor:
        cursor.executemany(statement, rows)


def _copy(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Hand rows to PostgreSQL in its own way."""
    statement = f"COPY {table.name} ({_listed(table, names)}) FROM STDIN (FORMAT BINARY)"
    write_out(connection)
    with the_driver(connection) as driver, driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types([_binary(table.c[name]) for name in names])
        for row in rows:
            copy.write_row(row)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of at most `size`."""
    stream = iter(items)
    while some := list(islice(stream, size)):
        yield some
