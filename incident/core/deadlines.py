"""When a duty falls due, with the arithmetic in one readable line.

Hours are elapsed hours. Days exclude the day of the trigger and end with the local day. Months clamp to the
month's end. A moment of knowledge that is missing is replaced by the earliest known one, and the line says
so; a period that runs from something we have yet to do waits for it. Order between duties is left to
`obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from incident.core.calendars import add_months, add_working_days, working_day_from, working_days_between
from incident.core.rules import Unit
from incident.core.vocabulary import EVENT_CLOCKS, ClockName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.core.calendars import HolidayLookup
    from incident.core.rules import Deadline, Period

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_END_OF_DAY = time(23, 59, 59)
# Regulation (EEC, Euratom) 1182/71 Art. 3(5)
_DISPUTED_WORKING_DAYS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where days end and which calendar names the working days."""

    zone: str
    calendar: str


@dataclass(frozen=True, slots=True)
class Start:
    """The moment a period runs from; `at` is None while it waits for something we have yet to do."""

    clock: ClockName
    at: datetime | None
    fell_back_to: ClockName | None = None

    @property
    def missing(self) -> ClockName | None:
        """The rule's own clock, when another moment stands in for it."""
        return self.clock if self.fell_back_to else None


@dataclass(frozen=True, slots=True)
class Due:
    """When it is due (UTC instant and local day), how that was reached, and any disputed longer reading."""

    at: datetime | None
    on: date | None
    derivation: str
    extended_reading: str | None = None
    missing: ClockName | None = None
    waiting_for: ClockName | None = None

    @property
    def fell_back(self) -> bool:
        """Tell whether another moment stood in for the rule's own."""
        return self.missing is not None


def start_of(clock: ClockName, clocks: Mapping[ClockName, datetime]) -> Start:
    """Find the moment for a clock: its own, or the earliest known moment of knowledge."""
    if clock in clocks:
        return Start(clock, clocks[clock])
    if clock in EVENT_CLOCKS:
        return Start(clock, None)
    known = [(at, name) for name, at in clocks.items() if name not in EVENT_CLOCKS]
    at, name = min(known)
    return Start(clock, at, name)


def instant_text(at: datetime) -> str:
    """Write an instant as weekday, day, time and UTC."""
    utc = at.astimezone(UTC)
    return f"{_WEEKDAYS[utc.weekday()]} {utc:%Y-%m-%d %H:%M:%S} UTC"


def day_text(day: date) -> str:
    """Write a day with its weekday."""
    return f"{_WEEKDAYS[day.weekday()]} {day.isoformat()}"


