"""The port that keeps rows about people: cohorts, what differs from a batch, events of the provider."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from incident.core.people import DeliveryRow, PersonRow, ProviderEventRow


class People(Protocol):
    """Rows about people inside one transaction; all of it erasable."""

    def save_cohort(
        self, incident_id: str, cohort_id: str, rows: Iterable[PersonRow], document: bytes
    ) -> None: ...
    def cohort_document(self, cohort_id: str) -> bytes: ...
    def persons(self, cohort_id: str, *, after: int = -1, limit: int = 1000) -> Sequence[PersonRow]: ...
    def person(self, cohort_id: str, position: int) -> PersonRow: ...
    def set_apart(self, rows: Iterable[DeliveryRow]) -> None:
        """Keep rows of people who never share a batch's fate."""
        ...

    def apart(self, notice_id: str, batches: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
        """Return the states of those in these batches who have a row of their own: by batch, by position."""
        ...

    def deliveries(
        self,
        notice_id: str,
        *,
        batch: int | None = None,
        states: Sequence[str] = (),
        positions: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[DeliveryRow]: ...
    def move_deliveries(
        self, notice_id: str, positions: Sequence[int], *, state: str, reason: str | None, at: datetime
    ) -> None: ...
    def count_deliveries(self, notice_id: str) -> Mapping[str, int]: ...
    def put_own(self, rows: Iterable[DeliveryRow]) -> None:
        """Give people rows of their own, or newer ones; each was laid out or set apart before."""
        ...

    def new_events(self, rows: Sequence[ProviderEventRow]) -> Sequence[ProviderEventRow]:
        """Keep the events whose id was not seen before, and return those, in order."""
        ...
