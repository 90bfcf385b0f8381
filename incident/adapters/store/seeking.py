"""Find one person of a cohort by what is known of them: the database looks through its rows, none is handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.adapters.store import blocks
from incident.adapters.store.cohort_rows import blocks_holding

if TYPE_CHECKING:
    from sqlalchemy import Connection


def sought(connection: Connection, cohort_id: str, *, pseudonym: str, holding: bytes) -> int | None:
    """Return the position of the first person of this pseudonym, or whose record holds these bytes."""
    text = blocks.said(pseudonym) if pseudonym else ""
    for people in blocks_holding(connection, cohort_id, text=text, record=holding):
        for position, one in people.items():
            if one.pseudonym == (pseudonym or one.pseudonym) and holding in one.record:
                return position
    return None


def positions_of(connection: Connection, cohort_id: str, pseudonym: str) -> list[int]:
    """Return the positions of everybody of this pseudonym, in order."""
    return [
        position
        for people in blocks_holding(connection, cohort_id, text=blocks.said(pseudonym))
        for position, one in people.items()
        if one.pseudonym == pseudonym
    ]
