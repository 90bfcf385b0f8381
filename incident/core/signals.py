"""What a provider reported about one delivery, read and verified, without the person's address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from incident.core.deliveries import Signal

MAX_BODY_BYTES = 8_000_000
"""What one request may hold; a larger one is not read."""


@dataclass(frozen=True, slots=True)
class Reported:
    """One event; `delivery_id` is None when it names none of ours, `raw` is kept apart from the ledger.

    `message_id` and `address` place an event that does not carry our id, as some bounces do not.
    """

    event_id: str
    delivery_id: str | None
    signal: Signal
    happened_at: datetime
    reason: str | None
    raw: bytes = field(repr=False)
    message_id: str | None = None
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """The events of one request, or why it was not believed."""

    events: tuple[Reported, ...]
    sha256: str
    rejected_because: str | None = None


def accepted_ids(message_id: str) -> tuple[str, ...]:
    """Return the ids at acceptance that an event's longer message id may belong to: its prefixes at dots."""
    parts = message_id.split(".")
    return tuple(".".join(parts[: n + 1]) for n in range(len(parts)))
