"""The whole way of an incident through the services, on the default transport, and what it leaves behind."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta

import pytest

from incident.core.agenda import OURS
from incident.core.events import Outcome
from incident.core.lifecycle import Stage, open_items, stage
from incident.service import assessing, obligations
from incident.service.cohorts import people
from incident.service.postmortem import report
from incident.service.responding import STEPS
from incident.service.verifying import rebuild, verify
from tests.builders.house import AWARE_AT, Scene


def whole_way(fresh: Scene) -> Scene:
    scene = fresh.to_approved()
    scene.run()
    scene.account_all()
    scene.run()
    scene.file_all()
    scene.follow_up()
    scene.run()
    scene.review()
    scene.close()
    return scene


def test_an_incident_goes_from_opening_to_closed(fresh):
    scene = fresh.open()
    assert stage(scene.state) is Stage.ASSESSING
    scene.freeze()
    scene.assess()
    assert stage(scene.state) is Stage.SCOPING
    found = scene.scope()
    assert stage(scene.state) is Stage.APPROVING
    assert scene.run().done[0].endswith("not covered by the catalogue")
    scene.approve()
    scene.run()
    assert stage(scene.state) is Stage.TELLING
    letters = list((scene.folder / "outbox").glob("*/*.eml"))
    assert len(letters) == found.result.counts.told == scene.state.cohort.told == 12
    scene.account_all()
    scene.run()
    promise = scene.state.obligations["promise"]
    assert promise.met_at == AWARE_AT + timedelta(hours=7)
    assert promise.missed_at is None
    scene.file_all()
    scene.follow_up()
    assert [action.do for action in scene.run().waiting] == ["review"]
    scene.review()
    scene.close()
    assert stage(scene.state) is Stage.CLOSED
    assert open_items(scene.state) == ()
    assert scene.run().status == "closed"
    result = verify(scene.house)
    assert result.ok, result.problems
    assert (result.people_checked, result.evidence_checked) == (14, 3)
    assert "The promise was kept" in report(scene.house, scene.incident_id).markdown


def test_nothing_personal_is_in_the_ledger_its_projections_or_the_report(fresh):
    scene = whole_way(fresh)
    everyone = list(people(scene.house, scene.state.cohort.cohort_id))
    secrets = {text for p in everyone for text in (p.email, p.name, p.phone) if text}
    assert len(secrets) > 20
    with sqlite3.connect(scene.folder / "tocsin.db") as connection:
        stored = "\n".join(
            str(row)
            for table in ("ledger_entry", "timeline", "board", "clock")
            for row in rows(connection, table)
        )
    connection.close()
    told = report(scene.house, scene.incident_id).markdown
    assert not [text for text in secrets if text in stored or text in told]


def rows(connection: sqlite3.Connection, table: str) -> list[tuple]:
    return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_everybody_gets_one_letter_that_is_theirs(played):
    scene = played("to_approved")
    scene.run()
    everyone = [p for p in people(scene.house, scene.state.cohort.cohort_id) if p.position < 12]
    for person in everyone:
        letter = (
            scene.folder
            / "outbox"
            / f"{scene.incident_id}-N1"
            / f"{scene.incident_id}-N1-{person.position}.eml"
        )
        head, _, body = letter.read_text().partition("\n\n")
        assert person.email in head
        others = {other.email for other in everyone} - {person.email}
        assert not [email for email in others if email in head + body]
        assert "DRILL" in head
        assert not re.search(r"%\w+%", body), "a placeholder is left"


def test_rebuilding_gives_the_same_bytes(fresh):
    scene = whole_way(fresh)
    result = rebuild(scene.house)
    assert result.before == result.after
    assert result.incidents == 1


def test_rebuilding_mends_a_changed_projection(played):
    scene = played("to_cohort")
    with sqlite3.connect(scene.folder / "tocsin.db") as connection:
        connection.execute("UPDATE board SET title = 'something else'")
    connection.close()
    result = rebuild(scene.house)
    assert result.before != result.after
    assert scene.house.store.board()[0].title == "Stolen key read uploads"


def test_running_again_does_nothing_more(played):
    scene = played("to_request")
    before = scene.state.version
    assert scene.run().done == ()
    assert scene.state.version == before


def test_asking_the_law_twice_changes_nothing(played):
    scene = played("to_request")
    before = scene.state.version
    obligations.determine(scene.house, scene.incident_id)
    assert scene.state.version == before


def test_every_action_of_tocsins_own_can_be_performed():
    assert set(STEPS) == OURS


@pytest.mark.parametrize("outcome", [Outcome.NOT_A_BREACH, Outcome.NO_NOTICE])
def test_an_incident_of_which_nobody_is_told_ends_too(fresh, outcome):
    scene = fresh.open()
    obligations.determine(scene.house, scene.incident_id)
    assert scene.state.obligations["promise"].open
    scene.freeze("gcp_audit.ndjson")
    assessing.assess(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        inputs={"facts": {"data": ["email"], "loss": ["confidentiality"], "recipients": "trusted"}},
        level="unlikely",
        level_because="one known recipient deleted it unread",
        outcome=outcome,
        reason="one recipient, deleted unread",
    )
    scene.run()
    assert not [o for o in scene.state.obligations.values() if o.open]
    scene.review()
    scene.close()
    assert stage(scene.state) is Stage.CLOSED


def test_a_decision_for_notice_brings_the_duties_back(fresh):
    scene = fresh.open()
    scene.freeze("gcp_audit.ndjson")
    scene.assess(Outcome.NOT_A_BREACH)
    scene.run()
    assert not scene.state.obligations["promise"].open
    scene.assess(Outcome.NOTIFY)
    scene.run()
    assert scene.state.obligations["promise"].open
    assert len([o for o in scene.state.obligations.values() if o.open]) > 5
