"""Letters that a provider holds for a while before it sends them, so that they can be paused and recalled there.

A provider's own name for the letters of a notice is their group. What was asked of it and what it answered is recorded;
who is certainly recalled follows from the times alone. How a provider does it is the adapters' to know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from incident.core.people import BatchRow
from incident.core.state import Notice

LEAST_MINUTES = 15
"""The shortest hold that is of use: a provider stops heeding us some time before it sends."""


class Hold(StrEnum):
    """What a provider is asked to do with the letters it holds."""

    PAUSE = "pause"
    CANCEL = "cancel"
    GO_ON = "go_on"


@dataclass(frozen=True, slots=True)
class Held:
    """What the provider said: `group` is its name for the letters; `reason` why it did not do it, None when it did."""

    group: str = ""
    reason: str | None = None


class Holder(Protocol):
    """Asks a provider to hold letters, to go on with them, or to throw them away."""

    @property
    def provider(self) -> str:
        """Return the transport whose letters it holds, as recorded with what was sent."""
        ...

    @property
    def minutes(self) -> int:
        """Return how long each letter is held."""
        ...

    @property
    def deaf_minutes(self) -> int:
        """Return how long before it sends a letter the provider heeds us no more."""
        ...

    def open(self) -> Held:
        """Ask for the name of a new group."""
        ...

    def ask(self, group: str, what: Hold) -> Held:
        """Ask for something to be done with a group."""
        ...


def to_ask(notice: Notice, what: Hold) -> bool:
    """Whether the provider is to be asked: it holds letters, and they are not where we want them already."""
    if not notice.group or notice.group_state == Hold.CANCEL:
        return False
    return notice.group_state == Hold.PAUSE if what is Hold.GO_ON else notice.group_state != what


def recalled(rows: Iterable[BatchRow], *, holder: Holder, now: datetime) -> list[BatchRow]:
    """Return the batches that the provider certainly still held when it was asked to cancel them."""
    heeded = timedelta(minutes=holder.minutes - holder.deaf_minutes)
    return [
        row
        for row in rows
        if row.state == "accepted"
        and row.provider == holder.provider
        and row.intended_at is not None
        and row.intended_at + heeded > now
    ]
