"""What a reader hands over: accounts, accesses and the company's own records, in one form for every system.

Values are normalised here as far as joining needs it (`identity.py` has the rules); nothing is judged.
Which access is an exposure, and whose, is decided in `judging.py` and `scope.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

CATEGORIES = frozenset({
    "name", "email", "username", "user_id", "password", "password_hash", "phone", "postal_address",
    "ip_address",
    "device", "location", "photo", "user_content", "message_content", "payment_card_partial",
    "purchase_history",
    "access_credentials",
})  # fmt: skip


class Strength(StrEnum):
    """How far one identity proves that two records are of one person."""

    STRONG = "strong"
    NORMAL = "normal"
    WEAK = "weak"


class IdentityKind(StrEnum):
    """What an identity is; the order is the order in which a person is named by it."""

    UID = "uid"
    EMAIL = "email"
    EMAIL_SHA256 = "email_sha256"
    EMAIL_MD5 = "email_md5"
    CUSTOMER_ID = "customer_id"
    PREDICTION_ID = "prediction_id"
    PHONE = "phone"
    PROVIDER_EMAIL = "provider_email"


class Confidence(StrEnum):
    """How much a residence hint is worth."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Outcome(StrEnum):
    """What the system says became of a request."""

    SUCCESS = "success"
    PARTIAL = "partial"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    ERROR = "error"


class Operation(StrEnum):
    """What a request did; LIST is any read whose items the log does not name."""

    READ = "read"
    LIST = "list"
    CHANGE = "change"
    ADMIN = "admin"


class AddressPrecision(StrEnum):
    """How much of the caller's address the log shows."""

    EXACT = "exact"
    MASKED_24 = "/24"
    MASKED_64 = "/64"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """Point at one frozen snapshot; `taken_at` is the moment it describes."""

    evidence_id: str
    system: str
    sha256: str
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """One handle of a person; `source` names the field it came from."""

    kind: IdentityKind
    value: str
    strength: Strength
    source: str = ""


@dataclass(frozen=True, slots=True)
class ResidenceHint:
    """Where a record suggests that the person lives: ISO 3166-1 alpha-2, ISO 3166-2, and why."""

    source: str
    country: str
    region: str | None
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Card:
    """What a payment system shows of a card, as far as it says; `expires` is year and month, 2028-08."""

    brand: str = ""
    last4: str = ""
    expires: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What one system says of the holder.

    From `gone_at` on the vendor has removed the data; `unseen` are categories the export cannot show or rule out.
    """

    display_name: str | None = None
    phone: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    residence: tuple[ResidenceHint, ...] = ()
    language: str | None = None
    created_at: datetime | None = None
    gone_at: datetime | None = None
    disabled: bool | None = None
    staff: bool = False
    categories: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    cards: tuple[Card, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One account, customer or contact in one system."""

    system: str
    evidence_id: str
    row: int
    identities: tuple[Identity, ...]
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked, as far as the log says; `ip` is a plain or masked address, never a host name."""

    ip: str | None = None
    ip_precision: AddressPrecision = AddressPrecision.WITHHELD
    principal: str | None = None
    token: str | None = None
    ja4: str | None = None
    asn: int | None = None


@dataclass(frozen=True, slots=True)
class AccessRecord:
    """One logged request; `items_unresolved` is None when the log hides even the number.

    `in_text` says that the subjects are named only in free text that was logged with the request.
    """

    system: str
    evidence_id: str
    row: int
    at: datetime
    actor: Actor
    subjects: tuple[Identity, ...]
    resource: str
    categories: tuple[str, ...]
    outcome: Outcome
    operation: Operation = Operation.READ
    collection: str = ""
    items_unresolved: int | None = 0
    request_id: str | None = None
    detail: str = ""
    complete: bool = True
    in_text: bool = False


@dataclass(frozen=True, slots=True)
class GenerationRecord:
    """One of the company's own records: who made what, when, and in which stores it lies."""

    system: str
    evidence_id: str
    row: int
    uid: str
    prediction_id: str | None
    created_at: datetime
    categories: tuple[str, ...]
    collections: tuple[str, ...]


Record = AccountRecord | AccessRecord | GenerationRecord
