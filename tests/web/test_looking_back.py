"""Pages of the past: every tab as of an instant, by when it was recorded or happened; nothing is decided there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from incident.core.events import instant_text
from incident.service import opening
from incident.web.pages.incident import TABS
from tests.builders.consoles import Browser, Console, played


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        yield found


@pytest.fixture
def grace(desk: Console) -> Browser:
    return desk.browser("grace")


def at(desk: Console, name: str = "", **query: str) -> str:
    tail = f"/{name}" if name and name != "summary" else ""
    return f"/incidents/{desk.scene.incident_id}{tail}?{urlencode(query)}"


def before(desk: Console, kind: str) -> datetime:
    """Return the instant at which the entry before the first of a kind was recorded."""
    rows = desk.scene.house.store.timeline(desk.scene.incident_id)
    first = next(row for row in rows if row.kind == kind)
    return max(row.recorded_at for row in rows if row.seq < first.seq)


@pytest.mark.parametrize("name", TABS)
def test_every_tab_says_that_it_is_of_the_past_and_offers_no_decision(
    desk: Console, grace: Browser, name: str
) -> None:
    now = grace.get(at(desk, name))
    then = instant_text(before(desk, "cohort:frozen"))
    past = grace.get(at(desk, name, as_of=then))
    assert past.status_code == 200, past.text
    assert "Decisions are made only today" in past.text
    assert "Decisions are made only today" not in now.text
    assert "/do/" not in past.text
    assert "data-still" in past.text
    assert f"timeline?as_of={then.replace(':', '%3A')}" in past.text


def test_summary_and_people_are_of_before_the_scoping(desk: Console, grace: Browser) -> None:
    then = instant_text(before(desk, "cohort:frozen"))
    for name in ("", "people"):
        assert "Nobody has found out yet who is affected." not in grace.get(at(desk, name)).text
        assert "Nobody has found out yet who is affected." in grace.get(at(desk, name, as_of=then)).text


def test_the_slider_is_an_entry_and_shows_that_entry_last(desk: Console, grace: Browser) -> None:
    rows = desk.scene.house.store.timeline(desk.scene.incident_id)
    cut = next(row for row in rows if row.kind == "cohort:frozen")
    shown = grace.get(at(desk, "timeline", upto=str(cut.seq))).text
    for row in rows:
        assert (f'id="e{row.seq}"' in shown) is (row.recorded_at <= cut.recorded_at)
    lines = grace.get(at(desk, "timeline.csv", upto=str(cut.seq))).text
    assert len(lines.splitlines()) == 1 + sum(row.recorded_at <= cut.recorded_at for row in rows)


def test_a_clock_stands_as_it_stood_then(desk: Console, grace: Browser) -> None:
    aware = desk.scene.state.became_aware_at
    assert aware is not None
    at_once = grace.get(at(desk, as_of=instant_text(aware + timedelta(hours=1)), axis="happened")).text
    assert "47 h 00 min left" in at_once


def test_by_happening_a_late_record_takes_its_place(desk: Console, grace: Browser) -> None:
    """Something happened before anybody wrote it down: between the two, only one of the axes knows."""
    rows = desk.scene.house.store.timeline(desk.scene.incident_id)
    late = max(rows, key=lambda row: row.recorded_at - row.occurred_at)
    assert late.recorded_at > late.occurred_at > min(row.occurred_at for row in rows)
    then = instant_text(late.recorded_at - timedelta(microseconds=1))
    line = f'id="e{late.seq}"'
    assert line not in grace.get(at(desk, "timeline", as_of=then, axis="recorded")).text
    assert line in grace.get(at(desk, "timeline", as_of=then, axis="happened")).text


def test_what_is_no_past_instant_is_refused(desk: Console, grace: Browser) -> None:
    for query in (
        {"as_of": "soon"},
        {"as_of": "2999-01-01T00:00:00Z"},
        {"as_of": "0001-01-01T00:00"},
        {"as_of": "2026-01-01T00:00:00Z", "axis": "felt"},
    ):
        answer = grace.get(at(desk, **query))
        assert answer.status_code in {404, 422}, (query, answer.text)
    assert grace.get(at(desk, as_of="2001-01-01T00:00:00Z")).status_code == 404


def test_a_past_that_is_kept_does_not_hide_what_came_later(desk: Console, grace: Browser) -> None:
    then = instant_text(before(desk, "cohort:frozen"))
    assert grace.get(at(desk, as_of=then)).status_code == 200
    opening.open_incident(desk.scene.house, actor=desk.scene.ada, title="Another one")
    assert "Nobody has found out yet who is affected." not in grace.get(at(desk)).text
