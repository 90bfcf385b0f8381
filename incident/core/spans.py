"""Positions in a cohort written as ranges: `0-999,1003,1005-1009`: how many people stand in an entry.

Ascending, without overlap, ranges as long as they can be: the same set of positions has one text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from incident.errors import TamperError

WALKED = 32
"""Positions for each that is left out, up to which they are looked at one by one."""


def spans_of(positions: Iterable[int]) -> list[tuple[int, int]]:
    """Return (first, last) of each run of neighbors; `positions` ascend."""
    if isinstance(positions, Sequence) and positions:
        left_out = positions[-1] - positions[0] + 1 - len(positions)
        if 0 <= left_out < len(positions) // WALKED:
            return list(_long_runs(positions, 0, len(positions)))
    found: list[tuple[int, int]] = []
    first = last = -2
    for position in positions:
        if position != last + 1:
            if first >= 0:
                found.append((first, last))
            first = position
        last = position
    if first >= 0:
        found.append((first, last))
    return found


def _long_runs(positions: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Find where runs end by halving: long ones are not walked through."""
    while start < end:
        first, low, high = positions[start], start + 1, end
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if positions[middle] - first == middle - start else (low, middle)
        yield first, positions[low - 1]
        start = low


def written(positions: Iterable[int]) -> str:
    """Write ascending positions as ranges; nobody is the empty text."""
    return ",".join([str(a) if a == b else f"{a}-{b}" for a, b in spans_of(positions)])


def read_spans(text: str) -> list[tuple[int, int]]:
    """Read ranges as (first, last); TamperError for what `written` never writes."""
    found: list[tuple[int, int]] = []
    before = -2
    for part in text.split(",") if text else ():
        a, dash, b = part.partition("-")
        try:
            first, last = int(a), int(b) if dash else int(a)
        except ValueError:
            raise TamperError("positions are written like 0-999,1003") from None
        if first <= before + 1 or last < first or (dash and last == first):
            raise TamperError("positions are written in ascending ranges")
        found.append((first, last))
        before = last
    return found


def read(text: str) -> list[int]:
    """Read ranges as positions, ascending."""
    return [position for first, last in read_spans(text) for position in range(first, last + 1)]


def size(text: str) -> int:
    """Count the people of a text of ranges."""
    return sum(last - first + 1 for first, last in read_spans(text))


def without(positions: Sequence[int], others: Iterable[int]) -> list[int]:
    """Return the positions that are not among the others, in their order."""
    apart = set(others)
    return [position for position in positions if position not in apart]


def meets(spans: Iterable[tuple[int, int]], after: int) -> Iterator[int]:
    """Stream the positions of spans that come after one."""
    for first, last in spans:
        yield from range(max(first, after + 1), last + 1)
