"""Later reports: after the first, one at a time, with what changed, and nothing after the final one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.agenda import Do, agenda
from incident.errors import BadInputError, NotFoundError, RefusedError
from incident.service import filing, filing_stages, opening
from tests.builders.house import AWARE_AT, Scene

WHY = "the log of the second store was read"


@pytest.fixture
def filed(played) -> Scene:
    scene = played("to_approved")
    scene.file_all()
    return scene


def first_of(scene: Scene) -> str:
    return next(iter(scene.state.filings))


def later(scene: Scene, stage: str = "supplementary", after: str = ""):
    return filing_stages.prepare_later(
        scene.house, scene.incident_id, after or first_of(scene), stage=stage, because=WHY, actor=scene.grace
    )


def submit(scene: Scene, filing_id: str) -> None:
    scene.turn(200)
    filing.submit(
        scene.house,
        scene.incident_id,
        filing_id,
        actor=scene.grace,
        reference=f"LATER-{filing_id}",
        submitted_at=AWARE_AT + timedelta(hours=199),
    )


def answers(scene: Scene, sha256: str) -> dict[str, str | None]:
    return {one["code"]: one["value"] for one in json.loads(scene.house.vault.read(sha256))["fields"]}


def test_it_says_what_changed_and_leaves_the_rest_as_it_was(filed):
    first = filed.state.filings[first_of(filed)]
    before = answers(filed, first.prepared.pack_sha256)
    scene = filed
    scene.turn(30)
    opening.amend_fact(
        scene.house, scene.incident_id, actor=scene.grace, name="measures_planned",
        value="Keys are kept in the vault", label=e.Label.FACT, source="the team",
    )  # fmt: skip
    made = later(scene)
    now = answers(scene, made.pack_sha256)
    assert made.filing_id == f"{first_of(scene)}-2"
    assert now.pop("follows") == first.submitted.reference
    assert now.pop("because") == WHY
    changes = now.pop("changes")
    assert set(now) == set(before)
    different = [code for code in now if now[code] != before[code]]
    assert "measures_planned" in different or "measures" in different
    for code in different:
        assert f"now {now[code] or 'unknown'}" in changes


def test_it_is_filed_without_a_reason_for_lateness_and_meets_nothing_twice(filed):
    made = later(filed)
    action = next(a for a in agenda(filed.state, filed.house.clock.now()) if a.subject == made.filing_id)
    assert (action.do, action.due_at) == (Do.FILE, None)
    met = filed.kinds.count("obligation:met")
    submit(filed, made.filing_id)
    assert filed.state.filings[made.filing_id].submitted.reference == f"LATER-{made.filing_id}"
    assert filed.kinds.count("obligation:met") == met
    assert filed.state.filings[first_of(filed)].submitted.reference == "REF-0"


def test_one_at_a_time_and_none_after_the_final(filed):
    one = later(filed)
    with pytest.raises(RefusedError, match="is not filed yet"):
        later(filed)
    submit(filed, one.filing_id)
    last = later(filed, "final")
    assert last.filing_id == f"{first_of(filed)}-3"
    submit(filed, last.filing_id)
    with pytest.raises(RefusedError, match="was the final report"):
        later(filed)


def test_not_before_the_first_and_not_of_nothing(played):
    scene = played("to_approved")
    with pytest.raises(RefusedError, match="is not filed yet"):
        later(scene)
    with pytest.raises(NotFoundError):
        later(scene, after="F99")
    with pytest.raises(BadInputError, match="stage"):
        later(scene, "initial")


def test_a_waiting_later_report_does_not_make_first_packs_anew(filed):
    """Facts change while a later report waits: the agenda must not ask for packs that nobody makes."""
    later(filed)
    filed.run()
    do = [a.do for a in agenda(filed.state, filed.house.clock.now())]
    assert Do.PREPARE_FILINGS not in do
