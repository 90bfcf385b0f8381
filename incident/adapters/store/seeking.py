"""Find one person of a cohort by what is known of them: the database looks through its rows, none is handed out."""

from __future__ import annotations

from sqlalchemy import Connection, LargeBinary, func, literal, select

from incident.adapters.store.tables import PERSON


def sought(connection: Connection, cohort_id: str, *, pseudonym: str, holding: bytes) -> int | None:
    """Return the position of the first person of this pseudonym, or whose record holds these bytes."""
    query = select(PERSON.c.position).where(PERSON.c.cohort_id == cohort_id)
    if pseudonym:
        query = query.where(PERSON.c.pseudonym == pseudonym)
    if holding:
        wanted = literal(holding, LargeBinary)
        is_sqlite = connection.dialect.name == "sqlite"
        place = (
            func.instr(PERSON.c.record, wanted)
            if is_sqlite
            else func.position(wanted.op("IN")(PERSON.c.record))
        )
        query = query.where(place > 0)
    found = connection.execute(query.order_by(PERSON.c.position).limit(1)).scalar_one_or_none()
    return None if found is None else int(found)
