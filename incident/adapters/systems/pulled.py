"""The last line of evidence that a pull wrote: raw pages one after another, then this, saying whether all are there.

A page's own "more follows" speaks of that page only, so it is believed only where no pull says otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incident.adapters.systems.raw import PlainFile
    from incident.core.scoping.reader import ReadReport

NEXT_PAGE = re.compile(rb'"nextPageToken"\s*:\s*"[^"]')
"""How Google's pages say that more follow."""
_ENDED = re.compile(rb'"tocsin_pull_complete":(true|false)\}\s*$')


def last_line(pages: Sequence[Mapping[str, object]], notes: Sequence[str], *, complete: bool) -> bytes:
    """Write the line: each page's request, hash, size and time, what was odd, and whether all are there."""
    said = {"tocsin_pull": {"pages": list(pages), "notes": list(notes)}, "tocsin_pull_complete": complete}
    return b"\n" + orjson.dumps(said) + b"\n"


def note_missing_pages(file: PlainFile, report: ReadReport, *, more: bool) -> None:
    """Say that pages are missing when the pull says so or, without a pull's word, when a page did."""
    ended = _ENDED.search(file.last)
    if ended is None and more:
        report.lacks("the page says that more pages follow, and they are not in the file")
    elif ended is not None and ended[1] == b"false":
        report.lacks("the pull says that pages are missing")
