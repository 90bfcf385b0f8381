"""What a scoping answers with: people, what of each was exposed, and everything that is not settled."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from incident.core.scoping.joining import ConflictKind
from incident.core.scoping.question import RANK, TOLD, Certainty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from incident.core.scoping.joining import Place
    from incident.core.scoping.judging import Reason
    from incident.core.scoping.question import Question
    from incident.core.scoping.reader import ReadSummary
    from incident.core.scoping.records import Card, Confidence, Identity

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
class Earlier:
    """A place in an earlier cohort whose people were told: certainty by category, as it was told."""

    cohort_id: str
    position: int
    levels: tuple[tuple[str, Certainty], ...]


class Change(StrEnum):
    """What a later wave means for one person; only the added and the worsened are told again."""

    ADDED = "added"
    WORSENED = "worsened"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Person:
    """One human as the evidence shows them.

    `email` is the best address for sending, None when there is none. A card is expired when its month lies before
    `expired_before`.
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
    joined_by: tuple[str, ...]
    staff: bool = False
    disabled: bool = False
    earlier: tuple[Earlier, ...] = ()
    cards: tuple[Card, ...] = ()
    expired_before: str = ""

    @property
    def is_told(self) -> bool:
        """Everyone but the excluded is told."""
        return self.certainty in TOLD

    @property
    def change(self) -> Change:
        """What this scoping changes for a person, given what they were told before."""
        if not self.earlier:
            return Change.ADDED if self.is_told else Change.EXCLUDED
        if not self.is_told:
            return Change.KEPT
        surest: dict[str, int] = {}
        for name, level in (pair for old in self.earlier for pair in old.levels):
            surest[name] = min(RANK[level], surest.get(name, len(RANK)))
        worse = any(RANK[level] < surest.get(name, len(RANK)) for name, level in self.levels.items())
        return Change.WORSENED if worse else Change.UNCHANGED

    @property
    def levels(self) -> dict[str, Certainty]:
        """The strongest certainty by category; what the evidence cannot show is possible."""
        strongest: dict[str, Certainty] = {}
        for exposure in self.exposures:
            pairs = [(name, exposure.certainty) for name in exposure.categories]
            pairs += [(name, Certainty.POSSIBLE) for name in exposure.unseen]
            for name, level in pairs:
                present = strongest.get(name)
                if present is None or RANK[level] < RANK[present]:
                    strongest[name] = level
        return strongest

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
    """Everyone by certainty and by what this wave changes; of those told now, by jurisdiction and category.

    `conflicts` and `suggestions` are how many there are; the first are listed.
    """

    people: int
    told: int
    by_certainty: Mapping[str, int]
    by_jurisdiction: Mapping[str, int]
    by_category: Mapping[str, int]
    by_change: Mapping[str, int]
    without_email: int
    staff: int
    conflicts: int
    suggestions: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What a scoping answers apart from the people themselves."""

    question: Question
    unresolved: tuple[Unresolved, ...]
    suggestions: tuple[Suggestion, ...]
    conflicts: tuple[Conflict, ...]
    notes: tuple[Note, ...]
    reports: tuple[ReadSummary, ...]
    counts: Counts

    @property
    def blocks(self) -> tuple[str, ...]:
        """Why not everybody is accounted for; empty when everybody is."""
        return tuple(note.text for note in self.notes if note.blocking)


@dataclass(frozen=True, slots=True)
class ScopeResult(Finding):
    """The answer with its people, for evidence that fits in memory; sorted by certainty, then pseudonym."""

    people: tuple[Person, ...] = ()

    @property
    def told(self) -> tuple[Person, ...]:
        """The people of the cohort."""
        return tuple(person for person in self.people if person.is_told)
