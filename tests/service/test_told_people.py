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
from tests.builders.blocks import reheld, removed, swapped
from tests.builders.house import Scene

WAYS = pytest.mark.parametrize("by_columns", [True, False], ids=["columns", "rows"])


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(told_people, "PAGE", 3)


def changed(what: str):
    """Change blocks by SQL."""

    def attack(scene: Scene) -> None:
        with closing(sqlite3.connect(scene.folder / "tocsin.db")) as connection:
            assert connection.execute(f"UPDATE person_block SET {what}").rowcount
            connection.commit()

    return attack


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
    "change",
    [
        reheld(3, email="x@example.org"), reheld(3, email=None), reheld(3, email=""), reheld(3, email=7),
        reheld(3, name=lambda name: f"{name}\n"), reheld(3, name=lambda name: f"{name}\t"), reheld(3, name=7),
        reheld(3, language="xx"), reheld(language="xx"), reheld(3, language=7), removed(3), swapped(2, 3),
        changed("told = replace(told, char(10) || '3' || char(9), char(10) || '3.5' || char(9))"),
        changed("told = replace(told, char(10) || '3' || char(9), char(10) || '99' || char(9))"),
        changed("told = CAST(told AS BLOB)"), changed("told = '['"), changed("told = ''"), changed("number = 7"),
    ],
)  # fmt: skip
def test_whatever_was_changed_is_refused_both_ways(played, monkeypatch, change, by_columns):
    scene = played("to_approved")
    change(scene)
    with pytest.raises(TamperError, match=r"is not (what was frozen|as this house writes it)"):
        laid_out(scene, monkeypatch, by_columns=by_columns)


def test_who_stops_reading_leaves_nothing_open(played):
    scene = played("to_approved")
    reading = told(scene.house, scene.state.cohort)
    _kind, people = next(reading)
    assert 0 < len(people) <= 3
    reading.close()
    planning.plan(scene.house, scene.incident_id)
    assert scene.state.notice is not None
