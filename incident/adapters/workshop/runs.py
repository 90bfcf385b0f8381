"""Sorted files of lines, merged: block by block, so that the sorting is the interpreter's own and not one line's work.

Of each file a block is held. Up to the least of the blocks' last lines nothing can come that is not in a block already:
that much is put together and sorted at once, which for runs means merged.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import BinaryIO

BLOCK_BYTES = 1 << 14


def merged_runs(runs: Sequence[str], start: bytes = b"", end: bytes | None = None) -> Iterator[bytes]:
    """Stream the lines of all runs in order, from `start` on and before `end`."""
    with ExitStack() as opened:
        feeds = [_Feed(opened.enter_context(_opened(run)), start, end) for run in runs]
        while feeds := [feed for feed in feeds if feed.lines or feed.has_more()]:
            bound = min(feed.lines[-1] for feed in feeds)
            ready: list[bytes] = []
            for feed in feeds:
                place = bisect_right(feed.lines, bound)
                ready += feed.lines[:place]
                del feed.lines[:place]
            if len(feeds) > 1:
                ready.sort()
            yield from ready


def sample_runs(runs: Sequence[str], number: int) -> list[bytes]:
    """Return about so many lines, sorted, at even distances in each run."""
    with ExitStack() as opened:
        files = [opened.enter_context(_opened(run)) for run in runs]
        sizes = [file.seek(0, 2) for file in files]
        step = max(1, sum(sizes) // max(1, number))
        found = [
            _line_from(file, place)
            for file, size in zip(files, sizes, strict=True)
            for place in range(step // 2, size, step)
        ]
    return sorted(line for line in found if line)


class _Feed:
    """One run, a block at a time."""

    def __init__(self, file: BinaryIO, start: bytes, end: bytes | None) -> None:
        self.file, self.end = file, end
        self.lines: list[bytes] = []
        self.is_done = False
        if start:
            _skip_to(file, start)
            while self.has_more() and self.lines[-1] < start:
                self.lines = []
            del self.lines[: bisect_left(self.lines, start)]

    def has_more(self) -> bool:
        """Read the next block; tells whether there is one before the end."""
        if self.is_done:
            return False
        self.lines = self.file.readlines(BLOCK_BYTES)
        if self.end is not None and self.lines and self.lines[-1] >= self.end:
            self.is_done = True
            del self.lines[bisect_left(self.lines, self.end) :]
        return bool(self.lines)


def _skip_to(file: BinaryIO, start: bytes) -> None:
    """Go to a line that is less than a block before the first one from `start` on, or is that line."""
    low, high = 0, file.seek(0, 2)
    while high - low > BLOCK_BYTES:
        middle = (low + high) // 2
        line = _line_from(file, middle)
        if line and line < start:
            low = middle
        else:
            high = middle
    file.seek(max(low - 1, 0))
    if low:
        file.readline()


def _line_from(file: BinaryIO, place: int) -> bytes:
    """Return the first line that begins at a place or behind it; empty behind the last."""
    file.seek(max(place - 1, 0))
    if place:
        file.readline()
    return file.readline()


def _opened(run: str) -> BinaryIO:
    return open(run, "rb", buffering=BLOCK_BYTES)  # noqa: PTH123 - many, and a path object for each costs
