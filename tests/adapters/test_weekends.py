"""Which days are a weekend where, and what that does to periods counted in working days."""

from __future__ import annotations

from datetime import date

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.calendars import add_working_days
from incident.errors import BadInputError

THURSDAY = date(2026, 11, 19)
FRIDAY = date(2026, 11, 20)
SATURDAY = date(2026, 11, 21)
SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("calendar", "rest"),
    [
        ("EG", {FRIDAY, SATURDAY}),
        ("SA", {FRIDAY, SATURDAY}),
        ("IL", {FRIDAY, SATURDAY}),
        ("IR", {FRIDAY}),
        ("AE", {SATURDAY, SUNDAY}),
        ("DE", {SATURDAY, SUNDAY}),
        ("US-CA", {SATURDAY, SUNDAY}),
    ],
)
def test_weekend_is_that_of_the_country(calendar: str, rest: set[date]) -> None:
    days = [THURSDAY, FRIDAY, SATURDAY, SUNDAY]
    assert {day for day in days if PublicHolidays().is_weekend(calendar, day)} == rest


@pytest.mark.parametrize(
    ("calendar", "due"), [("EG", date(2026, 11, 22)), ("DE", date(2026, 11, 20)), ("IR", date(2026, 11, 21))]
)
def test_one_working_day_after_thursday(calendar: str, due: date) -> None:
    assert add_working_days(THURSDAY, 1, calendar, PublicHolidays()) == due


def test_unknown_calendar_is_refused() -> None:
    with pytest.raises(BadInputError):
        PublicHolidays().is_weekend("ZZ", FRIDAY)
