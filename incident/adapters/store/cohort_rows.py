"""People of a cohort as rows: written block by block, and put together again, page by page."""

from __future__ import annotations

from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from incident.adapters.store import blocks
from incident.adapters.store.block_tables import PERSON_BLOCK
from incident.adapters.store.bulk import insert_large
from incident.adapters.store.driver import ask, tell
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
_OF = "WHERE cohort_id = {mark}"
_BLOCKS = f"SELECT {', '.join(blocks.COLUMNS)} FROM person_block {_OF}"  # noqa: S608
_COMMITMENTS = f"SELECT positions, commitments FROM person_block {_OF}"  # noqa: S608
_BETWEEN = " AND number BETWEEN {mark} AND {mark} ORDER BY number"
_FROM = " AND number >= {mark} ORDER BY number LIMIT {mark}"
_KINDS = (
    f"SELECT first, last, jurisdiction, certainty, exposure FROM cohort_stretch {_OF} AND first <= {{mark}} "  # noqa: S608
    f"AND first >= coalesce((SELECT max(first) FROM cohort_stretch {_OF} AND first <= {{mark}}), 0) ORDER BY first"
)
_REWRITE = (
    "UPDATE person_block SET told = {mark}, known = {mark}, commitments = {mark}, keys = {mark}, records = {mark} "  # noqa: S608
    f"{_OF} AND number = {{mark}}"
)


def save(connection: Connection, cohort_id: str, people: Iterable[PersonRow]) -> list[Stretch]:
    """Write people, who come in order of position; streams. Returns their stretches."""
    stretching = Stretching()
    insert_large(connection, PERSON_BLOCK, blocks.COLUMNS, _packed(cohort_id, people, stretching))
    return stretching.found


def page(connection: Connection, cohort_id: str, first: int, last: int, limit: int) -> list[PersonRow]:
    """Read the first people between two positions, in order; TamperError when what belongs to them is not there."""
    held = _first_held(connection, cohort_id, first, last, limit)
    if not held:
        return []
    kinds = _kinds(connection, cohort_id, min(held), max(held))
    try:
        return [_row(position, one, kinds[position]) for position, one in held.items()]
    except KeyError as missing:
        raise TamperError(f"{cohort_id}: position {missing.args[0]} is in no stretch") from None


def commitments(connection: Connection, cohort_id: str, first: int, last: int) -> list[bytes]:
    """Return the commitments to people between two positions, in order; records are not read."""
    found: list[bytes] = []
    asked = (cohort_id, blocks.number_of(first), blocks.number_of(last))
    for where, held in ask(connection, _COMMITMENTS + _BETWEEN, asked):
        at = zip(spans.read(where), range(0, len(held), HASH_BYTES), strict=False)
        found += [bytes(held[start : start + HASH_BYTES]) for place, start in at if first <= place <= last]
    return found


def rewrite(
    connection: Connection,
    cohort_id: str,
    positions: Sequence[int],
    change: Callable[[blocks.Held], blocks.Held],
) -> None:
    """Change what is held of people at these positions."""
    for number, some in groupby(sorted(set(positions)), blocks.number_of):
        changed = set(some)
        for row in ask(connection, _BLOCKS + _BETWEEN, (cohort_id, number, number)):
            held = blocks.unpacked(row)
            kept = [change(one) if position in changed else one for position, one in held.items()]
            packed = blocks.packed(cohort_id, list(held), blocks.Columns(*zip(*kept, strict=True)))
            tell(connection, _REWRITE, (*packed[3:], *packed[:2]))


def _packed(cohort_id: str, people: Iterable[PersonRow], stretching: Stretching) -> Iterator[tuple[Any, ...]]:
    for some in _by_block(people):
        columns = list(zip(*some, strict=True))
        positions, pseudonyms, emails, names, phones, *kinds = columns[:9]
        stretching.add(positions, kinds)
        held = blocks.Columns(emails, names, kinds[0], pseudonyms, phones, *columns[9:])
        yield blocks.packed(cohort_id, positions, held)


def _by_block(people: Iterable[PersonRow]) -> Iterator[Sequence[PersonRow]]:
    """Part people by block; most often nobody is missing between the first and the last."""
    stream, rest = iter(people), list[PersonRow]()
    while some := [*rest, *islice(stream, blocks.PEOPLE - len(rest))]:
        number, size = blocks.number_of(some[0][0]), len(some)
        if blocks.number_of(some[-1][0]) != number:
            size = next(n for n, row in enumerate(some) if blocks.number_of(row[0]) != number)
        yield some[:size]
        rest = some[size:]


def _first_held(
    connection: Connection, cohort_id: str, first: int, last: int, limit: int
) -> dict[int, blocks.Held]:
    """Read as many blocks as may be needed, and more where the first were not enough."""
    found: dict[int, blocks.Held] = {}
    number = blocks.number_of(max(first, 0))
    while len(found) < limit:
        wanted = blocks.number_of(limit - len(found)) + 2
        rows = ask(connection, _BLOCKS + _FROM, (cohort_id, number, wanted))
        for row in rows:
            held = blocks.unpacked(row)
            found |= {position: one for position, one in held.items() if first <= position <= last}
        if len(rows) < wanted or rows[-1][1] >= blocks.number_of(last):
            break
        number = rows[-1][1] + 1
    return dict(islice(found.items(), limit))


def _row(position: int, held: blocks.Held, kind: tuple[str, str, str]) -> PersonRow:
    email, name, language, pseudonym, phone, categories, *committed = held
    return PersonRow(position, pseudonym, email, name, phone, language, *kind, categories, *committed)


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
