"""What a provider reported about one delivery, read and verified, without the person's address."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from incident.core.deliveries import Signal


@dataclass(frozen=True, slots=True)
class Reported:
    """One event; `delivery_id` is None when it names none of ours, `raw` is kept apart from the ledger."""

    event_id: str
    delivery_id: str | None
    signal: Signal
    happened_at: datetime
    reason: str | None
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """The events of one request, or why it was not believed."""

    events: tuple[Reported, ...]
    sha256: str
    rejected_because: str | None = None
