"""SendGrid's signed event webhook: whether it is genuine and recent, and what it says.

Verification is ECDSA (P-256, SHA-256) over the timestamp header and the raw bytes of the body. Whatever comes
in, the answer is `Verified` or `Rejected`, never an exception. De-duplication, storing and settling are the
service's. The person's address is kept apart from everything that may travel on.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from incident.adapters.mail.personalizing import ATTEMPT_ARG, DELIVERY_ARG
from incident.core.deliveries import Signal
from incident.core.signals import MAX_BODY_BYTES
from incident.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"
_TIMESTAMP = re.compile(r"[0-9]{10}")
_OPAQUE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_NO_WORD = re.compile(r"[^A-Za-z_]")
_ADDRESS = re.compile(r"\S*@\S*")
_MAX_TEXT = 200
_LATEST = 10_000_000_000  # seconds since 1970, in the year 2286

KINDS = MappingProxyType(
    {
        "processed": Signal.PROCESSED,
        "dropped": Signal.DROPPED,
        "delivered": Signal.DELIVERED,
        "deferred": Signal.DEFERRED,
        "bounce": Signal.BOUNCED,
        "blocked": Signal.BLOCKED,
        "spamreport": Signal.SPAM_REPORTED,
        "open": Signal.NOTED,
        "click": Signal.NOTED,
        "unsubscribe": Signal.NOTED,
        "group_unsubscribe": Signal.NOTED,
        "group_resubscribe": Signal.NOTED,
    }
)
"""SendGrid's names of events; "blocked" comes as the type of a bounce. What is not here is unknown."""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One event; `raw_sha256` (hex) is of the whole signed body it came in, None is what it did not say."""

    event_id: str
    kind: Signal
    provider_kind: str
    delivery_id: str | None
    attempt_id: str | None
    message_id: str | None
    at: datetime | None
    reason: str | None
    raw_sha256: str
    address: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """Signed by the provider, recently; `malformed` counts parts that were no events."""

    events: tuple[ProviderEvent, ...]
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not to be believed; answer 4xx and keep nothing but the reason."""

    reason: str


class EventVerifier:
    """Checks requests against the account's public keys: bare base64 SPKI, several while one is exchanged."""

    def __init__(self, public_keys: Sequence[str], *, window: timedelta = timedelta(minutes=10)) -> None:
        if not public_keys:
            raise SettingsError("mail.sendgrid.webhook_public_key: there is none")
        self._keys = tuple(_public_key(text) for text in public_keys)
        self._window = window

    def verify(
        self, raw: bytes, *, signature: str | None, timestamp: str | None, now: datetime
    ) -> Verified | Rejected:
        """Return the events of a genuine request; `now` is when it came in."""
        reason = self._why_not(raw, signature, timestamp, now)
        if reason is not None:
            return Rejected(reason)
        try:
            parts = orjson.loads(raw)
        except orjson.JSONDecodeError:
            return Rejected("the body is not JSON")
        digest = hashlib.sha256(raw).hexdigest()
        parsed = [parse_event(part, raw_sha256=digest) for part in parts if isinstance(part, dict)]
        return Verified(tuple(parsed), malformed=len(parts) - len(parsed))

    def _why_not(self, raw: bytes, signature: str | None, timestamp: str | None, now: datetime) -> str | None:
        if not signature or not timestamp:
            return "the request is not signed"
        if len(raw) > MAX_BODY_BYTES:
            return "the body is too large"
        # Both forms fixed, so that no byte can move between timestamp and body under one signature.
        if not _TIMESTAMP.fullmatch(timestamp):
            return "the timestamp is not ten digits"
        if not raw.startswith(b"["):
            return "the body is not a list"
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > self._window:
            return "the timestamp is outside the window"
        if not self._signed(signature, timestamp.encode() + raw):
            return "the signature does not fit"
        return None

    def _signed(self, signature: str, content: bytes) -> bool:
        try:
            decoded = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        return any(_fits(key, decoded, content) for key in self._keys)


def parse_event(part: Mapping[str, Any], *, raw_sha256: str) -> ProviderEvent:
    """Read one event; a missing id is made from its content, so that a repetition is seen."""
    address = _text(part.get("email"))
    provider_kind = _text(part.get("event")) or ""
    kind = KINDS.get(provider_kind, Signal.UNKNOWN)
    if kind is Signal.BOUNCED and part.get("type") == "blocked":
        kind = Signal.BLOCKED
    return ProviderEvent(
        event_id=_text(part.get("sg_event_id")) or _made_id(part),
        kind=kind,
        provider_kind=_NO_WORD.sub("", provider_kind)[:40],
        delivery_id=_opaque(part.get(DELIVERY_ARG)),
        attempt_id=_opaque(part.get(ATTEMPT_ARG)),
        message_id=_text(part.get("sg_message_id")),
        at=_instant(part.get("timestamp")),
        reason=_without_person(_text(part.get("reason")) or _text(part.get("response")), address),
        raw_sha256=raw_sha256,
        address=address,
    )


def _public_key(text: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise SettingsError("mail.sendgrid.webhook_public_key: not a base64 public key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SettingsError("mail.sendgrid.webhook_public_key: not an elliptic curve key")
    return key


def _fits(key: ec.EllipticCurvePublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _made_id(part: Mapping[str, Any]) -> str:
    return "made-" + hashlib.sha256(orjson.dumps(part, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _text(value: object) -> str | None:
    return value[:_MAX_TEXT] if isinstance(value, str) and value else None


def _opaque(value: object) -> str | None:
    return value if isinstance(value, str) and _OPAQUE.fullmatch(value) else None


def _instant(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LATEST:
        return None
    return datetime.fromtimestamp(value, UTC)


def _without_person(reason: str | None, address: str | None) -> str | None:
    """Return a reason without addresses: receiving servers like to repeat them."""
    if reason is None:
        return None
    local = (address or "").partition("@")[0].casefold()
    if len(local) > 2 and local in reason.casefold():  # noqa: PLR2004 - shorter ones occur in any word
        reason = re.sub(re.escape(local), "...", reason, flags=re.IGNORECASE)
    return _ADDRESS.sub("...", reason) if "@" in reason else reason
