"""Instants and local days, with their weekdays: how derivations write them and where days end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_END_OF_DAY = time(23, 59, 59)


@lru_cache(maxsize=4096)
def instant_text(at: datetime) -> str:
    """Write an instant as weekday, day, time and UTC."""
    utc = at.astimezone(UTC)
    return f"{_WEEKDAYS[utc.weekday()]} {utc.isoformat(' ')[:19]} UTC"


@lru_cache(maxsize=4096)
def day_text(day: date) -> str:
    """Write a day with its weekday."""
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone, kept: the standard library keeps only eight."""
    return ZoneInfo(name)


@lru_cache(maxsize=1024)
def local_day(at: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a zone."""
    return at.astimezone(zone_of(zone)).date()


@lru_cache(maxsize=4096)
def end_of_local_day(day: date, zone: str) -> datetime:
    """Return the last second of a local day, as a UTC instant."""
    return local_time(day, _END_OF_DAY, zone)


def local_time(day: date, hour: time, zone: str) -> datetime:
    """Return the instant of a local time of day, in UTC."""
    return datetime.combine(day, hour, tzinfo=zone_of(zone)).astimezone(UTC)
