"""Kept incidents: read once, caught up afterwards, and never changed under somebody who looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from incident.core.events import Label
from incident.core.hindsight import Axis, known_at
from incident.errors import NotFoundError
from incident.service.house import history
from incident.service.lookout import Lookout
from incident.service.opening import amend_fact
from tests.builders.house import Scene, scene


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Scene]:
    with scene(tmp_path / "w") as found:
        yield found.open()


def test_what_was_handed_out_stays_and_what_is_new_is_read(opened: Scene) -> None:
    lookout = Lookout(opened.house)
    before = lookout.incident(opened.incident_id)
    version, facts = before.version, dict(before.facts)
    amend_fact(
        opened.house,
        opened.incident_id,
        actor=opened.ada,
        name="encrypted",
        value=False,
        label=Label.FACT,
        source="log",
    )
    after = lookout.incident(opened.incident_id)
    assert (before.version, before.facts) == (version, facts)
    assert after == opened.state
    assert "encrypted" in after.facts
    assert lookout.incident(opened.incident_id) is after


def test_it_agrees_with_a_fresh_fold_all_the_way(tmp_path: Path) -> None:
    with scene(tmp_path / "w") as found:
        one = found.open()
        lookout = Lookout(one.house)
        for step in (
            one.freeze,
            one.assess,
            one.scope,
            one.run,
            one.approve,
            one.run,
            one.account_all,
            one.run,
        ):
            step()
            assert lookout.incident(one.incident_id) == one.state


def test_every_past_instant_agrees_with_a_fresh_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("incident.service.lookout.STRIDE", 7)
    with scene(tmp_path / "w") as found:
        one = found.to_request()
        lookout, entries = Lookout(one.house), history(one.house, one.incident_id)
        instants = sorted({entry.recorded_at for entry in entries})
        assert len(entries) > 30
        for at in (*reversed(instants), *instants):  # from behind first: nothing is kept on the way then
            lookout._past.clear()
            fresh = known_at(one.incident_id, entries, at, drill=True)
            assert lookout.past(one.incident_id, at, Axis.RECORDED) == fresh
        assert lookout._on_the_way[one.incident_id]


def test_there_is_none(opened: Scene) -> None:
    with pytest.raises(NotFoundError):
        Lookout(opened.house).incident("INC-NOSUCH00")
