"""How often somebody may ask: so many a minute for an account, an address of people not signed in, a token of the API.

A bucket for each that drains steadily: one number and one moment are kept, in memory, whatever is sent. Files that
every page needs and the answer for monitors are not counted.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

from incident.errors import RefusedError
from incident.settings.console import ConsoleSettings

REMEMBERED = 10_000
FREE = ("/assets/", "/healthz")
HOUSEHOLD = 64
"""So many leading bits of an IPv6 address are one line: whoever has one has all behind them."""


class TooOftenError(RefusedError):
    """Somebody asks too often; `seconds` says for how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many requests; wait {seconds} seconds")


@dataclass(slots=True)
class Bucket:
    """So many requests a minute for each key, as many at once; 0 is no limit."""

    per_minute: int
    _levels: OrderedDict[str, tuple[float, datetime]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, now: datetime) -> int:
        """Count a request; returns for how many seconds to wait before the next is let in, 0 for one that is let in."""
        if self.per_minute == 0:
            return 0
        with self._lock:
            level, since = self._levels.get(key, (0.0, now))
            drained = max(0.0, (now - since).total_seconds()) * self.per_minute / 60
            level = max(0.0, level - drained)
            over = level + 1 - self.per_minute
            self._levels[key] = (level if over > 0 else level + 1, now)
            self._levels.move_to_end(key)
            while len(self._levels) > REMEMBERED:
                self._levels.popitem(last=False)
            return max(1, ceil(over * 60 / self.per_minute)) if over > 0 else 0


class Pace:
    """The limits of one console."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self.accounts = Bucket(settings.requests_per_minute)
        self.addresses = Bucket(settings.requests_per_minute_of_an_address)
        self.tokens = Bucket(settings.api_calls_per_minute)

    def admit(self, path: str, handle: str | None, address: str, now: datetime) -> None:
        """Count a request for a page; TooOftenError when it is one too many."""
        if path.startswith(FREE):
            return
        seconds = (
            self.accounts.take(handle, now)
            if handle is not None
            else self.addresses.take(line_of(address), now)
        )
        if seconds:
            raise TooOftenError(seconds)


def line_of(address: str) -> str:
    """Return what stands for whoever holds an address."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return (
        str(ip_network(f"{found}/{HOUSEHOLD}", strict=False)) if isinstance(found, IPv6Address) else address
    )
