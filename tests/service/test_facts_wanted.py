"""Which facts are asked for and by whom; letters when one is missing."""

from __future__ import annotations

import pytest

from incident.core import events as e
from incident.core.wanted import wanted_facts
from incident.errors import RefusedError
from incident.service import letters, opening


def know(scene, name, value, label=e.Label.FACT):
    """Record a fact as the person on call."""
    return opening.amend_fact(
        scene.house, scene.incident_id, actor=scene.ada, name=name, value=value, label=label, source="seen"
    )  # fmt: skip


def test_at_first_everything_is_asked_for_and_said_by_whom(fresh):
    opened = fresh.open()
    wanted = wanted_facts(opened.state)
    assert wanted["what_happened"] == ("letters",)
    assert wanted["loss"][0] == "severity and risk"
    assert list(wanted)[:2] == ["what_happened", "measures_taken"], "the letters come first"


def test_what_is_recorded_is_asked_for_no_more_though_it_is_unknown(fresh):
    opened = fresh.open()
    know(opened, "what_happened", "A key was stolen.")
    state = know(opened, "recipients", None, e.Label.UNKNOWN)
    assert not {"what_happened", "recipients"} & set(wanted_facts(state))


def test_letters_that_lack_a_fact_are_refused_by_the_name_of_the_fact(played):
    scene = played("to_cohort")
    know(scene, "measures_taken", [])
    letters.draft(scene.house, scene.incident_id)
    with pytest.raises(
        RefusedError, match=r"errors in \d+ of \d+ letters: missing_fact: the fact measures_taken is missing"
    ):
        letters.request_approval(scene.house, scene.incident_id)
