"""Severity by the rules: made only of what is known, and made anew when more is known."""

from __future__ import annotations

from incident.core.agenda import Do, agenda
from incident.core.events import Label, Outcome
from incident.core.risk_standing import outgrown
from incident.service import assessing, obligations, opening
from incident.service.house import view

SEVERITY = {"classes": [{"kind": "behavioral"}], "ease": "limited", "confidentiality": "some"}


def assess(scene, facts=None, **more):
    """Assess as the person on call, with facts."""
    return assessing.assess(
        scene.house, scene.incident_id, actor=scene.ada, inputs={"facts": facts or {}, **more}, level="risk",
        level_because="until more is known",
    )  # fmt: skip


def test_with_nothing_known_there_is_no_score(fresh):
    opened = fresh.open()
    found = assess(opened)
    assert found.severity is None
    assert found.not_scored == ("data", "loss")
    assert "severity: not scored: data, loss not known" in found.lines()


def test_it_is_scored_anew_when_more_is_known_and_not_otherwise(fresh):
    opened = fresh.open()
    known = {"data": ["email"], "loss": ["confidentiality"]}
    first = assess(opened, known).severity
    assert first is not None
    assert any("not known: counted as not meant" in line for line in first.working)
    assert assess(opened).severity == first
    second = assess(opened, {"malicious": True}).severity
    assert float(second.score) == float(first.score) + 0.5


def test_what_a_person_gave_is_not_replaced(fresh):
    opened = fresh.open()
    given = assess(opened, severity=SEVERITY).severity
    assert given.inputs["given"] == "by a person"
    assert assess(opened, {"data": ["email"], "loss": ["integrity"]}).severity == given
    assert view(opened.house, opened.incident_id).severity == given


def test_more_people_and_data_than_assessed_are_put_on_the_agenda(fresh):
    opened = fresh.open()
    few = {"data": ["user_id"], "loss": ["confidentiality"], "malicious": False, "recipients": "known"}
    assessing.assess(
        opened.house, opened.incident_id, actor=opened.ada, inputs={"facts": few}, outcome=Outcome.NOTIFY, reason="so",
    )  # fmt: skip
    assert opened.state.risk.level == "unlikely"
    assert outgrown(opened.state) is None
    opening.amend_fact(
        opened.house, opened.incident_id, actor=opened.ada, name="data", value=["passport", "name", "medical"],
        label=Label.FACT, source="seen",
    )  # fmt: skip
    assert outgrown(opened.state) == "risk"
    said = [a for a in agenda(opened.state, opened.house.clock.now()) if a.do is Do.ASSESS]
    assert "the rules propose risk" in said[0].sentence
    obligations.determine(opened.house, opened.incident_id)
    asked = obligations.law_facts(opened.state, opened.house.profile)
    assert asked["risk"] is None, "what was assessed on fewer facts is not known any more"
    given = assessing.assess(
        opened.house, opened.incident_id, actor=opened.ada, inputs={}, level="unlikely", level_because="all of it was public"
    )  # fmt: skip
    assert given.risk.level == "unlikely"
    assert outgrown(opened.state) is None, "a person decided otherwise, with a reason"
