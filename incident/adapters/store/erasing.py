"""Destroy rows about people inside one transaction; what may be destroyed is decided elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, and_, func, select, update

from incident.adapters.store import cohort_rows
from incident.adapters.store.blocks import Held
from incident.adapters.store.seeking import positions_of
from incident.adapters.store.stretch_tables import NAMED
from incident.adapters.store.tables import BATCH, COHORT_DOCUMENT, PERSON, PROVIDER_EVENT
from incident.core.erasure import Found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GONE = "erased"


class SqlErasing:
    """`ports.Erasing` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        if connection.dialect.name == "sqlite":  # freed bytes are overwritten with zeros
            connection.exec_driver_sql("PRAGMA secure_delete=ON")

    def find(self, email: str) -> Sequence[Found]:
        """Return where a lower-case address stands."""
        query = (
            select(COHORT_DOCUMENT.c.incident_id, PERSON.c.cohort_id, PERSON.c.position)
            .join(COHORT_DOCUMENT, COHORT_DOCUMENT.c.cohort_id == PERSON.c.cohort_id)
            .where(func.lower(PERSON.c.email) == email)
            .order_by(COHORT_DOCUMENT.c.incident_id, PERSON.c.cohort_id, PERSON.c.position)
        )
        return [Found(*row) for row in self._connection.execute(query).tuples()]

    def positions(self, cohort_id: str, pseudonym: str) -> Sequence[int]:
        """Return the positions of a person in one cohort."""
        return positions_of(self._connection, cohort_id, pseudonym)

    def erase_people(self, cohort_id: str, positions: Sequence[int]) -> None:
        """Empty all that names or tells of a person; place, commitment and coded counts stay."""
        self._connection.execute(
            update(PERSON)
            .where(PERSON.c.cohort_id == cohort_id, PERSON.c.position.in_(positions))
            .values(email=None, name=None)
        )
        cohort_rows.rewrite(self._connection, cohort_id, positions, _emptied)
        self._connection.execute(
            NAMED.delete().where(NAMED.c.cohort_id == cohort_id, NAMED.c.position.in_(positions))
        )

    def put_header(self, cohort_id: str, header: bytes) -> None:
        """Replace the header of a cohort, from which a person was left out."""
        self._connection.execute(
            update(COHORT_DOCUMENT).where(COHORT_DOCUMENT.c.cohort_id == cohort_id).values(document=header)
        )

    def erase_salts(self, notice_id: str, batches: Sequence[int]) -> None:
        """Empty the salts of batches, by which the hash over their people could be compared with guesses."""
        self._connection.execute(
            update(BATCH).where(BATCH.c.notice_id == notice_id, BATCH.c.number.in_(batches)).values(salt=b"")
        )

    def count_reports(self, places: Mapping[str, Sequence[int]]) -> int:
        """Count the provider's reports about people at these positions, by notice."""
        return sum(
            self._connection.execute(select(func.count()).where(_about(notice_id, positions))).scalar_one()
            for notice_id, positions in places.items()
        )

    def erase_reports(self, places: Mapping[str, Sequence[int]]) -> None:
        """Empty the raw text of those reports; that and when they came stays."""
        for notice_id, positions in places.items():
            self._connection.execute(
                update(PROVIDER_EVENT).where(_about(notice_id, positions)).values(raw=b"")
            )


def _emptied(held: Held) -> Held:
    return held._replace(pseudonym=GONE, phone=None, record=b"", key=b"")


def _about(notice_id: str, positions: Sequence[int]) -> ColumnElement[bool]:
    return and_(PROVIDER_EVENT.c.notice_id == notice_id, PROVIDER_EVENT.c.position.in_(positions))
