"""Many rows at once: one prepared INSERT, the driver's own executemany, a chunk at a time.

Several times as fast as an INSERT built for each chunk; memory does not grow with the number of rows.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Table

T = TypeVar("T")

ROWS_AT_ONCE = 2000


def insert_rows(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Iterable[tuple[Any, ...]],
    *,
    instead: str = "",
) -> None:
    """Insert a stream of rows, whose values are in the order of `names`; `instead` is an ON CONFLICT clause."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    listed, marks = ", ".join(f'"{table.c[name].name}"' for name in names), ", ".join([mark] * len(names))
    statement = f"INSERT INTO {table.name} ({listed}) VALUES ({marks}) {instead}"  # noqa: S608
    for some in chunks(rows, ROWS_AT_ONCE):
        connection.exec_driver_sql(statement, some)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut a stream into lists of at most `size`."""
    stream = iter(items)
    while some := list(islice(stream, size)):
        yield some
