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
    """The triple cohort x letters x send waits for a second person; `options` are the choices about sending."""

    KIND: ClassVar[str]
    approval_id: str
    cohort_id: str
    triple: str
    cohort_commitment: str
    letters_sha256: str
    send_sha256: str
    transport: str
    options: Mapping[str, str]


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
    `batches_sha256` is the root of the tree over every batch as laid out (`core.batches.batch_line`), by which each is
    proven alone; `apart` are the positions of those whom mail cannot reach.
    """

    KIND: ClassVar[str]
    notice_id: str
    cohort_id: str
    approval_id: str
    transport: str
    settles_on: str
    batches: int
    tally: Mapping[str, int]
    batches_sha256: str
    apart: str


@event("batch:intended")
@dataclass(frozen=True, slots=True)
class BatchIntended:
    """Recorded before the call: these people are about to be handed to the provider, by which transport and run.

    `positions` are ranges; `body_sha256` is of the approved letter, `people_sha256` (salted) over the values of each
    person.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    letter_id: str
    positions: str
    body_sha256: str
    tally: Mapping[str, int]
    people: int
    people_sha256: str
    provider: str
    run: str


@dataclass(frozen=True, slots=True)
class ChildBatch:
    """A batch made of some people of another."""

    number: int
    state: str
    positions: str
    people_sha256: str


@event("batch:answered")
@dataclass(frozen=True, slots=True)
class BatchAnswered:
    """What the provider said: accepted, not_sent, refused, stopped, split, uncertain or mixed.

    `state` is where the batch stands now, `moved` the people (ranges by state) who stand elsewhere from now on, and
    `children` the batches that take its people over when it had to be split.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    answer: str
    message_id: str | None
    reason: str | None
    moved: Mapping[str, str]
    tally: Mapping[str, int]
    state: str
    children: tuple[ChildBatch, ...]


@event("batch:resolved")
@dataclass(frozen=True, slots=True)
class BatchResolved:
    """A doubt about a batch was settled: by provider events, by a look-up there, or by a named person.

    `by` is "event", "lookup", "person" or "policy"; `moved` as in an answer.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    accepted: bool
    how: str
    moved: Mapping[str, str]
    tally: Mapping[str, int]
    by: str
    message_id: str | None


@event("batches:moved")
@dataclass(frozen=True, slots=True)
class BatchesMoved:
    """Batches that nobody was handed yet were held back, released, or cancelled for good; `batches` are ranges."""

    KIND: ClassVar[str]
    notice_id: str
    batches: str
    state: str
    reason: str
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
    """Provider events moved deliveries: positions (ranges) by new state, and the tally of moves ("from>to")."""

    KIND: ClassVar[str]
    notice_id: str
    source_sha256: str
    events: int
    duplicates: int
    unknown: int
    advanced: Mapping[str, str]
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
