"""Letters are laid out by columns as they would be row by row: the same batches, hashes and refusals."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from incident.core.addressees import Addressees
from incident.errors import TamperError
from incident.service import planning, told_people
from incident.service.told_people import told_people as told
from tests.builders.house import Scene

WAYS = pytest.mark.parametrize("by_columns", [True, False], ids=["columns", "rows"])


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(told_people, "PAGE", 3)


class Salts:
    """Ids whose keys are known."""

    @staticmethod
    def key() -> bytes:
        return b"k" * 32


def laid_out(scene: Scene, monkeypatch, *, by_columns: bool):
    profile = replace(scene.house.profile, batch_people=5)
    house = replace(scene.house, ids=Salts(), profile=profile)
    with monkeypatch.context() as patch:
        if not by_columns:
            patch.setattr(Addressees, "read", lambda *_given, **_named: None)
        return planning._laid_out(house, scene.state, scene.state.cohort)


def changed(scene: Scene, statement: str) -> None:
    with closing(sqlite3.connect(scene.folder / "tocsin.db")) as connection:
        assert connection.execute(statement).rowcount
        connection.commit()


def test_batches_and_hashes_are_the_same_both_ways(played, monkeypatch):
    scene = played("to_approved")
    one, other = (laid_out(scene, monkeypatch, by_columns=how) for how in (True, False))
    at = scene.state.opened_at
    assert [replace(b, changed_at=at) for b in one.batches] == [
        replace(b, changed_at=at) for b in other.batches
    ]
    assert one.positions_apart() == other.positions_apart()
    assert one.tally["planned"] + one.tally["no_address"] == scene.state.cohort.told
    assert len(one.batches) > 2


@WAYS
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE person SET email = 'x@example.org' WHERE position = 3",
        "UPDATE person SET email = NULL WHERE position = 3",
        "UPDATE person SET email = '' WHERE position = 3",
        "UPDATE person SET email = CAST(email AS BLOB) WHERE position = 3",
        "UPDATE person SET name = name || char(10) WHERE position = 3",
        "UPDATE person SET name = name || char(9) WHERE position = 3",
        "UPDATE person SET name = CAST('Eve' AS BLOB) WHERE position = 3",
        "UPDATE person SET language = 'xx' WHERE position = 3",
        "UPDATE person SET language = 'xx'",
        "UPDATE person SET language = CAST(language AS BLOB) WHERE position = 3",
        "UPDATE person SET position = 3.5 WHERE position = 3",
        "UPDATE person SET position = 99 WHERE position = 3",
        "DELETE FROM person WHERE position = 3",
    ],
)
def test_whatever_was_changed_is_refused_both_ways(played, monkeypatch, statement, by_columns):
    scene = played("to_approved")
    changed(scene, statement)
    with pytest.raises(TamperError, match="is not what was frozen"):
        laid_out(scene, monkeypatch, by_columns=by_columns)


def test_who_stops_reading_leaves_nothing_open(played):
    scene = played("to_approved")
    reading = told(scene.house, scene.state.cohort)
    _kind, people = next(reading)
    assert 0 < len(people) <= 3
    reading.close()
    planning.plan(scene.house, scene.incident_id)
    assert scene.state.notice is not None
