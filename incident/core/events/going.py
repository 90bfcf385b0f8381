"""Events of the plan and the watch: the latest safe send with its working, pages, and who took notice of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from incident.core.events.codec import event

LEAD_MINUTES = MappingProxyType(
    {"second_address": 120, "sms": 120, "phone": 360, "letter": 720, "substitute": 720}
)
"""How long before the deadline each other channel must start, where the settings do not say."""


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What the plan is made with: the provider's rate before any is measured, and the leads, in minutes."""

    people_per_hour: int = 36_000
    approval_minutes: int = 120
    settle_minutes: int = 240
    canary_minutes: int = 0
    channels: Mapping[str, int] = field(default_factory=lambda: dict(LEAD_MINUTES))


@event("send_plan:determined")
@dataclass(frozen=True, slots=True)
class SendPlanDetermined:
    """The latest safe send was worked out anew because something changed materially; `working` is the sum."""

    KIND: ClassVar[str]
    inputs: PlanInputs
    standing: str
    deadline_at: datetime | None
    deadline_of: str
    people: int | None
    people_per_hour: int
    rate_measured: bool
    latest_safe_at: datetime | None
    working: str


@event("page:acknowledged")
@dataclass(frozen=True, slots=True)
class PageAcknowledged:
    """A named person took notice of a page; it is not repeated while that holds."""

    KIND: ClassVar[str]
    subject: str
    note: str


@event("page:cleared")
@dataclass(frozen=True, slots=True)
class PageCleared:
    """What was paged about is no longer so; should it come back, people are paged anew."""

    KIND: ClassVar[str]
    subject: str


@event("deliveries:tried")
@dataclass(frozen=True, slots=True)
class DeliveriesTried:
    """Another channel was tried in vain with people at these positions; the ladder goes on with the next one."""

    KIND: ClassVar[str]
    notice_id: str
    positions: tuple[int, ...]
    channel: str
    happened_at: datetime
    note: str
    tally: Mapping[str, int]


@event("deliveries:exported")
@dataclass(frozen=True, slots=True)
class DeliveriesExported:
    """Contacts of people were written out for one channel, so many; who has the file answers for it."""

    KIND: ClassVar[str]
    notice_id: str
    channel: str
    people: int
    sha256: str
