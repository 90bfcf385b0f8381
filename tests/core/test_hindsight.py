"""The past as it was recorded, and as it is known today to have been."""

from __future__ import annotations

import pytest

from incident.core import events as e
from incident.core.corrections import SUBJECTS, correction_key
from incident.core.folding import apply, fold
from incident.core.happening import HAPPENED_AT, happened_at
from incident.core.hindsight import happened_by, known_at
from incident.core.projections import timeline_row
from incident.core.standing import Standing, standing
from incident.core.state import Incident, Recorded
from tests.core import histories as h
from tests.core.histories import hours, made, state_of


def entries(*events: object) -> list[Recorded]:
    """One entry an hour, each happening when it says it happened."""
    return [Recorded(i, "ada", happened_at(each, hours(i)), hours(i), each) for i, each in enumerate(events)]


HISTORY = entries(
    h.OPENED,
    h.BECAME,
    h.PROMISE,
    made(e.FactsAmended, name="cause", value="a stolen key"),
    made(e.ObligationMet, obligation_id="promise", met_at=hours(2), how="told by telephone"),
    made(e.FactsAmended, name="cause", value="a guessed password"),
)


def test_by_recording_the_house_knew_no_more_than_was_written_down():
    early = known_at("INC-1", HISTORY, hours(3.5))
    assert early.facts["cause"].value == "a stolen key"
    assert early.obligations["promise"].met_at is None
    assert known_at("INC-1", HISTORY, hours(-1)).version == 0
    assert known_at("INC-1", HISTORY, hours(9)) == fold("INC-1", HISTORY)


def test_by_happening_a_late_record_takes_its_place():
    today = fold("INC-1", HISTORY)
    past = happened_by(today, hours(3.5))
    assert past.obligations["promise"].met_at == hours(2)
    assert standing(past.obligations["promise"], hours(3.5)) is Standing.MET
    before = happened_by(today, hours(1.5))
    assert before.obligations["promise"].met_at is None
    assert standing(before.obligations["promise"], hours(1.5)) is Standing.LATER
    assert today.obligations["promise"].met_at == hours(2), "today's state is left as it is"


@pytest.mark.parametrize("steps", h.STAGES.values(), ids=h.STAGES)
def test_before_everything_nothing_has_happened_and_at_the_end_all_of_it_has(steps):
    today = state_of(*steps)
    assert happened_by(today, hours(1000)) == today
    dawn = happened_by(today, hours(-1000))
    assert (dawn.became_aware_at, dawn.decision, dawn.closed_at) == (None, None, None)
    assert not dawn.evidence
    assert not dawn.filings
    assert not dawn.notices
    assert not [duty for duty in dawn.obligations.values() if duty.met_at or duty.missed_at]


def test_a_correction_names_what_it_corrects_and_both_stay():
    state, lines = Incident("INC-1"), []
    for entry in HISTORY:
        lines.append(timeline_row(state, entry))
        apply(state, entry)
    assert [line.corrects for line in lines] == [None, None, None, None, None, 3]
    assert "a stolen key" in lines[3].sentence


def test_facts_of_different_names_do_not_correct_each_other():
    cause, place = (made(e.FactsAmended, name=name) for name in ("cause", "place"))
    assert correction_key(cause) != correction_key(place)
    assert correction_key(h.OPENED) is None


@pytest.mark.parametrize("kind", HAPPENED_AT, ids=lambda kind: kind.KIND)
def test_what_names_its_own_instant_happened_then(kind):
    assert happened_at(made(kind, **{HAPPENED_AT[kind]: hours(-3)}), hours(5)) == hours(-3)


def test_both_tables_name_real_fields():
    for kind, (_, field) in SUBJECTS.items():
        assert field is None or field in kind.__dataclass_fields__
    assert all(field in kind.__dataclass_fields__ for kind, field in HAPPENED_AT.items())
