"""Where people of a kind, and people who are named, stand in a cohort."""

from __future__ import annotations

from sqlalchemy import Integer

from incident.adapters.store.tables import METADATA, TEXT, _Base, _column


class CohortStretch(_Base, table=True):
    """Neighbors in a cohort of one language, place, certainty and exposure."""

    __tablename__ = "cohort_stretch"
    cohort_id: str = _column(TEXT, primary_key=True)
    first: int = _column(Integer, primary_key=True)
    last: int = _column(Integer)
    language: str = _column(TEXT)
    jurisdiction: str = _column(TEXT)
    certainty: str = _column(TEXT)
    exposure: str = _column(TEXT)


class CohortNamed(_Base, table=True):
    """Where somebody stands whom the cohort's header names, by pseudonym."""

    __tablename__ = "cohort_named"
    cohort_id: str = _column(TEXT, primary_key=True)
    pseudonym: str = _column(TEXT, primary_key=True)
    position: int = _column(Integer)


COHORT_STRETCH = METADATA.tables["cohort_stretch"]
NAMED = METADATA.tables["cohort_named"]
