"""Where the database is: one URL read into its kind and place.

Knows no driver, so that a program that only wants to look can start without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from incident.errors import SettingsError

Kind: TypeAlias = Literal["sqlite", "postgresql"]

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql+psycopg://", "postgresql://", "postgres://")


@dataclass(frozen=True, slots=True)
class Address:
    """A database: a file of SQLite, or the rest of a PostgreSQL URL after its scheme.

    The rest may hold a password and is left out of what is printed.
    """

    kind: Kind
    path: Path | None = None
    rest: str = field(default="", repr=False)


def parse_url(url: str) -> Address:
    """Read `sqlite:///relative.db`, `sqlite:////absolute.db` or `postgresql://user:password@host/name`.

    Anything else is a SettingsError; so is SQLite in memory, which no second process could see.
    """
    if url.startswith(_SQLITE):
        place = url.removeprefix(_SQLITE)
        if place in {"", ":memory:"} or "?" in place:
            raise SettingsError("the database URL needs a file: sqlite:///path/to/tocsin.db, without options")
        return Address("sqlite", path=Path(place))
    for scheme in _POSTGRES:
        if url.startswith(scheme):
            return Address("postgresql", rest=url.removeprefix(scheme))
    raise SettingsError("the database URL starts with sqlite:/// or postgresql://")
