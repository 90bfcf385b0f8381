"""Cells of a CSV file that nobody's spreadsheet takes for a formula."""

from __future__ import annotations

RUNS_IN_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def neutral(cell: object) -> str:
    """Return a value as a cell: nothing is empty, a list is joined, what would run is quoted."""
    text = "" if cell is None else ";".join(map(str, cell)) if isinstance(cell, list) else str(cell)
    return f"'{text}" if text.startswith(RUNS_IN_A_SPREADSHEET) else text
