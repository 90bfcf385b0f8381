"""Events of the second half: filings, next steps, review, post-mortem, closing, paging."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from incident.core.events.codec import event


@event("filing:prepared")
@dataclass(frozen=True, slots=True)
class FilingPrepared:
    """A pack for one authority, in its own order; hashes of the JSON and the PDF."""

    KIND: ClassVar[str]
    filing_id: str
    obligation_id: str
    authority: str
    jurisdiction: str
    stage: str
    channel: str | None
    pack_sha256: str
    pdf_sha256: str
    fields_unknown: tuple[str, ...]


@event("filing:submitted")
@dataclass(frozen=True, slots=True)
class FilingSubmitted:
    """A person filed it; the authority's reference and the receipt's hash came back."""

    KIND: ClassVar[str]
    filing_id: str
    reference: str
    receipt_sha256: str | None
    submitted_at: datetime
    late_because: str | None


@event("next_step:recorded")
@dataclass(frozen=True, slots=True)
class NextStepRecorded:
    """What was agreed with affected customers: end-user notice, patch, prevention, rights."""

    KIND: ClassVar[str]
    step_id: str
    cohort_id: str
    positions: tuple[int, ...]
    step: str
    text: str
    due_on: date | None


@event("action_item:promised")
@dataclass(frozen=True, slots=True)
class ActionItemPromised:
    """A promise made in the post-mortem, with an owner and a day."""

    KIND: ClassVar[str]
    item_id: str
    text: str
    owner: str
    due_on: date


@event("post_mortem:drafted")
@dataclass(frozen=True, slots=True)
class PostMortemDrafted:
    """The report was made from the ledger up to and including entry `up_to_seq`."""

    KIND: ClassVar[str]
    report_sha256: str
    up_to_seq: int


@event("post_mortem:reviewed")
@dataclass(frozen=True, slots=True)
class PostMortemReviewed:
    """A second person read the report with this hash and lets the incident close."""

    KIND: ClassVar[str]
    report_sha256: str
    remark: str


@event("review:refused")
@dataclass(frozen=True, slots=True)
class ReviewRefused:
    """Somebody tried to review who may not."""

    KIND: ClassVar[str]
    REFUSES: ClassVar[bool] = True
    reason: str


@event("close:refused")
@dataclass(frozen=True, slots=True)
class CloseRefused:
    """Closing was asked for while things were open; `reason` says which."""

    KIND: ClassVar[str]
    REFUSES: ClassVar[bool] = True
    reason: str
    open_items: tuple[str, ...]


@event("incident:closed")
@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """Nothing is open."""

    KIND: ClassVar[str]
    reason: str


@event("page:sent")
@dataclass(frozen=True, slots=True)
class PageSent:
    """People were paged about one thing: who (`to`), on which channels, the how-manieth time."""

    KIND: ClassVar[str]
    subject: str
    sentence: str
    reached: bool
    to: str
    times: int
    channels: tuple[str, ...]
    failed: tuple[str, ...]
