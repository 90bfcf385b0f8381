"""Room for what does not fit in memory: lines to be sorted, records by number, numbers by place.

The port that the core is given, and its twin in memory, which gives the same answers for small evidence. Whatever
`done` and `kept` return can be handed to another process of the same machine. A line ends with a newline and holds
no other; lines sort byte by byte.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from heapq import merge
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Sorter(Protocol):
    """Takes lines in any order."""

    def add(self, line: bytes) -> None:
        """Take one line."""
        ...

    def done(self) -> Sequence[Any]:
        """Return the sorted runs, for `Spill.merged`."""
        ...


class Shelf(Protocol):
    """Takes records and numbers them from 0."""

    def put(self, record: bytes) -> int:
        """Keep one record."""
        ...

    def done(self) -> Any:
        """Return the shelf as it is to be opened, for `Spill.opened`."""
        ...


class Opened(Protocol):
    """Gives records back."""

    def get(self, number: int) -> bytes:
        """Return one record."""
        ...


class Numbers(Protocol):
    """Whole numbers from 0 to 2**32 - 1 by place; all are 0 at first."""

    def get(self, place: int) -> int:
        """Return one number."""
        ...

    def set(self, place: int, number: int) -> None:
        """Keep one number."""
        ...


class Spill(Protocol):
    """Makes room."""

    def sorter(self) -> Sorter:
        """Return an empty sorter."""
        ...

    def merged(self, runs: Iterable[Any], start: bytes = b"", end: bytes | None = None) -> Iterator[bytes]:
        """Stream the lines of all runs in order, from `start` on and before `end`."""
        ...

    def samples(self, runs: Iterable[Any], number: int) -> Sequence[bytes]:
        """Return some lines, about so many, sorted; they stand at even distances in each run."""
        ...

    def shelf(self) -> Shelf:
        """Return an empty shelf."""
        ...

    def opened(self, shelf: Any) -> Opened:
        """Open a shelf."""
        ...

    def numbers(self) -> Numbers:
        """Return zeros."""
        ...


@dataclass(slots=True)
class ListSorter:
    """A `Sorter` in memory."""

    lines: list[bytes] = field(default_factory=list)

    def add(self, line: bytes) -> None:
        """Take one line."""
        self.lines.append(line)

    def done(self) -> Sequence[Any]:
        """Return one run."""
        return (sorted(self.lines),) if self.lines else ()


@dataclass(slots=True)
class ListShelf:
    """A `Shelf` in memory, open at the same time."""

    records: list[bytes] = field(default_factory=list)

    def put(self, record: bytes) -> int:
        """Keep one record."""
        self.records.append(record)
        return len(self.records) - 1

    def done(self) -> Any:
        """Return the records."""
        return self.records

    def get(self, number: int) -> bytes:
        """Return one record."""
        return self.records[number]


@dataclass(slots=True)
class DictNumbers:
    """`Numbers` in memory."""

    known: dict[int, int] = field(default_factory=dict)

    def get(self, place: int) -> int:
        """Return one number."""
        return self.known.get(place, 0)

    def set(self, place: int, number: int) -> None:
        """Keep one number."""
        self.known[place] = number


class MemorySpill:
    """`Spill` for evidence that fits in memory."""

    def sorter(self) -> Sorter:
        """Return an empty sorter."""
        return ListSorter()

    def merged(self, runs: Iterable[Any], start: bytes = b"", end: bytes | None = None) -> Iterator[bytes]:
        """Stream the lines of all runs in order, from `start` on and before `end`."""
        inside = (
            run[bisect_left(run, start) : None if end is None else bisect_left(run, end)] for run in runs
        )
        return iter(merge(*inside))

    def samples(self, runs: Iterable[Any], number: int) -> Sequence[bytes]:
        """Return some lines."""
        runs = list(runs)
        step = max(1, sum(map(len, runs)) // max(1, number))
        return sorted(line for run in runs for line in run[step // 2 :: step])

    def shelf(self) -> Shelf:
        """Return an empty shelf."""
        return ListShelf()

    def opened(self, shelf: Any) -> Opened:
        """Open a shelf."""
        return ListShelf(shelf)

    def numbers(self) -> Numbers:
        """Return zeros."""
        return DictNumbers()
