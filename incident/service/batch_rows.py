"""Every batch of a notice, page by page: in a transaction that is open, or each page in a reading of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.service.kept_pages import PAGE, kept_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.people import BatchRow
    from incident.ports import Transaction
    from incident.service.house import House


def batch_rows(tx: Transaction, notice_id: str, *, states: Sequence[str] = ()) -> Iterator[BatchRow]:
    """Stream the batches in these states, or all, in order of number; what is moved on the way is not seen again."""
    after = -1
    while page := tx.batches.rows(notice_id, states=states, after=after, limit=PAGE):
        yield from page
        after = page[-1].number


def kept_batch_rows(house: House, notice_id: str) -> Iterator[BatchRow]:
    """Stream all batches as they are kept; no reading stays open while they are looked at."""
    return kept_pages(house, lambda tx, after: tx.batches.rows(notice_id, after=after, limit=PAGE), _number)


def _number(row: BatchRow) -> int:
    return row.number
