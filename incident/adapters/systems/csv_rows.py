"""CSV to rows of cells, with physical line numbers; misfits are set aside, columns are never shifted."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, Any

from incident.adapters.systems.raw import lines
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.scoping.reader import ReadReport

_BROKEN = "cell is too long or quoting is broken"
_MOST_READ_AGAIN = 64 << 20  # characters
_LAST_SURROGATE, _FIRST_SURROGATE = "\udfff", "\ud800"


class NoHeaderError(BadInputError):
    """What should be a table has no header that can be read."""


def csv_rows(
    chunks: Iterator[bytes], report: ReadReport, *, width: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield first line number and cells; all rows have the width of the first, or `width`.

    Rows of another width, of broken quoting, or not in UTF-8 are set aside. A quote that was never closed costs no
    row but its own: whole rows that it swallowed are read again.
    """
    feed = _Lines(_text(chunks, report))
    reader = csv.reader(feed, strict=True)
    problem: str | None
    while True:
        row = feed.start_row()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells, problem = [], _misfit(feed.given, width)
        else:
            if not cells:
                continue
            problem = _problem(cells, width)
            width = len(cells) if width is None and problem is None else width
        report.rows += 1
        if problem:
            report.set_aside(row, problem)
            feed.give_back(width)
        else:
            yield row, cells


class _Lines:
    """Lines for the parser, with those of a failed row to be had again but for the first."""

    def __init__(self, lines_: Iterator[str]) -> None:
        self.lines = lines_
        self.given: list[str] = []
        self.again: deque[str] = deque()
        self.next_row = 1
        self.may_repeat = _MOST_READ_AGAIN

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else next(self.lines)
        self.given.append(line)
        return line

    def start_row(self) -> int:
        """Return the number of the line that comes next."""
        self.next_row += len(self.given)
        self.given = []
        return self.next_row

    def give_back(self, width: int | None) -> None:
        """Hand out again from the first swallowed line that is a whole row by itself; the patience has an end."""
        self.may_repeat -= sum(map(len, self.given))
        if self.may_repeat < 0:
            return
        for place, line in enumerate(self.given[1:], 1):
            if _width(line) == width:
                self.again.extendleft(reversed(self.given[place:]))
                self.given = self.given[:place]
                return


def _width(line: str) -> int | None:
    """Return how many cells a line has by itself, or None when it is no whole row."""
    try:
        return len(next(csv.reader([line], strict=True)))
    except csv.Error:
        return None


def _misfit(given: list[str], width: int | None) -> str:
    """Say what is wrong with a row of broken quoting: its width as a tolerant parser sees it, where that differs."""
    try:
        cells = next(csv.reader(given))
    except (csv.Error, StopIteration):
        return _BROKEN
    return _BROKEN if width in {None, len(cells)} else f"row has {len(cells)} cells instead of {width}"


def headed_rows(
    chunks: Iterator[bytes], report: ReadReport, source: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield first line number and cells by column name; the header is not counted as a row.

    A column that is named twice is read where both say the same; a row where they do not is set aside when it is asked.
    """
    rows, set_aside = csv_rows(chunks, report), report.quarantined
    first = next(rows, None)
    if first is None or report.quarantined > set_aside:  # else a row would be taken for the header
        raise NoHeaderError("the file has no header that can be read", source=source)
    report.rows -= 1
    names = [name.strip() for name in first[1]]
    repeated = _repeated(names)
    for row, cells in rows:
        if cells == first[1]:  # exports that were put one behind the other
            report.rows -= 1
            continue
        table = dict(zip(names, cells, strict=True))
        unclear = [name for name, places in repeated.items() if len({cells[place] for place in places}) > 1]
        yield row, Unclear(table, frozenset(unclear)) if unclear else table


def _repeated(names: list[str]) -> dict[str, list[int]]:
    """Return the places of each name that stands twice or more."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


class Unclear(dict[str, str]):
    """A row in which columns of one name say different things: asking for one of them is an error that names it."""

    def __init__(self, table: dict[str, str], unclear: frozenset[str]) -> None:
        super().__init__(table)
        self._unclear = unclear

    def __getitem__(self, name: str) -> str:
        self._refuse(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the cell."""
        self._refuse(name)
        return super().get(name, default)

    def _refuse(self, name: str) -> None:
        if name in self._unclear:
            raise BadInputError("stands twice in the header, and this row says two things", field=name)


def first_rows(head: bytes, limit: int = 50) -> list[list[str]]:
    """Return the first rows of a text that may be cut off anywhere.

    Its last line is left out when it is cut.
    """
    text = head.decode("utf-8", "replace").splitlines(keepends=True)
    rows: list[list[str]] = []
    reader = csv.reader(text)
    while len(rows) < limit:
        try:
            rows.append(next(reader))
        except StopIteration:
            break
        except csv.Error:
            continue
    return rows


def _text(chunks: Iterator[bytes], report: ReadReport) -> Iterator[str]:
    for row, line in lines(chunks):
        if line is None:
            report.rows += 1
            report.set_aside(row, "line is longer than 1 MiB")
            yield "\n"
        else:
            yield line.decode("utf-8", "surrogateescape") + "\n"


def _problem(cells: list[str], width: int | None) -> str | None:
    """Return what is wrong with a row."""
    if width is not None and len(cells) != width:
        return f"row has {len(cells)} cells instead of {width}"
    joined = "".join(cells)
    if not joined.isascii() and any(_FIRST_SURROGATE <= char <= _LAST_SURROGATE for char in joined):
        return "row is not UTF-8"
    return "row holds a NUL byte" if "\0" in joined else None
