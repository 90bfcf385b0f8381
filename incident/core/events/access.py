"""Events of who may look: need-to-know for one incident, and the approval that one person forced in an emergency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from incident.core.events.codec import event


@event("access:restricted")
@dataclass(frozen=True, slots=True)
class AccessRestricted:
    """From here on only those who were named see the incident."""

    KIND: ClassVar[str]
    reason: str


@event("access:opened")
@dataclass(frozen=True, slots=True)
class AccessOpened:
    """Everybody whose role allows it sees the incident again."""

    KIND: ClassVar[str]
    reason: str


@event("access:granted")
@dataclass(frozen=True, slots=True)
class AccessGranted:
    """One handle may see this incident; `agreement` is the reference under which an outsider may."""

    KIND: ClassVar[str]
    handle: str
    agreement: str | None
    reason: str


@event("access:ended")
@dataclass(frozen=True, slots=True)
class AccessEnded:
    """One handle may not see this incident any longer."""

    KIND: ClassVar[str]
    handle: str
    reason: str


@event("approval:forced")
@dataclass(frozen=True, slots=True)
class ApprovalForced:
    """One person broke the glass: an approval without a second pair of eyes, for a short time, with a reason."""

    KIND: ClassVar[str]
    approval_id: str
    triple: str
    reason: str
    expires_at: datetime
