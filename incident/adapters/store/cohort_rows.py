"""People of a cohort as rows: written block by block beside their narrow rows, and put together again, page by page."""

from __future__ import annotations

from itertools import chain, groupby, repeat
from typing import TYPE_CHECKING, Any

from incident.adapters.store import blocks
from incident.adapters.store.block_tables import PERSON_BLOCK
from incident.adapters.store.bulk import chunks, insert_rows
from incident.adapters.store.driver import ask, tell
from incident.adapters.store.tables import PERSON
from incident.core import spans
from incident.core.people import PersonRow
from incident.core.stretches import Stretching
from incident.errors import TamperError
from incident.ledger.merkle import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from incident.core.stretches import Stretch

LAST = 2**31 - 1
"""No position is behind it."""
BLOCKS_AT_ONCE = 8
NARROW = ("cohort_id", "position", "email", "name", "language")
_OF = "WHERE cohort_id = {mark}"
_ROWS = (
    f"SELECT position, email, name, language FROM person {_OF} AND position BETWEEN {{mark}} AND {{mark}} "  # noqa: S608
    "ORDER BY position LIMIT {mark}"
)
_BLOCKS = f"SELECT {', '.join(blocks.COLUMNS)} FROM person_block {_OF}"  # noqa: S608
_COMMITMENTS = f"SELECT positions, commitments FROM person_block {_OF}"  # noqa: S608
_BETWEEN = " AND number BETWEEN {mark} AND {mark} ORDER BY number"
_KINDS = (
    f"SELECT first, last, jurisdiction, certainty, exposure FROM cohort_stretch {_OF} AND first <= {{mark}} "  # noqa: S608
    f"AND first >= coalesce((SELECT max(first) FROM cohort_stretch {_OF} AND first <= {{mark}}), 0) ORDER BY first"
)
_REWRITE = (
    "UPDATE person_block SET known = {mark}, commitments = {mark}, keys = {mark}, records = {mark} "  # noqa: S608
    f"{_OF} AND number = {{mark}}"
)


def save(connection: Connection, cohort_id: str, people: Iterable[PersonRow]) -> list[Stretch]:
    """Write people, who come in order of position; streams. Returns their stretches."""
    stretching = Stretching()
    for some in chunks(_by_block(people), BLOCKS_AT_ONCE):
        narrow = (zip(repeat(cohort_id), one[0], one[2], one[3], one[5], strict=False) for one in some)
        insert_rows(connection, PERSON, NARROW, chain.from_iterable(narrow))
        for one in some:
            stretching.add(one[0], one[5:9])
        held = ((one[0], blocks.Columns(one[1], one[4], *one[9:])) for one in some)
        packed = [blocks.packed(cohort_id, positions, columns) for positions, columns in held]
        insert_rows(connection, PERSON_BLOCK, blocks.COLUMNS, packed, copied_from=1)
    return stretching.found


def page(connection: Connection, cohort_id: str, first: int, last: int, limit: int) -> list[PersonRow]:
    """Read the first people between two positions, in order; TamperError when what belongs to them is not there."""
    rows = ask(connection, _ROWS, (cohort_id, first, last, limit))
    if not rows:
        return []
    kinds = _kinds(connection, cohort_id, rows[0][0], rows[-1][0])
    held = held_between(connection, cohort_id, rows[0][0], rows[-1][0])
    try:
        return [_row(one, held[one[0]], kinds[one[0]]) for one in rows]
    except KeyError as missing:
        raise TamperError(f"{cohort_id}: position {missing.args[0]} has no record or no stretch") from None


def held_between(connection: Connection, cohort_id: str, first: int, last: int) -> dict[int, blocks.Held]:
    """Return what blocks hold of people between two positions and of others in their blocks, by position."""
    found: dict[int, blocks.Held] = {}
    for row in ask(
        connection, _BLOCKS + _BETWEEN, (cohort_id, blocks.number_of(first), blocks.number_of(last))
    ):
        found |= blocks.unpacked(row)
    return found


def commitments(connection: Connection, cohort_id: str, first: int, last: int) -> list[bytes]:
    """Return the commitments to people between two positions, in order; records are not read."""
    found: list[bytes] = []
    asked = (cohort_id, blocks.number_of(first), blocks.number_of(last))
    for where, held in ask(connection, _COMMITMENTS + _BETWEEN, asked):
        at = zip(spans.read(where), range(0, len(held), HASH_BYTES), strict=False)
        found += [bytes(held[start : start + HASH_BYTES]) for place, start in at if first <= place <= last]
    return found


def blocks_holding(
    connection: Connection, cohort_id: str, *, text: str = "", record: bytes = b""
) -> Iterator[Mapping[int, blocks.Held]]:
    """Stream the blocks in whose `known` is a text, or in whose records are bytes, in order; the database looks."""
    column, wanted = ("known", text) if text else ("records", record)
    sqlite = connection.dialect.name == "sqlite"
    holds = f"instr({column}, {{mark}})" if sqlite else f"position({{mark}} IN {column})"
    asked, number = f"{_BLOCKS} AND number > {{mark}} AND {holds} > 0 ORDER BY number LIMIT 1", -1
    while found := ask(connection, asked, (cohort_id, number, wanted)):
        number = found[0][1]
        yield blocks.unpacked(found[0])


def rewrite(
    connection: Connection,
    cohort_id: str,
    positions: Sequence[int],
    change: Callable[[blocks.Held], blocks.Held],
) -> None:
    """Change what is held of people at these positions."""
    for number, some in groupby(sorted(set(positions)), blocks.number_of):
        start, changed = number * blocks.PEOPLE, set(some)
        held = held_between(connection, cohort_id, start, start)
        kept = [change(one) if position in changed else one for position, one in held.items()]
        packed = blocks.packed(cohort_id, list(held), blocks.Columns(*zip(*kept, strict=True)))
        tell(connection, _REWRITE, (*packed[3:], *packed[:2]))


def _row(
    narrow: tuple[int, str | None, str | None, str], held: blocks.Held, kind: tuple[str, str, str]
) -> PersonRow:
    position, email, name, language = narrow
    pseudonym, phone, categories, *committed = held
    return PersonRow(position, pseudonym, email, name, phone, language, *kind, categories, *committed)


def _by_block(people: Iterable[PersonRow]) -> Iterator[tuple[Sequence[Any], ...]]:
    """Cut people into blocks, each as columns in the order of `PersonRow`."""
    for _number, some in groupby(people, key=lambda row: row[0] // blocks.PEOPLE):
        yield tuple(zip(*some, strict=True))


def _kinds(
    connection: Connection, cohort_id: str, first: int, last: int
) -> Mapping[int, tuple[str, str, str]]:
    """Return jurisdiction, certainty and exposure by position."""
    found: dict[int, tuple[str, str, str]] = {}
    for start, end, place, certainty, exposure in ask(
        connection, _KINDS, (cohort_id, last, cohort_id, first)
    ):
        within = range(max(start, first), min(end, last) + 1)
        found |= dict.fromkeys(within, (place, certainty, exposure))
    return found
