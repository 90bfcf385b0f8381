"""What letters to people go by, read as one text from the blocks they stand in, or else person by person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from incident.adapters.store import blocks
from incident.adapters.store.driver import ask
from incident.core import spans
from incident.core.addressees import Addressed, Addressees
from incident.core.batches import Reading, Readings
from incident.errors import TamperError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

GAPS = 2
"""Times the people of a batch that lie between its first and last; up to there a range is read, and gaps left out."""
_TOLD = "SELECT told FROM person_block WHERE cohort_id = {mark} AND number "
_BETWEEN = "BETWEEN {mark} AND {mark} ORDER BY number"
_LISTED = "IN (SELECT value FROM json_each({mark})) ORDER BY number"
_LISTED_POSTGRES = "= ANY({mark}) ORDER BY number"
NOBODY_AT = "\t\t"
"""Where it stands in lines, somebody has no address or no name."""


def addressed(connection: Connection, cohort_id: str, first: int, last: int) -> Addressees:
    """Return everyone from position `first` to `last`, in order; TamperError when blocks are not as written."""
    told = _told(connection, cohort_id, first, last)
    found = Addressees.read(_lines(told, first, last)) if _are_lines(told) else None
    return found or Addressees.of(_people(cohort_id, told, first, last))


def readings(connection: Connection, cohort_id: str, positions: str) -> Sequence[Reading]:
    """Return what letters to these people (ranges) need, in order; people without an address are left out."""
    ranges = spans.read_spans(positions)
    if not ranges:
        return []
    first, last, people = ranges[0][0], ranges[-1][1], spans.size(positions)
    if last - first >= GAPS * people:
        wanted = set(spans.read(positions))
        return [one for one in _scattered(connection, cohort_id, wanted) if one.position in wanted]
    found = _read(cohort_id, _told(connection, cohort_id, first, last), first, last)
    if len(ranges) == 1 or (len(found) == people and _are_all_in(found, ranges)):
        return found
    wanted = set(spans.read(positions))
    return [one for one in found if one.position in wanted]


def _told(connection: Connection, cohort_id: str, first: int, last: int) -> list[Any]:
    between = (cohort_id, blocks.number_of(first), blocks.number_of(last))
    return [told for (told,) in ask(connection, _TOLD + _BETWEEN, between)]


def _are_lines(told: Sequence[Any]) -> bool:
    return all(isinstance(text, str) and text[:1] != blocks.LISTED and text[-1:] == "\n" for text in told)


def _read(cohort_id: str, told: Sequence[Any], first: int, last: int) -> Sequence[Reading]:
    """Read those of some blocks who have an address."""
    if _are_lines(told):
        text = _lines(told, first, last)
        if NOBODY_AT in text:
            text = "".join(f"{one}\n" for one in text.split("\n")[:-1] if one.split("\t", 2)[1])
        found = Readings.read(text, text.count("\n"))
        if found is not None:
            return found
    people = _people(cohort_id, told, first, last)
    return [Reading(place, email, name, own) for place, email, name, own in people if email is not None]


def _scattered(connection: Connection, cohort_id: str, positions: Iterable[int]) -> Sequence[Reading]:
    """Read people who stand far from each other, and others who stand near them."""
    numbers = sorted(set(map(blocks.number_of, positions)))
    if connection.dialect.name == "sqlite":
        found = ask(connection, _TOLD + _LISTED, (cohort_id, json.dumps(numbers)))
    else:
        found = ask(connection, _TOLD + _LISTED_POSTGRES, (cohort_id, numbers))
    start, end = numbers[0] * blocks.PEOPLE, (numbers[-1] + 1) * blocks.PEOPLE
    return _read(cohort_id, [told for (told,) in found], start, end)


def _lines(told: Sequence[str], first: int, last: int) -> str:
    """Join the lines of blocks, of the first and the last only those between two positions."""
    if not told:
        return ""
    *most, end = told
    start, *middle = (*most, _cut(end, first, last))
    return "".join((_cut(start, first, last) if most else start, *middle))


def _cut(text: str, first: int, last: int) -> str:
    """Leave out whoever stands before one position or behind another; what is not lines stays as it is."""
    lines = text.split("\n")[:-1]
    try:
        start, end = (int(lines[place].partition("\t")[0]) for place in (0, -1))
        if first <= start and end <= last:
            return text
        if end - start + 1 == len(lines):
            kept = lines[max(first - start, 0) : max(last - start + 1, 0)]
        else:
            kept = [one for one in lines if first <= int(one.partition("\t")[0]) <= last]
    except (ValueError, IndexError):
        return text
    return "\n".join((*kept, ""))


def _people(cohort_id: str, told: Sequence[Any], first: int, last: int) -> list[Addressed]:
    try:
        people = [one for text in told for one in blocks.people_of(text)]
        return [one for one in people if first <= one[0] <= last]
    except (ValueError, TypeError):
        raise TamperError(
            f"{cohort_id}: what letters to positions {first} to {last} go by is not as this house writes it"
        ) from None


def _are_all_in(found: Sequence[Reading], ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether as many people as the ranges hold, ascending, are those of the ranges: most often nobody is between."""
    start = 0
    for first, last in ranges:
        end = start + last - first
        if found[start].position != first or found[end].position != last:
            return False
        start = end + 1
    return True
