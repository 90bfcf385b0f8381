"""When a duty falls due, with the arithmetic in one readable line.

Hours are elapsed hours. Days exclude the day of the trigger, unless the law counts it, and end with the local
day. Months clamp to the month's end. A moment of knowledge that is missing is replaced by the earliest known
one, and the line says so; a period that runs from something we have yet to do waits for it. Order between
duties is left to `obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from incident.core.calendars import add_months, add_working_days, working_day_from, working_days_between
from incident.core.moments import day_text, end_of_local_day, instant_text, local_day, local_time, zone_of
from incident.core.rules import Unit
from incident.core.vocabulary import EARLIER_EVENT, EVENT_CLOCKS, ClockName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.core.calendars import HolidayLookup
    from incident.core.rules import Deadline, Period
    from incident.core.vocabulary import Sector

_NOON = time(12)
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
        stand_in = EARLIER_EVENT.get(clock)
        at = clocks.get(stand_in) if stand_in else None
        return Start(clock, at, stand_in if at else None)
    known = [(at, name) for name, at in clocks.items() if name not in EVENT_CLOCKS]
    at, name = min(known)
    return Start(clock, at, name)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all periods of one deadline are read with."""

    deadline: Deadline
    place: Place
    rule: str
    holidays: HolidayLookup
    noon: bool

    def day_off(self, day: date, period: Period) -> date | None:
        """Return the next working day when the day is none."""
        moved = working_day_from(day, period.calendar or self.place.calendar, self.holidays)
        return moved if moved != day else None


def compute_due(
    deadline: Deadline,
    clocks: Mapping[ClockName, datetime],
    *,
    place: Place,
    rule: str,
    holidays: HolidayLookup,
    sectors: frozenset[Sector] = frozenset(),
) -> Due:
    """Apply a deadline to the known moments; `rule` is the id and version to print, `sectors` are ours."""
    start = start_of(deadline.period.clock if deadline.period else deadline.clock, clocks)
    if deadline.period is None:
        return _without_number(deadline, start, rule)
    noon = deadline.rolls_to_noon and not deadline.no_roll_sectors & sectors
    reading = _Reading(deadline, place, rule, holidays, noon)
    own = _one(deadline.period, start, reading)
    if deadline.cap is None:
        return own
    cap = start_of(deadline.cap.clock, clocks)
    if deadline.cap_falls_away and _starts_after(start, cap, deadline.cap):
        late = f"{start.clock.value} lies after the {_amount(deadline.cap)} from {cap.clock.value}"
        return replace(own, derivation=f"{own.derivation}; {late}, which then do not count")
    capped = _one(deadline.cap, cap, reading)
    first = earlier(own, capped)
    if noon and own.at and capped.at and first.at == capped.at < own.at:
        return replace(first, extended_reading=_noon_reading(own.at))
    return first


def _noon_reading(at: datetime) -> str:
    return f"If the day off moves the limit as a whole, and not each of its two periods: {instant_text(at)}."


def _starts_after(start: Start, cap_start: Start, cap: Period) -> bool:
    if start.at is None or cap_start.at is None or cap.unit is not Unit.HOURS:
        return False
    return start.at > cap_start.at + timedelta(hours=cap.value)


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
        return f"{start.clock} {instant_text(start.at)}"
    return (
        f"{start.fell_back_to.value} {instant_text(start.at)} "
        f"(the rule counts from {start.clock.value}, which is not known; the earliest known moment is used)"
    )


def _amount(period: Period) -> str:
    unit = period.unit.value.replace("_", " ")
    return f"{period.value} {unit[:-1] if period.value == 1 else unit}"


def _one(period: Period, start: Start, reading: _Reading) -> Due:
    amount = _amount(period)
    if start.at is None:
        line = f"{reading.rule}: {amount} from {_start_text(start)}; not running yet"
        return Due(None, None, line, waiting_for=start.clock)
    head = f"{reading.rule}: {_start_text(start)} + {amount}"
    if period.unit is Unit.HOURS:
        due = _in_hours(period, start.at, reading, head)
    else:
        due = _in_days(period, start.at, reading, head)
    return due if start.missing is None else replace(due, missing=start.missing)


def _in_hours(period: Period, start: datetime, reading: _Reading, head: str) -> Due:
    place, holidays = reading.place, reading.holidays
    due = _hours(period.value, start, place=place, head=head)
    if reading.deadline.two_working_days_disputed:
        return replace(due, extended_reading=_extended(start, due, place, holidays))
    moved = reading.day_off(due.on, period) if reading.noon and due.on else None
    return due if moved is None else _noon(moved, reading, due.derivation)


def _in_days(period: Period, start: datetime, reading: _Reading, head: str) -> Due:
    place = reading.place
    first = local_day(start, place.zone)
    if period.from_year_end:
        head += f", counted from the end of the calendar year of {day_text(first)} in {place.zone}"
        first = date(first.year, 12, 31)
    elif period.first_day_counts:
        head += f", the day of the trigger ({day_text(first)} in {place.zone}) counted as the first"
        first -= timedelta(days=1)
    else:
        head += f", the day of the trigger ({day_text(first)} in {place.zone}) not counted"
    last = _last_day(period, first, place, reading.holidays)
    rolls = reading.deadline.rolls_to_working_day or reading.noon
    moved = reading.day_off(last, period) if rolls else None
    if moved and reading.noon:
        return _noon(moved, reading, f"{head} = {day_text(last)}")
    if moved:
        head += f", {day_text(last)} is no working day and moves"
        last = moved
    if period.ends_at is None:
        at = end_of_local_day(last, place.zone)
        return Due(at, last, f"{head} = end of {day_text(last)} = {instant_text(at)}")
    at = local_time(last, period.ends_at, place.zone)
    hour = f"{period.ends_at:%H:%M} in {place.zone}, when the recipient's day ends"
    return Due(at, last, f"{head} = {day_text(last)}, {hour} = {instant_text(at)}")


def _noon(day: date, reading: _Reading, head: str) -> Due:
    at = local_time(day, _NOON, reading.place.zone)
    line = f"{head}; a day off, so until noon of the next working day, {day_text(day)} = {instant_text(at)}"
    return Due(at, day, line)


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
    local = due.astimezone(zone_of(place.zone))
    line = f"{head}, elapsed hours = {instant_text(due)} ({local.isoformat(' ')[:16]} in {place.zone})"
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
