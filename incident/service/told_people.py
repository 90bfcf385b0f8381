"""Read those of a frozen cohort who are told, as letters go by them, and compare with what was frozen."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from incident.core.addressees import Addressees
from incident.core.events import CohortFrozen
from incident.core.people import PersonRow
from incident.core.stretches import Kind, Stretch, Told
from incident.errors import TamperError
from incident.ports import Transaction
from incident.service.house import House

if TYPE_CHECKING:
    from incident.service.verifying import Count

PAGE = 5120


def told_people(house: House, cohort: CohortFrozen) -> Iterator[tuple[Kind, Addressees]]:
    """Stream those who are told, neighbors of one kind together.

    TamperError when what letters go by is not what was frozen and approved: at once, or at the end.
    """
    wrong = TamperError(
        f"what letters to {cohort.cohort_id} go by is not what was frozen; see `tocsin verify`"
    )
    with house.store.reading() as tx:
        first_of_all: Sequence[PersonRow] = (
            tx.people.persons(cohort.cohort_id, limit=1) if cohort.told else ()
        )
        told = Told(b"".join(row.key for row in first_of_all))
        for kind, size, people in _read(tx, cohort):
            if len(people) != size or not people.are_text:
                raise wrong
            told.add(kind, people.lines)
            yield kind, people
    if told.hexdigest() != cohort.told_sha256:
        raise wrong


def check_told(house: House, cohort: CohortFrozen, count: Count, *, erased: frozenset[int]) -> None:
    """Compare what letters go by with what was frozen; once somebody told is erased it can not be any longer."""
    if any(position < cohort.told for position in erased):
        return
    try:
        deque(told_people(house, cohort), maxlen=0)
    except TamperError as error:
        count.wrong.append(str(error))


def _read(tx: Transaction, cohort: CohortFrozen) -> Iterator[tuple[Kind, int, Addressees]]:
    """Read page by page, and how many should be there."""
    for kind, first, last in _pages(tx.people.stretches(cohort.cohort_id), cohort.told):
        yield kind, last - first + 1, tx.batches.addressed(cohort.cohort_id, first, last)


def _pages(found: Iterable[Stretch], told: int) -> Iterator[tuple[Kind, int, int]]:
    """Cut what is told of stretches into pages."""
    for one in found:
        for first in range(one.first, min(one.last + 1, told), PAGE):
            yield one.kind, first, min(first + PAGE - 1, one.last, told - 1)
