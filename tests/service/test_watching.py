"""The watch: pages once about each thing, sees that incidents are worked on, and stops for none of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from incident.core import events as e
from incident.service.house import history
from incident.service.responding import advance, claim, watch_tick
from tests.builders.house import Scene
from tests.fakes.starter import FakeStarter


def pages(scene: Scene) -> list[str]:
    """Return the subjects that were paged, as they are in the ledger."""
    events = (one.event for one in history(scene.house, scene.incident_id))
    return [event.subject for event in events if isinstance(event, e.PageSent)]


def messages(scene: Scene) -> list[dict[str, str]]:
    """Return what the pager's file got, one message a line."""
    file = scene.folder / "pages.ndjson"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def tick(scene: Scene, starter=None) -> tuple[str, ...]:
    return watch_tick(scene.house, starter=starter, owner="WATCH-1")


def test_it_advances_what_is_due_and_then_has_nothing_to_do(fresh):
    scene = fresh.open()
    (line,) = tick(scene)
    assert line == f"{scene.incident_id}: waiting, 1 things done here"
    assert tick(scene) == ()
    assert "obligations:determined" in scene.kinds


@pytest.mark.parametrize(
    ("hours", "subjects"),
    [
        (1, []),
        (24, ["promise:24h"]),
        (36, ["promise:12h"]),
        (42.5, ["promise:6h"]),
        (46.5, ["promise:2h"]),
        (49, ["promise:late"]),
    ],
)
def test_it_pages_once_about_the_promise(played, hours, subjects):
    scene = played("to_request")
    scene.turn(hours)
    tick(scene)
    assert [subject for subject in pages(scene) if "promise" in subject] == subjects
    before = pages(scene)
    tick(scene)
    assert pages(scene) == before
    assert scene.kinds.count("page:sent") == len(before)


def test_it_pages_again_when_it_gets_worse(played):
    scene = played("to_request")
    for hours in (25, 37, 43, 47, 49):
        scene.turn(hours)
        tick(scene)
    told = [subject for subject in pages(scene) if "promise" in subject]
    assert told == ["promise:24h", "promise:12h", "promise:6h", "promise:2h", "promise:late"]
    assert scene.state.obligations["promise"].missed_at is not None


def test_it_does_not_page_about_people_who_were_told(played):
    scene = played("to_approved")
    scene.run()
    scene.account_all()
    scene.run()
    scene.turn(49)
    tick(scene)
    assert not [subject for subject in pages(scene) if "promise" in subject]


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE ledger_entry SET body = 'broken' WHERE incident = ?",
        "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'incident:opened', 'incident:undone') AS BLOB) WHERE incident = ?",
        "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), '\"title\"', '\"titel\"') AS BLOB) WHERE incident = ?",
    ],
)  # fmt: skip
def test_one_broken_incident_does_not_stop_the_others(fresh, harm):
    scenes = [fresh.open() for _ in range(3)]
    broken = scenes[1]
    with closing(sqlite3.connect(fresh.folder / "tocsin.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(harm, (broken.incident_id,))
        connection.commit()
    lines = tick(fresh)
    failed = [line for line in lines if "FAILED" in line]
    assert len(failed) == 1
    assert failed[0].startswith(broken.incident_id)
    for scene in (scenes[0], scenes[2]):
        assert "obligations:determined" in scene.kinds


def test_a_failing_step_is_reported_and_the_next_incident_is_worked_on(fresh):
    scenes = [fresh.open(), fresh.open()]

    class Failing:
        """A law that cannot be read."""

        def __getattr__(self, name):
            raise OSError("the disk is gone")

    lines = tick(replace(fresh, house=replace(fresh.house, law=Failing())))
    assert sorted(lines) == sorted(f"{scene.incident_id}: FAILED, OSError" for scene in scenes)


def test_the_orchestrator_takes_it_where_there_is_one(fresh):
    scene = fresh.open()
    starter = FakeStarter()
    assert tick(scene, starter) == (f"{scene.incident_id}: run run-1 started",)
    assert "obligations:determined" not in scene.kinds


def test_without_the_orchestrator_it_works_here(fresh):
    scene = fresh.open()
    tick(scene, FakeStarter(down=True))
    assert "obligations:determined" in scene.kinds


def test_closed_incidents_are_left_alone(fresh):
    scene = fresh.open()
    scene.freeze("gcp_audit.ndjson")
    scene.assess(e.Outcome.NOT_A_BREACH)
    scene.run()
    scene.review()
    scene.close()
    scene.turn(100)
    assert tick(scene) == ()
    assert pages(scene) == []


def test_one_run_works_on_an_incident_at_a_time(fresh):
    scene = fresh.open()
    assert claim(scene.house, scene.incident_id, owner="RUN-A")
    result = advance(scene.house, scene.incident_id, owner="RUN-B")
    assert (result.status, result.done) == ("busy", ())
    assert advance(scene.house, scene.incident_id, owner="RUN-A").done
