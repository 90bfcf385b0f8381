"""What letters to the people of batches need: the database writes the text that is hashed of each batch.

One row for a thousand people, made while other threads work. What is out of the ordinary is read person by person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident.adapters.store.driver import among, ask, ask_together
from incident.core import spans
from incident.core.batches import Reading, Readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

GAPS = 2
"""Times the people of a batch that lie between its first and last; up to there a range is read, and gaps left out."""
_PEOPLE = "SELECT position, email, name, language FROM person WHERE cohort_id = {mark} AND email IS NOT NULL"
_RANGE = f"{_PEOPLE} AND position BETWEEN {{mark}} AND {{mark}}"
_LINE = "position || '\t' || email || '\t' || coalesce(name, '') || '\t' || language || '\n'"
_THESE = "FROM person WHERE cohort_id = {mark} AND email IS NOT NULL AND position BETWEEN {mark} AND {mark}"
_TOLD = f"SELECT count(*), group_concat({_LINE}, '') {_THESE}"
_TOLD_POSTGRES = f"SELECT count(*), string_agg({_LINE}, '') FROM ({_RANGE} ORDER BY position) AS ordered"  # noqa: S608
"""`stretches.line` of each, in order."""


def told(connection: Connection, cohort_id: str, batches: Sequence[str]) -> list[Sequence[Reading]]:
    """Return those of each batch (ranges), in order; ranges are asked for at once."""
    wanted = [spans.read_spans(positions) for positions in batches]
    queries = {
        place: (cohort_id, ranges[0][0], ranges[-1][1])
        for place, ranges in enumerate(wanted)
        if ranges and not _are_scattered(ranges)
    }
    query = _TOLD if connection.dialect.name == "sqlite" else _TOLD_POSTGRES
    found = ask_together(connection, [(query, values) for values in queries.values()])
    texts = dict(zip(queries, found, strict=True))
    return [
        _among(connection, queries[place], texts[place], ranges)
        if place in texts
        else _scattered(connection, cohort_id, ranges)
        for place, ranges in enumerate(wanted)
    ]


def _are_scattered(ranges: Sequence[tuple[int, int]]) -> bool:
    return ranges[-1][1] - ranges[0][0] >= GAPS * _people(ranges)


def _people(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _scattered(
    connection: Connection, cohort_id: str, ranges: Sequence[tuple[int, int]]
) -> Sequence[Reading]:
    """Read people who stand far from each other."""
    if not ranges:
        return []
    positions = [position for first, last in ranges for position in range(first, last + 1)]
    listed, value = among(connection, "position", positions)
    return _one_by_one(connection, _PEOPLE + listed, (cohort_id, value))


def _among(
    connection: Connection,
    asked: tuple[str, int, int],
    found: Sequence[tuple[Any, ...]],
    ranges: Sequence[tuple[int, int]],
) -> Sequence[Reading]:
    """Read the text of a range of people; those who are of the batch are left in."""
    ((people, text),) = found
    told_with: Sequence[Reading] | None = Readings.read(text or "", people)
    if told_with is None:
        told_with = _one_by_one(connection, _RANGE, asked)
    if len(ranges) == 1 or (len(told_with) == _people(ranges) and _are_all_in(told_with, ranges)):
        return told_with
    wanted = {position for first, last in ranges for position in range(first, last + 1)}
    return [one for one in told_with if one.position in wanted]


def _one_by_one(connection: Connection, query: str, values: tuple[Any, ...]) -> list[Reading]:
    return list(map(Reading._make, ask(connection, f"{query} ORDER BY position", values)))


def _are_all_in(found: Sequence[Reading], ranges: Sequence[tuple[int, int]]) -> bool:
    """Whether as many people as the ranges hold, ascending, are those of the ranges: most often nobody is between."""
    start = 0
    for first, last in ranges:
        end = start + last - first
        if found[start].position != first or found[end].position != last:
            return False
        start = end + 1
    return True
