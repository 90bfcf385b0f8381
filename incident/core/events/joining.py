"""Events of joining: which records a person decided to be of one human, or not, by position in a frozen cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event


@event("merge:confirmed")
@dataclass(frozen=True, slots=True)
class MergeConfirmed:
    """Two people of a cohort are one human. Counts from the next scoping on; can be undone."""

    KIND: ClassVar[str]
    merge_id: str
    cohort_id: str
    left: int
    right: int
    reason: str


@event("identity:separated")
@dataclass(frozen=True, slots=True)
class SetApart:
    """What one person of a cohort was joined by, of this kind, is shared by several: it joins nobody from now on."""

    KIND: ClassVar[str]
    merge_id: str
    cohort_id: str
    position: int
    identity_kind: str
    reason: str


@event("merge:reversed")
@dataclass(frozen=True, slots=True)
class MergeUndone:
    """A decision about joining no longer holds."""

    KIND: ClassVar[str]
    merge_id: str
    reason: str
