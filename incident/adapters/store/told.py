"""What letters to the people of batches need: the text that is hashed of each batch, from the blocks they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident.adapters.store import blocks
from incident.adapters.store.addressed import are_lines, lines, people
from incident.adapters.store.driver import ask, by_key
from incident.core import spans
from incident.core.batches import Reading, Readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

GAPS = 2
"""Times the people of a batch that lie between its first and last; up to there a range is read, and gaps left out."""
NOBODY_AT = "\t\t"
"""Where it stands in lines, somebody has no address or no name."""
Ranges = list[tuple[int, int]]
_BLOCKS = "SELECT number, told FROM person_block WHERE cohort_id = {mark}"


def told(connection: Connection, cohort_id: str, batches: Sequence[str]) -> list[Sequence[Reading]]:
    """Return those of each batch (ranges) who have an address, in order; all blocks are asked for at once."""
    wanted = [spans.read_spans(positions) for positions in batches]
    numbers = [_numbers(ranges) for ranges in wanted]
    every = sorted({number for some in numbers for number in some})
    found = dict(ask(connection, *by_key(connection, _BLOCKS, (cohort_id,), "number", every)))
    return [
        _among(cohort_id, [found[number] for number in some if number in found], ranges)
        for some, ranges in zip(numbers, wanted, strict=True)
    ]


def _numbers(ranges: Ranges) -> Sequence[int]:
    """Return which blocks people stand in, and those between them unless they are far from each other."""
    if not ranges:
        return ()
    first, last = ranges[0][0], ranges[-1][1]
    if last - first < GAPS * _people(ranges):
        return _between(first, last)
    return sorted({number for one in ranges for number in _between(*one)})


def _between(first: int, last: int) -> range:
    return range(blocks.number_of(first), blocks.number_of(last) + 1)


def _people(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _among(cohort_id: str, found: Sequence[Any], ranges: Ranges) -> Sequence[Reading]:
    """Read a range of people; those who are of the batch are left in."""
    if not ranges:
        return []
    told_with = _read(cohort_id, found, ranges[0][0], ranges[-1][1])
    if len(ranges) == 1 or (len(told_with) == _people(ranges) and _are_all_in(told_with, ranges)):
        return told_with
    wanted = {position for first, last in ranges for position in range(first, last + 1)}
    return [one for one in told_with if one.position in wanted]


def _read(cohort_id: str, told: Sequence[Any], first: int, last: int) -> Sequence[Reading]:
    """Read those between two positions who have an address; one by one where a block is no lines."""
    if are_lines(told):
        text = lines(told, first, last)
        if NOBODY_AT in text:
            text = _with_address(text)
        found = Readings.read(text, text.count("\n"))
        if found is not None:
            return found
    each = people(cohort_id, told, first, last)
    return [Reading(place, email, name, own) for place, email, name, own in each if email is not None]


def _with_address(text: str) -> str:
    """Leave out the lines of those without an address: few, so they are looked for, and the rest stays as it is."""
    kept, start, place = [], 0, text.find(NOBODY_AT)
    while place >= 0:
        begins, ends = text.rfind("\n", 0, place) + 1, text.find("\n", place) + 1
        if text.find("\t", begins) == place:
            kept.append(text[start:begins])
            start = ends
        place = text.find(NOBODY_AT, ends)
    return "".join((*kept, text[start:]))


def _are_all_in(found: Sequence[Reading], ranges: Ranges) -> bool:
    """Whether as many people as the ranges hold, ascending, are those of the ranges: most often nobody is between."""
    start = 0
    for first, last in ranges:
        end = start + last - first
        if found[start].position != first or found[end].position != last:
            return False
        start = end + 1
    return True
