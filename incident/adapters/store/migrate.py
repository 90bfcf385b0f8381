"""Bring a database to the newest numbered migration, from wherever the package is installed.

The migrations themselves are in `migrations/versions`, one file a step.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

HEAD = "0009"
_LOCK = 7_062_677_910  # any number that no other program of this database uses


def script_config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration: the scripts of this package, on this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def version(connection: Connection) -> str | None:
    """Return the number of the last migration that ran, or None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Run what has not run yet, inside the caller's transaction; two at a time wait for each other."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    if version(connection) != HEAD:
        command.upgrade(script_config(connection), HEAD)
