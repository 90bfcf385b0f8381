"""Read the people of a frozen cohort, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from incident.core.events import CohortFrozen
from incident.core.people import PersonRow
from incident.service.house import House

PAGE = 1000


def people_to_tell(house: House, cohort: CohortFrozen) -> Iterator[PersonRow]:
    """Stream everyone of a cohort who is to be told, by position."""
    return (person for person in people(house, cohort.cohort_id) if person.position < cohort.told)


def people(house: House, cohort_id: str) -> Iterator[PersonRow]:
    """Stream everyone of a cohort, the excluded too, by position."""
    after = -1
    while True:
        with house.store.reading() as tx:
            page = tx.people.persons(cohort_id, after=after, limit=PAGE)
        if not page:
            return
        yield from page
        after = page[-1].position
