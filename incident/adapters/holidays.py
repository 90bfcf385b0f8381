"""Public holidays and weekends by calendar name, from the `holidays` package.

A calendar is an ISO 3166-1 code, or 3166-2 such as `US-CA` or `DE-BY`. Only public holidays count; bank and
optional ones do not. What a working day is, `incident.core.calendars` says. The package is imported when the
first day is asked for.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from incident.errors import BadInputError

if TYPE_CHECKING:
    from datetime import date

    from holidays import HolidayBase


class PublicHolidays:
    """A `HolidayLookup` over the `holidays` package; years are loaded when asked for."""

    def is_holiday(self, calendar: str, day: date) -> bool:
        """Tell whether the day is a public holiday there; raises BadInputError for an unknown calendar."""
        return day in _calendar(calendar)

    def is_weekend(self, calendar: str, day: date) -> bool:
        """Tell whether it is a weekly day of rest, such as Friday in Egypt; raises as `is_holiday`."""
        return day.weekday() in _calendar(calendar).weekend


@cache
def _calendar(name: str) -> HolidayBase:
    import holidays

    country, _, subdivision = name.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=subdivision or None)
    except NotImplementedError:
        raise BadInputError(
            "there is no holiday calendar of that name", field="calendar", source=name
        ) from None
