"""What is committed to of people, some hundreds of neighbors in one row."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary

from incident.adapters.store.tables import METADATA, TEXT, _Base, _column


class PersonBlock(_Base, table=True):
    """Up to 256 neighbors of a cohort: what is known of each, key, record, and the commitment to both (`blocks`)."""

    __tablename__ = "person_block"
    cohort_id: str = _column(TEXT, primary_key=True)
    number: int = _column(Integer, primary_key=True)
    positions: str = _column(TEXT)
    known: str = _column(TEXT)
    commitments: bytes = _column(LargeBinary)
    keys: bytes = _column(LargeBinary)
    records: bytes = _column(LargeBinary)


PERSON_BLOCK = METADATA.tables["person_block"]
