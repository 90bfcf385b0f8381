"""Read the people of a frozen cohort, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator

from incident.core.events import CohortFrozen
from incident.core.people import PersonRow
from incident.service.house import House
from incident.service.kept_pages import PAGE, kept_pages


def people_to_tell(house: House, cohort: CohortFrozen) -> Iterator[PersonRow]:
    """Stream everyone of a cohort who is to be told, by position."""
    return (person for person in people(house, cohort.cohort_id) if person.position < cohort.told)


def people(house: House, cohort_id: str) -> Iterator[PersonRow]:
    """Stream everyone of a cohort, the excluded too, by position."""
    return kept_pages(
        house, lambda tx, after: tx.people.persons(cohort_id, after=after, limit=PAGE), _position
    )


def _position(row: PersonRow) -> int:
    return row.position
