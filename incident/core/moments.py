"""Instants and days in a zone: where a day ends, and how both are written in a derivation.

What they are the start or the end of is left to `deadlines`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_END_OF_DAY = time(23, 59, 59)


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return the zone; ZoneInfo by itself keeps only a handful at hand."""
    return ZoneInfo(name)


def instant_text(at: datetime) -> str:
    """Write an instant as weekday, day, time and UTC."""
    utc = at.astimezone(UTC)
    return f"{_WEEKDAYS[utc.weekday()]} {utc:%Y-%m-%d %H:%M:%S} UTC"


def day_text(day: date) -> str:
    """Write a day with its weekday."""
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


def local_day(at: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a zone."""
    return at.astimezone(zone_named(zone)).date()


def end_of_local_day(day: date, zone: str) -> datetime:
    """Return the last second of a local day, as a UTC instant."""
    return local_time(day, _END_OF_DAY, zone)


def local_time(day: date, hour: time, zone: str) -> datetime:
    """Return a local hour of a day, as a UTC instant."""
    return datetime.combine(day, hour, tzinfo=zone_named(zone)).astimezone(UTC)
