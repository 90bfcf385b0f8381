"""Find people by what is known of them: the database looks through its blocks, and those that may hold it are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.adapters.store import blocks
from incident.adapters.store.driver import ask

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

_NEXT = (
    f"SELECT {', '.join(blocks.COLUMNS)} FROM person_block WHERE cohort_id = {{mark}} AND number > {{mark}}"  # noqa: S608
)


def sought(connection: Connection, cohort_id: str, *, pseudonym: str, holding: bytes) -> int | None:
    """Return the position of the first person of this pseudonym, or whose record holds these bytes."""
    column, values = ("known", (blocks.said(pseudonym),)) if pseudonym else ("records", (holding,))
    for position, one in _held(connection, cohort_id, column, values):
        if one.pseudonym == (pseudonym or one.pseudonym) and holding in one.record:
            return position
    return None


def positions_of(connection: Connection, cohort_id: str, pseudonym: str) -> list[int]:
    """Return the positions of everybody of this pseudonym, in order."""
    held = _held(connection, cohort_id, "known", (blocks.said(pseudonym),))
    return [position for position, one in held if one.pseudonym == pseudonym]


def positions_at(connection: Connection, cohort_id: str, email: str) -> list[int]:
    """Return the positions of everybody of a lower-case address, in order.

    The database makes letters small as ASCII has them, so it is not asked about others: all are read then.
    """
    values = (email, blocks.said(email)[1:-1]) if email.isascii() else ("",)
    held = _held(connection, cohort_id, "lower(told)", values)
    return [position for position, one in held if (one.email or "").lower() == email]


def _held(
    connection: Connection, cohort_id: str, column: str, values: Sequence[str | bytes]
) -> Iterator[tuple[int, blocks.Held]]:
    """Stream whoever is in a block in which one of these values is; an empty one is in all."""
    sqlite = connection.dialect.name == "sqlite"
    one = f"instr({column}, {{mark}}) > 0" if sqlite else f"position({{mark}} IN {column}) > 0"
    holds = " OR ".join([one] * len(values)) if all(values) else "true"
    number, given = -1, tuple(values) if all(values) else ()
    while found := ask(
        connection, f"{_NEXT} AND ({holds}) ORDER BY number LIMIT 1", (cohort_id, number, *given)
    ):
        number = found[0][1]
        yield from blocks.unpacked(found[0]).items()
