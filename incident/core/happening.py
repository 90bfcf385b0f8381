"""When what an entry says happened, as far as the entry itself says so; recording comes after, sometimes late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from incident.core import events as e

# Kinds that name an instant of their own. All others are decisions and acts that happen as they are recorded.
HAPPENED_AT: dict[type[Any], str] = {
    e.EvidenceFrozen: "taken_at",
    e.ObligationMet: "met_at",
    e.DeadlineMissed: "due_at",
    e.DeliveriesAccounted: "happened_at",
    e.FilingSubmitted: "submitted_at",
}


def happened_at(event: Any, recorded_at: datetime) -> datetime:
    """Return when it happened; when it was recorded, for what says nothing else."""
    field = HAPPENED_AT.get(type(event))
    at: datetime = getattr(event, field) if field is not None else recorded_at
    return at
