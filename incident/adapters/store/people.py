"""Rows about people inside one transaction: cohorts, deliveries, events of the mail provider.

Everything here is personal data or points at it, and can be erased. What the states mean is left to the core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, select

from incident.adapters.store import cohort_rows
from incident.adapters.store.bulk import chunks, insert_rows
from incident.adapters.store.cohort_rows import LAST
from incident.adapters.store.commitment_tables import COMMITMENT_NODE
from incident.adapters.store.deliveries import Asked, apart, at_positions, counted, move, one_page, put
from incident.adapters.store.driver import among, ask
from incident.adapters.store.rows import names, values
from incident.adapters.store.seeking import sought
from incident.adapters.store.stretch_tables import COHORT_STRETCH, NAMED
from incident.adapters.store.tables import COHORT_DOCUMENT, DELIVERY, PROVIDER_EVENT
from incident.core.people import DeliveryRow, Node, PersonRow, ProviderEventRow
from incident.core.stretches import Stretch, noting, ranges
from incident.errors import NotFoundError
from incident.ledger.entry import format_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

POSITIONS_AT_ONCE = 1000
_SEEN = "SELECT event_id FROM provider_event WHERE "


class SqlPeople:
    """`ports.People` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save_cohort(
        self,
        incident_id: str,
        cohort_id: str,
        rows: Iterable[PersonRow],
        document: bytes,
        *,
        named: Collection[str] = (),
    ) -> None:
        """Keep a cohort, in order of position, and its stretches; streams, so that memory does not grow with people."""
        self._connection.execute(
            insert(COHORT_DOCUMENT),
            {"cohort_id": cohort_id, "incident_id": incident_id, "document": document},
        )
        places: dict[str, int] = {}
        passed = noting(rows, frozenset(named), places) if named else rows
        found = cohort_rows.save(self._connection, cohort_id, passed)
        listed = ("cohort_id", *Stretch._fields)
        insert_rows(self._connection, COHORT_STRETCH, listed, ((cohort_id, *one) for one in found))
        columns = ("cohort_id", "pseudonym", "position")
        insert_rows(self._connection, NAMED, columns, ((cohort_id, *one) for one in places.items()))

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
        whole = jurisdiction is certainty is None
        places = ((0, LAST),) if whole else self._ranges(cohort_id, jurisdiction, certainty)
        found: list[PersonRow] = []
        for first, last in places:
            if len(found) < limit and last > after:
                page = max(first, after + 1), last, limit - len(found)
                found += cohort_rows.page(self._connection, cohort_id, *page)
        return found

    def _ranges(
        self, cohort_id: str, jurisdiction: str | None, certainty: str | None
    ) -> Sequence[tuple[int, int]]:
        return ranges(self.stretches(cohort_id), jurisdiction=jurisdiction, certainty=certainty)

    def stretches(self, cohort_id: str) -> Sequence[Stretch]:
        """Return the stretches of a cohort, in order."""
        query = select(*(COHORT_STRETCH.c[name] for name in Stretch._fields))
        query = query.where(COHORT_STRETCH.c.cohort_id == cohort_id).order_by(COHORT_STRETCH.c.first)
        return [Stretch(*row) for row in self._connection.execute(query)]

    def person(self, cohort_id: str, position: int) -> PersonRow:
        """Return one person; NotFoundError when there is none at this position."""
        page = self.persons(cohort_id, after=position - 1, limit=1)
        if not page or page[0].position != position:
            raise NotFoundError(f"cohort {cohort_id} has nobody at position {position}")
        return page[0]

    def sought(self, cohort_id: str, *, pseudonym: str = "", holding: bytes = b"") -> PersonRow | None:
        """Return the first person of this pseudonym, or whose record holds these bytes; the database looks."""
        position = sought(self._connection, cohort_id, pseudonym=pseudonym, holding=holding)
        return None if position is None else self.person(cohort_id, position)

    def positions(self, cohort_id: str, pseudonyms: Collection[str]) -> Mapping[str, int]:
        """Return where these pseudonyms stand in the cohort; those who were not named when it was saved are absent."""
        found: dict[str, int] = {}
        query = select(NAMED.c.pseudonym, NAMED.c.position).where(NAMED.c.cohort_id == cohort_id)
        for some in chunks(sorted(pseudonyms), POSITIONS_AT_ONCE):
            page = query.where(NAMED.c.pseudonym.in_(some))
            found |= {name: int(place) for name, place in self._connection.execute(page)}
        return found

    def commitments(self, cohort_id: str, *, first: int, count: int) -> Sequence[bytes]:
        """Return the commitments to people from a position on, in order; nothing else is read."""
        return cohort_rows.commitments(self._connection, cohort_id, first, first + count - 1)

    def keep_nodes(self, tree: str, nodes: Iterable[Node]) -> None:
        """Keep hashes of a tree; streams."""
        listed = ("tree", "level", "number", "hash")
        insert_rows(self._connection, COMMITMENT_NODE, listed, ((tree, *node) for node in nodes))

    def nodes(self, tree: str, level: int, *, first: int, count: int) -> Sequence[bytes]:
        """Return kept hashes of one level, from a place on, in order."""
        of, at = COMMITMENT_NODE.c, COMMITMENT_NODE.c.number
        query = select(of.hash).where(of.tree == tree, of.level == level, at >= first, at < first + count)
        return [bytes(one) for one in self._connection.execute(query.order_by(at)).scalars()]

    def set_apart(self, rows: Iterable[DeliveryRow]) -> None:
        """Keep rows of people who never share a batch's fate; streams."""
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
        asked = Asked(notice_id, batch, frozenset(states), after)
        if positions:
            return at_positions(self._connection, asked, sorted(set(positions)), limit)
        return one_page(self._connection, asked, limit)

    def apart(self, notice_id: str, batches: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
        """Return the states of those in these batches who have a row of their own: by batch, by position."""
        return apart(self._connection, notice_id, batches)

    def move_deliveries(
        self, notice_id: str, positions: Sequence[int], *, state: str, reason: str | None, at: datetime
    ) -> None:
        """Put people into a state by rows of their own; NotFoundError, and nothing moves, when one is not there."""
        move(
            self._connection,
            notice_id,
            sorted(set(positions)),
            state=state,
            reason=reason,
            at=format_instant(at),
        )

    def put_own(self, rows: Iterable[DeliveryRow]) -> None:
        """Give people rows of their own, or newer ones; streams."""
        put(self._connection, map(values, rows))

    def count_deliveries(self, notice_id: str) -> Mapping[str, int]:
        """Return how many deliveries are in each state; states without one are absent."""
        return counted(self._connection, notice_id)

    def new_events(self, rows: Sequence[ProviderEventRow]) -> Sequence[ProviderEventRow]:
        """Keep the events whose id was not seen before, and return those, in order."""
        if not rows:
            return []
        first: dict[str, ProviderEventRow] = {}
        for row in rows:
            first.setdefault(row.event_id, row)
        seen: set[str] = set()
        for some in chunks(first, POSITIONS_AT_ONCE):
            listed, ids = among(self._connection, "event_id", some)
            seen.update(event_id for (event_id,) in ask(self._connection, _SEEN + listed, (ids,)))
        new = [row for event_id, row in first.items() if event_id not in seen]
        insert_rows(self._connection, PROVIDER_EVENT, names(ProviderEventRow), map(values, new))
        return new
