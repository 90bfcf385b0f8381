"""CSV to rows of cells, with physical line numbers; misfits are set aside, columns are never shifted."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from incident.adapters.systems.raw import lines
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.scoping.reader import ReadReport

_LAST_SURROGATE, _FIRST_SURROGATE = "\udfff", "\ud800"


def csv_rows(
    chunks: Iterator[bytes], report: ReadReport, *, width: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Yield first line number and cells.

    Rows of another width than `width`, or not in UTF-8, are set aside.
    """
    reader = csv.reader(_text(chunks, report))
    row = 0
    while True:
        row = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            report.rows += 1
            report.set_aside(row, "cell is too long or quoting is broken")
            continue
        if not cells:
            continue
        report.rows += 1
        problem = _problem(cells, width)
        if problem:
            report.set_aside(row, problem)
        else:
            yield row, cells


def headed_rows(
    chunks: Iterator[bytes], report: ReadReport, source: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield first line number and cells by column name; the header is not counted as a row."""
    rows = csv_rows(chunks, report)
    first = next(rows, None)
    if first is None:
        raise BadInputError("the file has no header that can be read", source=source)
    report.rows -= 1
    names = [name.strip() for name in first[1]]
    if len(set(names)) != len(names):
        raise BadInputError("the header names a column twice", row=first[0], source=source)
    for row, cells in rows:
        if len(cells) == len(names):
            yield row, dict(zip(names, cells, strict=True))
        else:
            report.set_aside(row, f"row has {len(cells)} cells instead of {len(names)}")


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
    if width is not None and len(cells) != width:
        return f"row has {len(cells)} cells instead of {width}"
    joined = "".join(cells)
    if any(_FIRST_SURROGATE <= char <= _LAST_SURROGATE for char in joined if char > "\ud7ff"):
        return "row is not UTF-8"
    return "row holds a NUL byte" if "\0" in joined else None
