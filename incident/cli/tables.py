"""Rows for a person: a table where the terminal is wide enough, else a block a row; lines with tabs in a pipe."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Sequence

import click

BETWEEN = 2
"""Spaces between two columns."""
LAST = 24
"""Characters that the last column needs at least, to be wrapped beside the others."""


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, dense: bool = False) -> None:
    """Print rows; on a terminal no cell is ever left out: the last column wraps.

    Where the other columns leave it no room, each row becomes a block of lines that begin with their header; with
    `dense`, its first cell and below it the others in a row.
    """
    if not sys.stdout.isatty():
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console

    console = Console(width=int(os.environ.get("COLUMNS", "0")) or None, highlight=False)
    if not _fits(headers, rows, console.width):
        (_print_dense if dense else _print_blocks)(headers, rows, console.width)
        return
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for place, header in enumerate(headers):
        drawn.add_column(header, overflow="fold", no_wrap=place < len(headers) - 1)
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    console.print(drawn)


def _fits(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    widest = [max([_cells(header), *(_cells(row[i]) for row in rows)]) for i, header in enumerate(headers)]
    return sum(widest[:-1]) + BETWEEN * (len(headers) - 1) + min(widest[-1], LAST) <= width


def _print_blocks(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    label = max((len(header) for header in headers[1:]), default=0)
    for number, row in enumerate(rows):
        if number:
            click.echo()
        for line in _wrapped(row[0], width, "", ""):
            click.secho(line, bold=True)
        for header, cell in zip(headers[1:], row[1:], strict=True):
            if cell:
                first = f"  {header:{label}}  " if label else "  "
                for line in _wrapped(cell, width, first, " " * len(first)):
                    click.echo(line)


def _print_dense(_headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> None:
    for row in rows:
        for line in _wrapped(row[0], width, "", ""):
            click.secho(line, bold=True)
        for line in _wrapped("; ".join(cell for cell in row[1:] if cell not in {"", "-"}), width, "  ", "  "):
            click.echo(line)


def _wrapped(text: str, width: int, first: str, further: str) -> list[str]:
    """Break between words alone: an identifier or an address that is cut in two cannot be copied."""
    return textwrap.wrap(
        text,
        max(width, len(further) + LAST),
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


def _cells(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
