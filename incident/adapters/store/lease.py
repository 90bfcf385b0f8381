"""The lease of an incident: one run works on it at a time, and a dead run's lease runs out.

One statement decides, so there is one winner on both databases; when to renew is left to the flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from incident.adapters.store.tables import LEASE
from incident.ledger.entry import format_instant, parse_instant

if TYPE_CHECKING:
    from datetime import datetime


def claim(connection: Connection, incident_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
    """Take the lease if it is free, run out (`until` <= now) or already the owner's."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(LEASE).values(incident_id=incident_id, owner=owner, until=format_instant(until))
    taken = connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[LEASE.c.incident_id],
            set_={"owner": fresh.excluded.owner, "until": fresh.excluded.until},
            where=or_(LEASE.c.until <= format_instant(now), LEASE.c.owner == owner),
        ).returning(LEASE.c.incident_id)
    )
    return taken.one_or_none() is not None


def release(connection: Connection, incident_id: str, owner: str) -> None:
    """Give the lease back; someone else's lease stays."""
    connection.execute(delete(LEASE).where(LEASE.c.incident_id == incident_id, LEASE.c.owner == owner))


def held(connection: Connection, incident_id: str) -> tuple[str, datetime] | None:
    """Return who holds the lease and until when, run out or not; None when nobody does."""
    query = select(LEASE.c.owner, LEASE.c.until).where(LEASE.c.incident_id == incident_id)
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.owner, parse_instant(found.until))
