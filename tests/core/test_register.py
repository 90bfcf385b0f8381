"""The register of breaches, and the calendar of deadlines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.calendar_file import calendar
from incident.core.register import COLUMNS, row
from tests.core import histories as h
from tests.core.histories import hours, made, state_of

NAMES = {"name": "Imajinn", "postal_address": "", "dpo": "", "privacy_contact": "", "phone": ""}


@pytest.mark.parametrize("steps", h.STAGES.values(), ids=h.STAGES)
def test_every_incident_has_every_column_whatever_is_known(steps):
    line = row(state_of(*steps), NAMES)
    assert tuple(line) == COLUMNS
    assert line["incident"] == "INC-1"


def test_what_is_unknown_is_nothing_and_never_made_up():
    line = row(state_of(h.OPENED), NAMES)
    assert {line[name] for name in ("outcome", "people_total", "risk", "promise_kept", "closed_at")} == {None}


def test_no_breach_and_no_duty_stand_in_it_with_who_and_why():
    no_breach = made(e.BreachDecided, outcome=e.Outcome.NOT_A_BREACH, reason="a test file")
    line = row(state_of(h.OPENED, h.BECAME, ("grace", no_breach)), NAMES)
    assert (line["outcome"], line["decided_by"], line["decided_because"]) == (
        "not_a_breach",
        "grace",
        "a test file",
    )
    waived = made(e.ObligationWaived, obligation_id="gdpr", reason="no risk to anybody")
    assert row(state_of(*h.TO_COHORT, waived), NAMES)["not_required"] == ["gdpr: no risk to anybody"]


def test_a_filing_is_named_with_its_reference_and_lateness_stays():
    line = row(state_of(*h.TO_DONE), NAMES)
    assert "reference R" in line["filings"][0]
    assert line["promise_kept"] is True
    missed = made(e.DeadlineMissed, obligation_id="promise", due_at=hours(48))
    late = row(state_of(*h.TO_COHORT, missed), NAMES)
    assert (late["late"], late["promise_kept"]) == (["promise"], False)


def unfolded(content: bytes) -> list[str]:
    text = content.decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")


def test_a_calendar_holds_every_open_deadline_at_its_instant():
    state = state_of(*h.TO_COHORT, drill=True)
    lines = unfolded(calendar(state, hours(1)))
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    due = (h.AWARE + timedelta(hours=72)).strftime("%Y%m%dT%H%M%SZ")
    assert f"DTSTART:{due}" in lines
    assert any(line.startswith("SUMMARY:DRILL: INC-1 due: BfDI") for line in lines)
    assert lines.count("BEGIN:VALARM") == 4
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]


def test_what_is_met_is_not_in_the_calendar_and_hostile_text_is_text():
    assert not unfolded(calendar(state_of(*h.TO_DONE), hours(60))).count("BEGIN:VEVENT")
    nasty = h.duty("x", authority="a;b,c\\d\nEND:VCALENDAR ü" * 9, due_at=hours(5))
    lines = unfolded(calendar(state_of(h.OPENED, h.BECAME, nasty), hours(1)))
    assert lines.count("END:VCALENDAR") == 1
    assert any("a\\;b\\,c\\\\d\\nEND" in line for line in lines)
