"""Rows about people inside one transaction: cohorts, deliveries, events of the mail provider.

Everything here is personal data or points at it, and can be erased. What the states mean is left to the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from incident.adapters.store.bulk import chunks, insert_rows
from incident.adapters.store.rows import columns, names, read, values
from incident.adapters.store.tables import COHORT_DOCUMENT, DELIVERY, PERSON, PROVIDER_EVENT
from incident.core.people import DeliveryRow, PersonRow, ProviderEventRow
from incident.errors import NotFoundError
from incident.ledger.entry import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

POSITIONS_AT_ONCE = 1000


class SqlPeople:
    """`ports.People` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_cohort(
        self, incident_id: str, cohort_id: str, rows: Iterable[PersonRow], document: bytes
    ) -> None:
        """Keep a cohort; streams, so that memory does not grow with the number of people."""
        self._connection.execute(
            insert(COHORT_DOCUMENT),
            {"cohort_id": cohort_id, "incident_id": incident_id, "document": document},
        )
        listed = ("cohort_id", *names(PersonRow))
        insert_rows(self._connection, PERSON, listed, ((cohort_id, *values(row)) for row in rows))

    def cohort_document(self, cohort_id: str) -> bytes:
        """Return the canonical bytes of a cohort; NotFoundError when there is none."""
        found = self._connection.execute(
            select(COHORT_DOCUMENT.c.document).where(COHORT_DOCUMENT.c.cohort_id == cohort_id)
        ).scalar_one_or_none()
        if found is None:
            raise NotFoundError(f"no document of cohort {cohort_id}")
        return bytes(found)

    def persons(
        self,
        cohort_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        jurisdiction: str | None = None,
        certainty: str | None = None,
    ) -> Sequence[PersonRow]:
        """Return one page of a cohort, in order of position; of one jurisdiction and certainty, if named."""
        query = (
            _all(PERSON, PersonRow)
            .where(PERSON.c.cohort_id == cohort_id, PERSON.c.position > after)
            .order_by(PERSON.c.position)
            .limit(limit)
        )
        if jurisdiction is not None:
            query = query.where(PERSON.c.jurisdiction == jurisdiction)
        if certainty is not None:
            query = query.where(PERSON.c.certainty == certainty)
        return [read(PersonRow, row) for row in self._connection.execute(query)]

    def person(self, cohort_id: str, position: int) -> PersonRow:
        """Return one person; NotFoundError when there is none at this position."""
        page = self.persons(cohort_id, after=position - 1, limit=1)
        if not page or page[0].position != position:
            raise NotFoundError(f"cohort {cohort_id} has nobody at position {position}")
        return page[0]

    def plan_deliveries(self, rows: Iterable[DeliveryRow]) -> None:
        """Keep new deliveries; streams."""
        insert_rows(self._connection, DELIVERY, names(DeliveryRow), map(values, rows))

    def deliveries(
        self,
        notice_id: str,
        *,
        batch: int | None = None,
        states: Sequence[str] = (),
        positions: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[DeliveryRow]:
        """Return one page of deliveries in order of position; empty filters let everything through."""
        query = (
            _all(DELIVERY, DeliveryRow)
            .where(DELIVERY.c.notice_id == notice_id, DELIVERY.c.position > after)
            .order_by(DELIVERY.c.position)
        )
        if batch is not None:
            query = query.where(DELIVERY.c.batch == batch)
        if states:
            query = query.where(DELIVERY.c.state.in_(states))
        if not positions:
            return self._deliveries(query, limit)
        found: list[DeliveryRow] = []
        for some in chunks(sorted(set(positions)), POSITIONS_AT_ONCE):
            found += self._deliveries(query.where(DELIVERY.c.position.in_(some)), limit - len(found))
            if len(found) >= limit:
                break
        return found

    def move_deliveries(
        self, notice_id: str, positions: Sequence[int], *, state: str, reason: str | None, at: datetime
    ) -> None:
        """Put deliveries into a state; NotFoundError, and nothing moves, when one of them does not exist."""
        fresh = {"state": state, "reason": reason, "changed_at": format_instant(at)}
        wanted, moved = sorted(set(positions)), 0
        with self._connection.begin_nested():
            for some in chunks(wanted, POSITIONS_AT_ONCE):
                moved += self._connection.execute(
                    update(DELIVERY)
                    .where(DELIVERY.c.notice_id == notice_id, DELIVERY.c.position.in_(some))
                    .values(fresh)
                ).rowcount
            if moved != len(wanted):
                missing = len(wanted) - moved
                raise NotFoundError(f"notice {notice_id} has no delivery at {missing} of these positions")

    def count_deliveries(self, notice_id: str) -> Mapping[str, int]:
        """Return how many deliveries are in each state; states without one are absent."""
        counted = self._connection.execute(
            select(DELIVERY.c.state, func.count())
            .where(DELIVERY.c.notice_id == notice_id)
            .group_by(DELIVERY.c.state)
            .order_by(DELIVERY.c.state)
        )
        return dict(counted.tuples().all())

    def new_events(self, rows: Sequence[ProviderEventRow]) -> Sequence[ProviderEventRow]:
        """Keep the events whose id was not seen before, and return those, in order."""
        if not rows:
            return []
        first: dict[str, ProviderEventRow] = {}
        for row in rows:
            first.setdefault(row.event_id, row)
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        kept = self._connection.execute(
            dialect.insert(PROVIDER_EVENT).on_conflict_do_nothing().returning(PROVIDER_EVENT.c.event_id),
            [columns(row) for row in first.values()],
        )
        new = set(kept.scalars())
        return [row for event_id, row in first.items() if event_id in new]

    def _deliveries(self, query: Select[Any], limit: int) -> list[DeliveryRow]:
        return [read(DeliveryRow, row) for row in self._connection.execute(query.limit(limit))]


def _all(table: Table, kind: type[Any]) -> Select[Any]:
    return select(*(table.c[name] for name in names(kind)))
