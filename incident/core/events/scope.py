"""Events of scoping and law: the cohort, and what must be done about it by when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from incident.core.events.codec import event


@event("cohort:frozen")
@dataclass(frozen=True, slots=True)
class CohortFrozen:
    """The list of affected people, frozen: counts and commitments, no person.

    `commitment` is the RFC 6962 root over one keyed commitment a person; `people` counts everyone listed,
    `told` those to be told now. Positions in the cohort run from 0 to people - 1, the told first, and `told_sha256` is
    over what letters to these go by (`core.stretches`). A later wave
    `follows` the cohorts whose people were told already: `by_change` says what it changes, and the other counts are of
    everyone affected, but `told` and `without_email` of those to be told now.
    """

    KIND: ClassVar[str]
    cohort_id: str
    wave: int
    question: Mapping[str, Any]
    evidence_ids: tuple[str, ...]
    readers: Mapping[str, str]
    commitment: str
    people: int
    told: int
    without_email: int
    by_certainty: Mapping[str, int]
    by_jurisdiction: Mapping[str, int]
    by_category: Mapping[str, int]
    by_language: Mapping[str, int]
    unresolved_items: int
    blocks: tuple[str, ...]
    quarantined_rows: int
    unread_evidence: tuple[str, ...]
    document_sha256: str
    told_sha256: str
    follows: tuple[str, ...]
    by_change: Mapping[str, int]

    @property
    def affected(self) -> int:
        """How many people are affected over all waves; each lives in one place, known or not."""
        return sum(self.by_jurisdiction.values())


@event("gap:accepted")
@dataclass(frozen=True, slots=True)
class GapAccepted:
    """A named person decided that something scoping could not settle does not stand in the way, and why."""

    KIND: ClassVar[str]
    cohort_id: str
    gap: str
    reason: str


@event("obligations:determined")
@dataclass(frozen=True, slots=True)
class ObligationsDetermined:
    """The law was asked, with which facts; what arose and what did not follows as entries of its own."""

    KIND: ClassVar[str]
    basis: str
    catalogue: str
    required: int
    considered: int
    not_covered: tuple[str, ...]
    missing_facts: tuple[str, ...]
    questions: tuple[str, ...]


@event("obligation:arose")
@dataclass(frozen=True, slots=True)
class ObligationArose:
    """A duty, the promise or a contract applied to this incident, with `because`.

    Arising again under the same id replaces the deadline and the derivation; the earlier entry stays.
    """

    KIND: ClassVar[str]
    obligation_id: str
    rule: str
    regime: str
    jurisdiction: str
    recipient: str
    authority: str | None
    required: bool
    due_at: datetime | None
    due_on: date | None
    number_in_law: bool
    clock: str
    relation: str | None
    derivation: str
    extended_reading: str | None
    because: str
    citation: str
    confidence: str
    checked_on: date | None
    stale: bool
    channel: str | None


@event("obligation:lapsed")
@dataclass(frozen=True, slots=True)
class ObligationLapsed:
    """The facts changed and the duty no longer arises; it is kept, with the reason."""

    KIND: ClassVar[str]
    obligation_id: str
    because: str


@event("obligation:waived")
@dataclass(frozen=True, slots=True)
class ObligationWaived:
    """A named person decided that the duty is not required here."""

    KIND: ClassVar[str]
    obligation_id: str
    reason: str


@event("obligation:met")
@dataclass(frozen=True, slots=True)
class ObligationMet:
    """The duty is done; `met_at` is when it happened."""

    KIND: ClassVar[str]
    obligation_id: str
    met_at: datetime
    how: str


@event("deadline:missed")
@dataclass(frozen=True, slots=True)
class DeadlineMissed:
    """A deadline passed with the duty open: lateness is frozen here, whatever comes later."""

    KIND: ClassVar[str]
    obligation_id: str
    due_at: datetime
