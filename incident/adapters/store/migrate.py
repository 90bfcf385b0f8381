"""Bring a database to the newest numbered migration, from wherever the package is installed.

The migrations themselves are in `migrations/versions`, one file a step. Alembic is imported when one is to run: that
takes a third of a second.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0010"
_LOCK = 7_062_677_910  # any number that no other program of this database uses


def script_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration: the scripts of this package, on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def version(connection: Connection) -> str | None:
    """Return the number of the last migration that ran, or None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def upgrade(connection: Connection) -> None:
    """Run what has not run yet, inside the caller's transaction; two at a time wait for each other."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if version(connection) != HEAD:
        from alembic import command

        command.upgrade(script_config(connection), HEAD)
