"""How times are said to people, in English and German: instants with their zone, days, durations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MONTHS_DE = (
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


def when(at: datetime, language: str = "en", zone: tzinfo = UTC) -> str:
    """Write an instant with its zone, and in UTC beside it where that differs."""
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    if local.utcoffset() == utc.utcoffset():
        return f"{day(utc, language)}, {_clock(utc, language)} UTC"
    other_day = "" if local.date() == utc.date() else f"{day(utc, language)}, "
    name = local.tzname() or ""
    name = name if name.isalpha() else f"UTC{name}"
    return (
        f"{day(local, language)}, {_clock(local, language)} {name} ({other_day}{_clock(utc, language)} UTC)"
    )


def day(on: date, language: str = "en") -> str:
    """Write a day."""
    if language == "de":
        return f"{on.day}. {MONTHS_DE[on.month - 1]} {on.year}"
    return f"{on.day} {MONTHS_EN[on.month - 1]} {on.year}"


def span(duration: timedelta) -> str:
    """Write a duration in hours and minutes, in English."""
    minutes = int(abs(duration).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    sign = "-" if duration < timedelta() else ""
    return f"{sign}{hours} h {rest:02d} min"


def _clock(at: datetime, language: str) -> str:
    return f"{at:%H:%M}{' Uhr' if language == 'de' else ''}"
