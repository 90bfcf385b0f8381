"""Events of letting letters go: pause, stop, the seeds, the first slice, and what was seen of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event


@event("canary:planned")
@dataclass(frozen=True, slots=True)
class CanaryPlanned:
    """Everything is held; first `seeds` mailboxes of our own, then a slice, then the rest.

    `reports` says whether the transport reports delivery; `slice_batches` are ranges of the batches let go first.
    """

    KIND: ClassVar[str]
    notice_id: str
    seeds: int
    slice_people: int
    slice_batches: str
    watch_minutes: int
    most_bad_percent: int
    reports: bool


@event("canary:intended")
@dataclass(frozen=True, slots=True)
class CanaryIntended:
    """Recorded before the first call: every letter is about to go to every seed, so many letters."""

    KIND: ClassVar[str]
    notice_id: str
    letters: int


@event("canary:sent")
@dataclass(frozen=True, slots=True)
class CanarySent:
    """Every letter went to every seed: so many letters, so many taken; `findings` say what is wrong with them."""

    KIND: ClassVar[str]
    notice_id: str
    letters: int
    taken: int
    findings: tuple[str, ...]


@event("canary:observed")
@dataclass(frozen=True, slots=True)
class CanarySeen:
    """A letter arrived at a seed: the provider reported it, or a person looked into the mailbox."""

    KIND: ClassVar[str]
    notice_id: str
    how: str


@event("canary:passed")
@dataclass(frozen=True, slots=True)
class CanaryPassed:
    """The seeds or the slice are as they should be, or a person decided to go on all the same, with a reason."""

    KIND: ClassVar[str]
    notice_id: str
    stage: str
    reason: str


@event("canary:failed")
@dataclass(frozen=True, slots=True)
class CanaryFailed:
    """The seeds or the slice are not as they should be; nothing more goes before a person decides."""

    KIND: ClassVar[str]
    notice_id: str
    stage: str
    findings: tuple[str, ...]


@event("notice:paused")
@dataclass(frozen=True, slots=True)
class NoticePaused:
    """A person holds the sending up; calls under way are still answered for."""

    KIND: ClassVar[str]
    notice_id: str
    reason: str


@event("notice:halted")
@dataclass(frozen=True, slots=True)
class NoticeHalted:
    """A person stopped the sending for good; who was not handed over needs another way."""

    KIND: ClassVar[str]
    notice_id: str
    reason: str