def local_day(at: datetime, zone: str) -> date:
    """Return the calendar day of an instant in a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def end_of_local_day(day: date, zone: str) -> datetime:
    """Return the last second of a local day, as a UTC instant."""
    return datetime.combine(day, _END_OF_DAY, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def compute_due(
    deadline: Deadline,
    clocks: Mapping[ClockName, datetime],
    *,
    place: Place,
    rule: str,
    holidays: HolidayLookup,
) -> Due:
    """Apply a deadline to the known moments; `rule` is the id and version to print."""
    start = start_of(deadline.period.clock if deadline.period else deadline.clock, clocks)
    if deadline.period is None:
        return _without_number(deadline, start, rule)
    own = _one(deadline.period, start, deadline, place, rule, holidays)
    if deadline.cap is None:
        return own
    capped = _one(deadline.cap, start_of(deadline.cap.clock, clocks), deadline, place, rule, holidays)
    return earlier(own, capped)


def earlier(first: Due, second: Due) -> Due:
    """Return whichever falls earlier, saying that both were looked at; one that waits loses."""
    if second.at is None:
        return first
    if first.at is None or second.at < first.at:
        first, second = second, first
    other = instant_text(second.at) if second.at else "not running yet"
    return Due(
        first.at,
        first.on,
        f"{first.derivation}; whichever is earlier (the other: {other})",
        first.extended_reading,
        first.missing or second.missing,
    )


def _without_number(deadline: Deadline, start: Start, rule: str) -> Due:
    since = (
        f" from {_start_text(start)}"
        if start.at
        else f" after {start.clock.value}, which has not happened yet"
    )
    line = f'{rule}: no number in law, "{deadline.qualifier}"{since}'
    return Due(None, None, line, missing=start.missing, waiting_for=None if start.at else start.clock)


def _start_text(start: Start) -> str:
    if start.at is None:
        return f"{start.clock.value} (has not happened yet)"
    if start.fell_back_to is None:
        return f"{start.clock.value} {instant_text(start.at)}"
    return (
        f"{start.fell_back_to.value} {instant_text(start.at)} "
        f"(the rule counts from {start.clock.value}, which is not known; the earliest known moment is used)"
    )


def _one(
    period: Period, start: Start, deadline: Deadline, place: Place, rule: str, holidays: HolidayLookup
) -> Due:
    unit = period.unit.value.replace("_", " ")
    amount = f"{period.value} {unit[:-1] if period.value == 1 else unit}"
    if start.at is None:
        return Due(
            None,
            None,
            f"{rule}: {amount} from {_start_text(start)}; not running yet",
            waiting_for=start.clock,
        )
    head = f"{rule}: {_start_text(start)} + {amount}"
    if period.unit is Unit.HOURS:
        due = _hours(period.value, start.at, place=place, head=head)
        extended = _extended(start.at, due, place, holidays) if deadline.two_working_days_disputed else None
        return replace(due, extended_reading=extended, missing=start.missing)
    first = local_day(start.at, place.zone)
    last = _last_day(period, first, place, holidays)
    head += f", the day of the trigger ({day_text(first)} in {place.zone}) not counted"
    if deadline.rolls_to_working_day:
        moved = working_day_from(last, period.calendar or place.calendar, holidays)
        head += f", {day_text(last)} is no working day and moves" if moved != last else ""
        last = moved
    at = end_of_local_day(last, place.zone)
    line = f"{head} = end of {day_text(last)} = {instant_text(at)}"
    return Due(at, last, line, missing=start.missing)


def _last_day(period: Period, first: date, place: Place, holidays: HolidayLookup) -> date:
    match period.unit:
        case Unit.DAYS:
            return first + timedelta(days=period.value)
        case Unit.MONTHS:
            return add_months(first, period.value)
        case Unit.BUSINESS_DAYS:
            return add_working_days(first, period.value, period.calendar or place.calendar, holidays)
        case Unit.HOURS:
            raise ValueError("hours have no last day")


def _hours(hours: int, start: datetime, *, place: Place, head: str) -> Due:
    due = (start + timedelta(hours=hours)).astimezone(UTC)
    local = due.astimezone(ZoneInfo(place.zone))
    line = f"{head}, elapsed hours = {instant_text(due)} ({local:%Y-%m-%d %H:%M} in {place.zone})"
    return Due(due, local.date(), line)


def _extended(start: datetime, due: Due, place: Place, holidays: HolidayLookup) -> str | None:
    if due.on is None or due.at is None:
        return None
    readings = []
    full_hour = due.at.replace(minute=0, second=0, microsecond=0)
    if full_hour != due.at:
        later = instant_text(full_hour + timedelta(hours=1))
        readings.append(f"Art. 3(1) (the hour of the event is not counted) would give {later}")
    first = local_day(start, place.zone) + timedelta(days=1)
    if working_days_between(first, due.on, place.calendar, holidays) < _DISPUTED_WORKING_DAYS:
        longer = add_working_days(first - timedelta(days=1), _DISPUTED_WORKING_DAYS, place.calendar, holidays)
        readings.append(
            "Art. 3(5) (at least two working days) would give the end of "
            f"{day_text(longer)} in {place.zone}, and whether it reaches a period in hours is contested"
        )
    if not readings:
        return None
    return f"Disputed, Regulation 1182/71: {'; '.join(readings)}. Plan on the strict reading."
