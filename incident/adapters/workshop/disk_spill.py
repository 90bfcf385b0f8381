"""`Spill` on disk: sorted runs, records by offset, numbers by page; memory stays flat whatever is put in.

Everything lies in one private directory that its owner removes. Files are named by process and count, so that
processes of one machine can share a spill.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO

from incident.adapters.workshop.runs import merged_runs, sample_runs
from incident.core.scoping.spill import Numbers, Opened, Shelf, Sorter

RUN_BYTES = 12 << 20
LINE_COST = 56  # what a bytes object costs beside its bytes
RUNS_AT_ONCE = 192
READ_BYTES = 1 << 16
PAGE = 4096
PAGES_HELD = 512
_SERIAL = count()


class DiskSpill:
    """A directory to spill to; can be handed to another process."""

    def __init__(self, directory: Path) -> None:
        self._directory = str(directory)

    def sorter(self) -> Sorter:
        """Return an empty sorter."""
        return _DiskSorter(self)

    def merged(self, runs: Iterable[Any], start: bytes = b"", end: bytes | None = None) -> Iterator[bytes]:
        """Stream the lines of all runs in order, from `start` on and before `end`; many runs first become fewer."""
        waiting = list(runs)
        while len(waiting) > RUNS_AT_ONCE:
            some, waiting = waiting[:RUNS_AT_ONCE], waiting[RUNS_AT_ONCE:]
            waiting.append(self._written(merged_runs(some, start, end)))
        return merged_runs(waiting, start, end)

    def samples(self, runs: Iterable[Any], number: int) -> Sequence[bytes]:
        """Return some lines, about so many, sorted; they stand at even distances in each run."""
        return sample_runs(list(runs), number)

    def shelf(self) -> Shelf:
        """Return an empty shelf."""
        return _DiskShelf(self.place("records"), self.place("offsets"))

    def opened(self, shelf: Any) -> Opened:
        """Open a shelf."""
        records, offsets = shelf
        return _DiskOpened(records, offsets)

    def numbers(self) -> Numbers:
        """Return zeros."""
        return _DiskNumbers(self.place("numbers"))

    def place(self, kind: str) -> str:
        """Return a fresh file name."""
        return f"{self._directory}/{kind}-{os.getpid()}-{next(_SERIAL)}"

    def _written(self, lines: Iterable[bytes]) -> str:
        place = self.place("run")
        with _fresh(place) as out:
            out.writelines(lines)
        return place


class _DiskSorter:
    def __init__(self, spill: DiskSpill) -> None:
        self._spill = spill
        self._lines: list[bytes] = []
        self._bytes = 0
        self._runs: list[str] = []

    def add(self, line: bytes) -> None:
        """Take one line."""
        self._lines.append(line)
        self._bytes += len(line) + LINE_COST
        if self._bytes > RUN_BYTES:
            self._flush()

    def done(self) -> Sequence[Any]:
        """Return the runs."""
        self._flush()
        return tuple(self._runs)

    def _flush(self) -> None:
        if self._lines:
            self._lines.sort()
            place = self._spill.place("run")
            with _fresh(place) as out:
                out.writelines(self._lines)
            self._runs.append(place)
            self._lines, self._bytes = [], 0


class _DiskShelf:
    def __init__(self, records: str, offsets: str) -> None:
        self._places = records, offsets
        self._records, self._offsets = _fresh(records), _fresh(offsets)
        self._count = self._end = 0
        self._ends = array("Q", [0])

    def put(self, record: bytes) -> int:
        """Keep one record."""
        self._records.write(record)
        self._end += len(record)
        self._ends.append(self._end)
        if len(self._ends) == PAGE:
            self._flush()
        self._count += 1
        return self._count - 1

    def done(self) -> Any:
        """Close the shelf and return its places."""
        self._flush()
        self._records.close()
        self._offsets.close()
        return self._places

    def _flush(self) -> None:
        self._offsets.write(self._ends.tobytes())
        self._ends = array("Q")


class _DiskOpened:
    """Reads by offset; the system's page cache, not our memory, holds what is read often."""

    def __init__(self, records: str, offsets: str) -> None:
        self._records = os.open(records, os.O_RDONLY)
        self._offsets = os.open(offsets, os.O_RDONLY)
        self._page, self._ends = -1, array("Q")

    def __del__(self) -> None:
        os.close(self._records)
        os.close(self._offsets)

    def get(self, number: int) -> bytes:
        """Return one record."""
        page, place = divmod(number, PAGE)
        if page != self._page:
            ends = array("Q")
            ends.frombytes(os.pread(self._offsets, (PAGE + 1) * 8, page * PAGE * 8))
            self._page, self._ends = page, ends
        start = self._ends[place]
        return os.pread(self._records, self._ends[place + 1] - start, start)


class _DiskNumbers:
    """Pages of numbers; those in use are held, the rest lie in a sparse file."""

    def __init__(self, place: str) -> None:
        self._file = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._pages: dict[int, array[int]] = {}

    def __del__(self) -> None:
        os.close(self._file)

    def get(self, place: int) -> int:
        """Return one number."""
        page, rest = divmod(place, PAGE)
        held = self._pages.get(page)
        return (held if held is not None else self._load(page))[rest]

    def set(self, place: int, number: int) -> None:
        """Keep one number."""
        page, rest = divmod(place, PAGE)
        held = self._pages.get(page)
        (held if held is not None else self._load(page))[rest] = number

    def _load(self, page: int) -> array[int]:
        if len(self._pages) >= PAGES_HELD:
            for number, numbers in self._pages.items():
                os.pwrite(self._file, numbers.tobytes(), number * PAGE * 4)
            self._pages.clear()
        numbers = array("I", os.pread(self._file, PAGE * 4, page * PAGE * 4))
        numbers.extend([0] * (PAGE - len(numbers)))
        self._pages[page] = numbers
        return numbers


def _fresh(place: str) -> BinaryIO:
    return os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", READ_BYTES)
