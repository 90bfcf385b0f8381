"""Statements in the driver's own way: what is asked at every append and turn, where building one would count.

A statement has `{mark}` for each value, and `{bytes}` for the type that bytes are read as.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection


def ask(connection: Connection, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
    """Return every row that a query finds, as tuples."""
    return list(tell(connection, query, values).cursor.fetchall())


def tell(connection: Connection, statement: str, values: tuple[Any, ...]) -> Any:
    """Run a statement, and return what SQLAlchemy makes of it."""
    sqlite = connection.dialect.name == "sqlite"
    statement = statement.format(bytes="BLOB" if sqlite else "BYTEA", mark="?" if sqlite else "%s")
    return connection.exec_driver_sql(statement, values)
