"""What a scoping answers with: people, what of each was exposed, and everything that is not settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.scoping.question import TOLD, Certainty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from incident.core.scoping.joining import ConflictKind, Link, Place
    from incident.core.scoping.judging import Reason
    from incident.core.scoping.question import Question
    from incident.core.scoping.reader import ReadSummary
    from incident.core.scoping.records import Confidence, Identity

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Residence:
    """Where a person lives for the law: `jurisdiction` is ISO 3166-2, else 3166-1, else `unknown`."""

    jurisdiction: str = UNKNOWN
    source: str = ""
    confidence: Confidence | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One way in which one person's data was exposed; the first twenty rows by number, the count whole.

    `unseen` are categories that the evidence can neither show nor rule out. Times are None for a whole store.
    """

    system: str
    categories: tuple[str, ...]
    certainty: Certainty
    reason: Reason
    evidence_id: str
    sha256: str
    rows: tuple[int, ...]
    row_count: int
    unseen: tuple[str, ...] = ()
    first_at: datetime | None = None
    last_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One reason why a system's record of a person, or its silence, is no exposure."""

    reason: Reason
    system: str
    evidence_id: str = ""
    sha256: str = ""
    rows: tuple[int, ...] = ()
    row_count: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One human as the evidence shows them.

    `email` is the best address for sending, None when there is none.
    """

    pseudonym: str
    identities: tuple[Identity, ...]
    email: str | None
    name: str | None
    phone: str | None
    language: str | None
    residence: Residence
    certainty: Certainty
    exposures: tuple[Exposure, ...]
    exclusions: tuple[Exclusion, ...]
    places: tuple[Place, ...]
    links: tuple[Link, ...]
    staff: bool = False
    disabled: bool = False

    @property
    def is_told(self) -> bool:
        """Everyone but the excluded is told."""
        return self.certainty in TOLD

    @property
    def categories(self) -> tuple[str, ...]:
        """The data categories exposed, over all systems, sorted."""
        return tuple(sorted({name for exposure in self.exposures for name in exposure.categories}))


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Items read in bulk whose owners the log does not name.

    `items` is None when even the number is hidden. Bounded: every possible owner is known and counted as
    possible; otherwise nobody can be called excluded on this log, and "all accounted for" is blocked.
    """

    system: str
    evidence_id: str
    sha256: str
    collection: str
    categories: tuple[str, ...]
    items: int | None
    rows: tuple[int, ...]
    row_count: int
    first_at: datetime
    last_at: datetime
    candidates: int
    bounded: bool
    because: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A likeness that only a person may confirm; names the people by pseudonym."""

    kind: str
    people: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that does not fit together; the people are named by pseudonym."""

    kind: ConflictKind
    detail: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something the scoper must know; a blocking note stands against "all accounted for"."""

    code: str
    system: str
    count: int
    text: str
    blocking: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """People by certainty; of those told, by jurisdiction and by category."""

    by_certainty: Mapping[str, int]
    by_jurisdiction: Mapping[str, int]
    by_category: Mapping[str, int]
    without_email: int
    staff: int


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """The answer; `people` are sorted by certainty, then pseudonym."""

    question: Question
    people: tuple[Person, ...]
    unresolved: tuple[Unresolved, ...]
    suggestions: tuple[Suggestion, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[Note, ...]
    reports: tuple[ReadSummary, ...]
    counts: Counts

    @property
    def told(self) -> tuple[Person, ...]:
        """The people of the cohort."""
        return tuple(person for person in self.people if person.is_told)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Why not everybody is accounted for; empty when everybody is."""
        return tuple(note.text for note in self.notes if note.blocking)
