"""The ladder: on which channel each person whom mail did not reach is told next, and by when that must start.

A rung fits while its lead still ends before the deadline; people are put on the first rung that is possible for them,
was not tried, and fits. Where none fits any more, the quickest possible one is taken, and it is said to be late. The
last rung, a substitute notice, is possible for everybody. That somebody cannot be reached, only a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core.events.going import LEAD_MINUTES


class Channel(StrEnum):
    """The rungs, in the order in which they are tried."""

    SECOND_ADDRESS = "second_address"
    SMS = "sms"
    PHONE = "phone"
    LETTER = "letter"
    SUBSTITUTE = "substitute"


BY_HAND = frozenset({*(channel.value for channel in Channel), "in_person", "message", "other"})
"""How somebody can have been told other than by the letter itself."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Which ways lead to a person, without saying where to."""

    second_address: bool
    phone: bool
    name: bool

    def possible(self, channel: Channel) -> bool:
        """Whether this rung can be tried with this person."""
        match channel:
            case Channel.SECOND_ADDRESS:
                return self.second_address
            case Channel.SMS | Channel.PHONE:
                return self.phone
            case Channel.LETTER:
                return self.name
            case Channel.SUBSTITUTE:
                return True


@dataclass(frozen=True, slots=True)
class Rung:
    """Where a person stands on the ladder: the channel, by when it must start, and whether that is past."""

    channel: Channel
    start_by: datetime | None
    late: bool


def next_rung(
    contacts: Contacts,
    *,
    tried: frozenset[str],
    deadline_at: datetime | None,
    now: datetime,
    leads: Mapping[str, int] = LEAD_MINUTES,
) -> Rung | None:
    """Return the next rung; None when every possible one was tried: then a person decides."""
    left = [
        rung_of(channel, deadline_at, now, leads)
        for channel in Channel
        if channel.value in leads and channel.value not in tried and contacts.possible(channel)
    ]
    if not left:
        return None
    fitting = [rung for rung in left if not rung.late]
    return fitting[0] if fitting else min(left, key=lambda rung: leads[rung.channel.value])


def rung_of(channel: Channel, deadline_at: datetime | None, now: datetime, leads: Mapping[str, int]) -> Rung:
    """Return a rung with the moment by which it must start; without a clock it is never late."""
    if deadline_at is None:
        return Rung(channel, None, late=False)
    start_by = deadline_at - timedelta(minutes=leads[channel.value])
    return Rung(channel, start_by, late=start_by < now)
