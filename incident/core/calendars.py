"""Working days by named calendar: counting them, and moving to the next one.

Which days are holidays or a weekend there is asked of a `HolidayLookup`; where that comes from is left to adapters.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

_LONGEST_BREAK_DAYS = 60


class HolidayLookup(Protocol):
    """Tells which days nobody works in a named calendar (ISO 3166-1, or 3166-2 such as `US-CA`)."""

    def is_holiday(self, calendar: str, day: date) -> bool:
        """Tell whether it is a public holiday; raises BadInputError for a calendar it does not know."""
        ...

    def is_weekend(self, calendar: str, day: date) -> bool:
        """Tell whether it is a weekly day of rest; raises BadInputError for a calendar it does not know."""
        ...


def is_working_day(day: date, calendar: str, holidays: HolidayLookup) -> bool:
    """Tell whether the day is neither a weekly day of rest nor a public holiday there."""
    return not holidays.is_weekend(calendar, day) and not holidays.is_holiday(calendar, day)


def working_day_from(day: date, calendar: str, holidays: HolidayLookup) -> date:
    """Return the day itself when it is a working day, else the next one."""
    for ahead in range(_LONGEST_BREAK_DAYS):
        candidate = day + timedelta(days=ahead)
        if is_working_day(candidate, calendar, holidays):
            return candidate
    raise ValueError("a calendar without working days")


def add_working_days(day: date, count: int, calendar: str, holidays: HolidayLookup) -> date:
    """Count working days after the day, which itself is not counted."""
    for _ in range(count):
        day = working_day_from(day + timedelta(days=1), calendar, holidays)
    return day


def add_months(day: date, count: int) -> date:
    """Return the same day of a later month, or that month's last day when it has no such day."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    first_after = date(year + month // 12, month % 12 + 1, 1)
    last = (first_after - timedelta(days=1)).day
    return date(year, month, min(day.day, last))


def working_days_between(first: date, last: date, calendar: str, holidays: HolidayLookup) -> int:
    """Count the working days from first to last, both included."""
    span = (last - first).days + 1
    return sum(is_working_day(first + timedelta(days=ahead), calendar, holidays) for ahead in range(span))
