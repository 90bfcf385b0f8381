"""Time zones by name, each kept once it is known.

`ZoneInfo` itself keeps only the last few, and reads the rest from disk again and again.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return the zone of an IANA name that a law file was checked for."""
    return ZoneInfo(name)
