"""Periods with rules of their own: Form 8-K, DORA, the bank regulators' 36 hours, reports after reports."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.adapters.holidays import PublicHolidays
from incident.core.deadlines import Due, Place, compute_due, start_of
from incident.core.rules import Deadline, Period, Unit
from incident.core.vocabulary import ClockName, Sector

AWARE, CLASSIFIED = ClockName.BECAME_AWARE, ClockName.CLASSIFIED
MATERIAL, DETERMINED = ClockName.MATERIALITY_DETERMINED, ClockName.DETERMINED
FIRST_REPORT, SECOND_REPORT = ClockName.INITIAL_REPORT, ClockName.INTERMEDIATE_REPORT
NEW_YORK, BERLIN = Place("America/New_York", "US"), Place("Europe/Berlin", "DE")

# Form 8-K, General Instruction B.1; Regulation S-T Rule 13(a)(2): filed by 17:30 Eastern counts as that day
FORM_8K = Deadline(
    MATERIAL,
    "within four business days",
    Period(4, Unit.BUSINESS_DAYS, MATERIAL, calendar="US", ends_at=time(17, 30)),
)
# Delegated Regulation (EU) 2025/301 Art. 5(1), (2), (4), (5)
DORA_FIRST = Deadline(
    CLASSIFIED,
    "within four hours from classification",
    Period(4, Unit.HOURS, CLASSIFIED),
    cap=Period(24, Unit.HOURS, AWARE),
    cap_falls_away=True,
    rolls_to_noon=True,
    no_roll_sectors=frozenset({Sector.BANK, Sector.ESSENTIAL_ENTITY}),
)
DORA_FINAL = Deadline(
    SECOND_REPORT,
    "no later than one month",
    Period(1, Unit.MONTHS, SECOND_REPORT),
    rolls_to_noon=True,
)


def due(
    deadline: Deadline,
    place: Place,
    clocks: dict[ClockName, str],
    *,
    sectors: frozenset[Sector] = frozenset(),
) -> Due:
    moments = {clock: datetime.fromisoformat(at) for clock, at in clocks.items()}
    return compute_due(
        deadline, moments, place=place, rule="test/rule", holidays=PublicHolidays(), sectors=sectors
    )


@pytest.mark.parametrize(
    ("determined", "on", "at"),
    [
        ("2026-03-10T09:00:00-04:00", "2026-03-16", "2026-03-16T17:30:00-04:00"),  # Tue: Wed, Thu, Fri, Mon
        ("2026-03-13T18:00:00-04:00", "2026-03-19", "2026-03-19T17:30:00-04:00"),  # Fri evening
        ("2026-03-14T09:00:00-04:00", "2026-03-19", "2026-03-19T17:30:00-04:00"),  # Sat: Monday is day one
        ("2026-03-15T23:30:00-04:00", "2026-03-19", "2026-03-19T17:30:00-04:00"),  # Sun, Monday in UTC
        ("2026-06-18T09:00:00-04:00", "2026-06-25", "2026-06-25T17:30:00-04:00"),  # Juneteenth on the Friday
        ("2026-06-19T09:00:00-04:00", "2026-06-25", "2026-06-25T17:30:00-04:00"),  # on the holiday itself
        ("2026-07-01T09:00:00-04:00", "2026-07-08", "2026-07-08T17:30:00-04:00"),  # 3 July observed
        ("2026-11-24T09:00:00-05:00", "2026-12-01", "2026-12-01T17:30:00-05:00"),  # Thanksgiving
        (
            "2026-03-05T09:00:00-05:00",
            "2026-03-11",
            "2026-03-11T17:30:00-04:00",
        ),  # clocks go forward on 8 March
    ],
)
def test_form_8k_counts_business_days_of_the_federal_calendar(determined: str, on: str, at: str) -> None:
    found = due(FORM_8K, NEW_YORK, {AWARE: "2026-03-01T00:00:00+00:00", MATERIAL: determined})
    assert found.on is not None
    assert found.on.isoformat() == on
    assert found.at == datetime.fromisoformat(at)
    assert "4 business days" in found.derivation
    assert "17:30 in America/New_York" in found.derivation


@pytest.mark.parametrize(
    ("aware", "classified", "at", "says"),
    [
        # Tue 10 March 2026: classified after two hours, four hours are earlier than 24
        (
            "2026-03-10T08:00:00+01:00",
            "2026-03-10T10:00:00+01:00",
            "2026-03-10T14:00:00+01:00",
            "whichever is earlier",
        ),
        # classified after 20 hours: both end together
        ("2026-03-10T08:00:00+01:00", "2026-03-11T04:00:00+01:00", "2026-03-11T08:00:00+01:00", "whichever"),
        # classified after 22 hours: the 24 hours end first
        ("2026-03-10T08:00:00+01:00", "2026-03-11T06:00:00+01:00", "2026-03-11T08:00:00+01:00", "+ 24 hours"),
        # classified after exactly 24 hours, and one minute later: then the four hours alone count
        ("2026-03-10T08:00:00+01:00", "2026-03-11T08:00:00+01:00", "2026-03-11T08:00:00+01:00", "+ 24 hours"),
        (
            "2026-03-10T08:00:00+01:00",
            "2026-03-11T08:01:00+01:00",
            "2026-03-11T12:01:00+01:00",
            "then do not count",
        ),
    ],
)
def test_dora_first_report_is_capped_by_awareness(aware: str, classified: str, at: str, says: str) -> None:
    found = due(DORA_FIRST, BERLIN, {AWARE: aware, CLASSIFIED: classified})
    assert found.at == datetime.fromisoformat(at)
    assert says in found.derivation


@pytest.mark.parametrize(
    ("sectors", "at"),
    [
        ({Sector.FINANCIAL}, "2026-03-16T12:00:00+01:00"),
        ({Sector.INSURANCE}, "2026-03-16T12:00:00+01:00"),
        ({Sector.BANK}, "2026-03-14T18:00:00+01:00"),
        ({Sector.FINANCIAL, Sector.ESSENTIAL_ENTITY}, "2026-03-14T18:00:00+01:00"),
    ],
)
def test_dora_first_report_on_a_saturday_waits_for_monday_noon_but_not_for_banks(
    sectors: set[Sector], at: str
) -> None:
    clocks = {AWARE: "2026-03-14T10:00:00+01:00", CLASSIFIED: "2026-03-14T14:00:00+01:00"}
    found = due(DORA_FIRST, BERLIN, clocks, sectors=frozenset(sectors))
    assert found.at == datetime.fromisoformat(at)
    assert ("until noon" in found.derivation) is (Sector.BANK not in sectors and len(sectors) == 1)


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        ("2026-02-14T10:00:00+01:00", "2026-03-16T12:00:00+01:00"),  # Sat 14 March: Mon noon
        ("2026-03-10T10:00:00+01:00", "2026-04-10T23:59:59+02:00"),  # Fri
        (
            "2026-01-31T10:00:00+01:00",
            "2026-03-02T12:00:00+01:00",
        ),  # clamped to Sat 28 February, then Mon noon
        ("2026-03-03T10:00:00+01:00", "2026-04-07T12:00:00+02:00"),  # Good Friday: Tue after Easter
        ("2026-04-01T10:00:00+02:00", "2026-05-04T12:00:00+02:00"),  # 1 May is a holiday and a Friday
    ],
)
def test_dora_final_report_waits_for_noon_for_everybody(sent: str, at: str) -> None:
    clocks = {AWARE: "2026-01-01T00:00:00+00:00", SECOND_REPORT: sent}
    found = due(DORA_FINAL, BERLIN, clocks, sectors=frozenset({Sector.BANK}))
    assert found.at == datetime.fromisoformat(at)


def test_thirty_six_hours_run_from_determination_and_through_weekends() -> None:
    deadline = Deadline(DETERMINED, "no later than 36 hours", Period(36, Unit.HOURS, DETERMINED))
    clocks = {AWARE: "2026-03-06T09:00:00-05:00", DETERMINED: "2026-03-07T09:00:00-05:00"}
    found = due(deadline, NEW_YORK, clocks)
    # Sat 7 March 09:00 EST; clocks go forward at 02:00 on Sun 8 March
    assert found.at == datetime.fromisoformat("2026-03-08T22:00:00-04:00")
    assert found.missing is None


def test_a_report_after_a_report_waits_for_it_or_counts_from_the_earlier_one() -> None:
    aware = datetime.fromisoformat("2026-03-10T05:00:00+00:00")
    sent = datetime.fromisoformat("2026-03-11T05:00:00+00:00")
    assert start_of(SECOND_REPORT, {AWARE: aware}).at is None
    stand_in = start_of(SECOND_REPORT, {AWARE: aware, FIRST_REPORT: sent})
    assert (stand_in.at, stand_in.fell_back_to, stand_in.missing) == (sent, FIRST_REPORT, SECOND_REPORT)
    waiting = due(DORA_FINAL, BERLIN, {AWARE: "2026-03-10T05:00:00+00:00"})
    assert (waiting.at, waiting.waiting_for) == (None, SECOND_REPORT)


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2027, 12, 31)))  # noqa: DTZ001
def test_noon_never_comes_before_the_strict_end_and_falls_on_a_working_day(start: datetime) -> None:
    aware = start.replace(tzinfo=datetime.fromisoformat("2026-01-01T00:00:00+00:00").tzinfo)
    clocks = {AWARE: aware.isoformat(), CLASSIFIED: aware.isoformat()}
    strict = due(DORA_FIRST, BERLIN, clocks, sectors=frozenset({Sector.BANK}))
    moved = due(DORA_FIRST, BERLIN, clocks)
    assert strict.at is not None
    assert moved.at is not None
    assert moved.on is not None
    assert all(first <= second for first, second in pairwise([aware, strict.at, moved.at]))
    assert moved.on.weekday() < 5
    noon = moved.at.astimezone(ZoneInfo("Europe/Berlin")).time() == time(12)
    assert moved.at == strict.at or noon or moved.at == aware + timedelta(hours=24)


def test_dora_noon_after_a_sunday_does_not_stretch_the_24_hours() -> None:
    # Sun 15 March 2026, 10:00 in Berlin: four hours end on Sunday, so Monday noon; 24 hours end Monday, 10:00
    clocks = {AWARE: "2026-03-15T10:00:00+01:00", CLASSIFIED: "2026-03-15T10:00:00+01:00"}
    found = due(DORA_FIRST, BERLIN, clocks, sectors=frozenset({Sector.FINANCIAL}))
    assert found.at == datetime.fromisoformat("2026-03-16T10:00:00+01:00")
    assert "Mon 2026-03-16 11:00:00 UTC" in (found.extended_reading or "")
