"""Events of telling people: letters, approval, sending, settling, other channels.

People appear as positions in a cohort, never as anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from incident.core.events.codec import event


@event("letter:drafted")
@dataclass(frozen=True, slots=True)
class LetterDrafted:
    """One variant, rendered; `sha256` is over subject, text and HTML as kept with the letters."""

    KIND: ClassVar[str]
    letter_id: str
    cohort_id: str
    regime: str
    language: str
    exposure: str
    sha256: str
    people: int
    template_version: str
    findings: tuple[str, ...]


@event("letter:withdrawn")
@dataclass(frozen=True, slots=True)
class LetterWithdrawn:
    """A draft is no longer current; says why."""

    KIND: ClassVar[str]
    letter_id: str
    reason: str


@event("letters:determined")
@dataclass(frozen=True, slots=True)
class LettersDetermined:
    """The letters are current for the facts and the cohort as they are; `letters_sha256` is over all of them."""

    KIND: ClassVar[str]
    cohort_id: str
    letters: int
    letters_sha256: str


@event("approval:requested")
@dataclass(frozen=True, slots=True)
class ApprovalRequested:
    """The triple cohort x letters x send waits for a second person."""

    KIND: ClassVar[str]
    approval_id: str
    cohort_id: str
    triple: str
    cohort_commitment: str
    letters_sha256: str
    send_sha256: str
    transport: str


@event("approval:refused")
@dataclass(frozen=True, slots=True)
class ApprovalRefused:
    """Somebody tried to approve who may not; kept for the post-mortem."""

    KIND: ClassVar[str]
    REFUSES: ClassVar[bool] = True
    approval_id: str
    reason: str


@event("notice:approved")
@dataclass(frozen=True, slots=True)
class NoticeApproved:
    """A named person's yes to frozen hashes."""

    KIND: ClassVar[str]
    approval_id: str
    triple: str


@event("approval:voided")
@dataclass(frozen=True, slots=True)
class ApprovalVoided:
    """Something approved has changed; the yes is void."""

    KIND: ClassVar[str]
    approval_id: str
    reason: str


@event("notice:planned")
@dataclass(frozen=True, slots=True)
class NoticePlanned:
    """The approved letters were laid out in batches; `tally` counts the delivery states it starts with.

    `settles_on` says what counts as told on this transport: "delivered" where the provider reports delivery,
    "accepted" where it cannot, "accounted" where the transport reaches nobody (the local outbox).
    """

    KIND: ClassVar[str]
    notice_id: str
    cohort_id: str
    approval_id: str
    transport: str
    settles_on: str
    batches: int
    tally: Mapping[str, int]


@event("batch:intended")
@dataclass(frozen=True, slots=True)
class BatchIntended:
    """Recorded before the call: these people are about to be handed to the provider."""

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    letter_id: str
    positions: tuple[int, ...]
    body_sha256: str
    tally: Mapping[str, int]


@event("batch:answered")
@dataclass(frozen=True, slots=True)
class BatchAnswered:
    """What the provider said: accepted, not_sent, refused, stopped, split, uncertain or mixed.

    `moved` gives the positions by the delivery state they are in now.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    answer: str
    message_id: str | None
    reason: str | None
    moved: Mapping[str, tuple[int, ...]]
    tally: Mapping[str, int]


@event("batch:resolved")
@dataclass(frozen=True, slots=True)
class BatchResolved:
    """A doubt about a batch was settled: by provider events, or by a named person."""

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    accepted: bool
    how: str
    moved: Mapping[str, tuple[int, ...]]
    tally: Mapping[str, int]


@event("notice:resumed")
@dataclass(frozen=True, slots=True)
class NoticeResumed:
    """A person mended what made the provider refuse us; sending goes on."""

    KIND: ClassVar[str]
    notice_id: str
    reason: str


@event("deliveries:advanced")
@dataclass(frozen=True, slots=True)
class DeliveriesAdvanced:
    """Provider events moved deliveries: positions by new state, and the tally of moves ("from>to")."""

    KIND: ClassVar[str]
    notice_id: str
    source_sha256: str
    events: int
    duplicates: int
    unknown: int
    advanced: Mapping[str, tuple[int, ...]]
    tally: Mapping[str, int]


@event("deliveries:accounted")
@dataclass(frozen=True, slots=True)
class DeliveriesAccounted:
    """A named person accounts for people whom mail did not reach: told on another channel, or not reachable."""

    KIND: ClassVar[str]
    notice_id: str
    positions: tuple[int, ...]
    channel: str
    told: bool
    happened_at: datetime
    note: str
    tally: Mapping[str, int]
