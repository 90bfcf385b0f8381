"""Rows as they are kept, a page at a time, each page in a reading of its own: none stays open while rows are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from incident.ports import Transaction
    from incident.service.house import House

PAGE = 1000
T = TypeVar("T")


def kept_pages(
    house: House, page: Callable[[Transaction, int], Sequence[T]], place: Callable[[T], int]
) -> Iterator[T]:
    """Stream rows; `page` reads those after a place, and `place` says where a row stands."""
    after = -1
    while True:
        with house.store.reading() as tx:
            found = page(tx, after)
        if not found:
            return
        yield from found
        after = place(found[-1])
