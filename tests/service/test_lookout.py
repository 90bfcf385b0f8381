"""Kept incidents: read once, caught up afterwards, and never changed under somebody who looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from incident.core.events import Label
from incident.errors import NotFoundError
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


def test_there_is_none(opened: Scene) -> None:
    with pytest.raises(NotFoundError):
        Lookout(opened.house).incident("INC-NOSUCH00")
