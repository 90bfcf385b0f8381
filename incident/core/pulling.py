"""What a pull is: pages of a live account, one after another, each kept before the next is asked for.

A puller knows one vendor's paging and nothing of incidents; the spool keeps pages through a kill; the service joins the
two and freezes the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came; `cursor` leads to the next one and is None on the last.

    `asked` is the request without anybody's id; `total` is the vendor's own count of all items, where it gives one.
    """

    content: bytes
    asked: str
    cursor: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class KeptPage:
    """One page in the spool."""

    number: int
    sha256: str
    size_bytes: int
    asked: str
    cursor: str | None
    total: int | None
    taken_at: datetime


class Puller(Protocol):
    """Asks one vendor."""

    system: str
    streams: Sequence[str]

    def page(self, stream: str, cursor: str | None) -> Page:
        """Return the page at a cursor, the first for None.

        SettingsError when the key is refused, TransientError when trying later may help, PermanentError when the
        answer is not what the vendor documents.
        """
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class Spool(Protocol):
    """Keeps the pages of one stream through a kill."""

    def pages(self) -> Sequence[KeptPage]:
        """Return what is kept and whole; a page that a kill has torn is dropped, and is asked for again."""
        ...

    def keep(self, page: Page, *, at: datetime) -> KeptPage:
        """Write one page down before the next is asked for."""
        ...

    def whole(self, last_line: bytes) -> AbstractContextManager[BinaryIO]:
        """Open all pages and a last line as one stream."""
        ...

    def finish(self, evidence_id: str) -> None:
        """Note that the stream is frozen, and drop its pages."""
        ...

    def finished(self) -> str | None:
        """Return the evidence that the stream became, or None."""
        ...


class Pulls(Protocol):
    """Opens pullers and spools."""

    def configured(self) -> Sequence[str]:
        """Name the systems for which there is a key."""
        ...

    def puller(self, system: str, *, since: datetime | None = None) -> Puller:
        """Open the puller of a system with its key."""
        ...

    def spool(self, incident_id: str, system: str, stream: str) -> Spool:
        """Open the spool of one stream."""
        ...

    def clear(self, incident_id: str, system: str) -> None:
        """Drop the spools of a pull that is over."""
        ...

    def last_line(self, pages: Sequence[KeptPage], notes: Sequence[str], *, complete: bool) -> bytes:
        """Write the line that ends the evidence of a pull."""
        ...


def notes_on(pages: Sequence[KeptPage]) -> tuple[str, ...]:
    """Say what changed at the vendor's while the pages were fetched."""
    totals = [page.total for page in pages if page.total is not None]
    changed = any(later != first for first, later in pairwise(totals))
    return (f"the vendor's count went from {totals[0]} to {totals[-1]} meanwhile",) if changed else ()
