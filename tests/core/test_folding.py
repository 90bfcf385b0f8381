"""Entries become state: one test a kind, and counts of people that never go wrong."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core import events as e
from incident.core.deliveries import DeliveryState, Signal, advance
from incident.core.events import REGISTRY
from incident.core.folding import apply, fold, move
from incident.core.state import Recorded
from tests.core import histories as h
from tests.core.histories import STAGES, TO_CLOSED, hours, made, state_of


@pytest.mark.parametrize("steps", STAGES.values(), ids=STAGES)
def test_folding_counts_versions_and_does_not_look_back(steps):
    whole = state_of(*steps)
    assert whole.version == len(steps)
    assert whole.last_seq == len(steps) - 1
    assert state_of(*steps) == whole


def test_every_kind_folds_somewhere():
    base = [*TO_CLOSED, made(e.PageSent, subject="text")]
    ids = {"approval_id": "A1", "notice_id": "N1", "obligation_id": "promise", "filing_id": "F1", "letter_id": "L1",
           "cohort_id": "C1", "batch": 0, "tally": {}, "batches": "0"}  # fmt: skip
    for kind in REGISTRY.values():
        names = {field for field in kind.__dataclass_fields__ if field in ids}
        assert state_of(*base, made(kind, **{name: ids[name] for name in names})).version == len(base) + 1


def test_an_unknown_thing_is_not_folded():
    with pytest.raises(TypeError, match="no folding"):
        state_of(object())


def test_the_first_hour():
    state = state_of(h.OPENED, h.BECAME, h.EVIDENCE, h.RISK, h.NOTIFY)
    assert (state.title, state.opened_by, state.promise_hours) == ("a leak", "ada", 48)
    assert state.became_aware_at == h.AWARE
    assert set(state.evidence) == {"ev-1"}
    assert (state.decided_by, state.must_notify()) == ("ada", True)


def test_the_newest_fact_stands():
    steps = [made(e.FactsAmended, name="cause", value=value) for value in ("a", "b")]
    fact = state_of(h.OPENED, *steps).facts["cause"]
    assert (fact.value, fact.since) == ("b", hours(2))


@pytest.mark.parametrize(
    "event", [h.BECAME, made(e.FactsAmended, name="x"), h.RISK, h.NOTIFY, h.COHORT], ids=lambda one: one.KIND
)
def test_what_the_law_depends_on_makes_its_answer_stale(event):
    assert not state_of(h.OPENED, h.DETERMINED).law_stale
    assert state_of(h.OPENED, h.DETERMINED, event).law_stale


def test_letters_are_current_until_the_law_facts_or_cohort_change():
    assert not state_of(*h.TO_LETTERS).letters_stale
    for event in (h.DETERMINED, made(e.FactsAmended, name="x"), h.COHORT):
        assert state_of(*h.TO_LETTERS, event).letters_stale


def test_an_obligation_that_arises_again_keeps_its_history_and_lives_again():
    lapsed = (*h.TO_COHORT, made(e.ObligationLapsed, obligation_id="gdpr", because="moved"))
    assert not state_of(*lapsed).obligations["gdpr"].open
    again = state_of(*lapsed, h.duty("gdpr", recipient="authority", due_at=hours(80))).obligations["gdpr"]
    assert again.open
    assert again.arose.due_at == hours(80)
    assert again.arose_at == state_of(*h.TO_COHORT).obligations["gdpr"].arose_at


def test_a_missed_deadline_stays_missed():
    missed = made(e.DeadlineMissed, obligation_id="promise", due_at=hours(48))
    met = made(e.ObligationMet, obligation_id="promise", met_at=hours(50))
    state = state_of(*h.TO_COHORT, missed, met).obligations["promise"]
    assert (state.missed_at, state.met_at, state.open) == (hours(48), hours(50), False)


def test_a_new_report_is_not_reviewed_yet():
    assert state_of(*h.TO_REVIEWED).reviewed_by == "grace"
    assert state_of(*h.TO_REVIEWED, h.REPORT).reviewed_by is None


def test_times_of_acceptance_are_first_and_last():
    second = (h.intended(1, (1,)), h.answered(1, (1,), "accepted", "accepted"))
    first = (*h.TO_PLANNED, h.intended(0, (0,)), h.answered(0, (0,), "accepted", "accepted"))
    notice = state_of(*first, *second).notice
    assert notice.last_accepted_at - notice.first_accepted_at == timedelta(hours=2)


def test_a_stop_lasts_until_it_is_resumed():
    stopped = (*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.answered(0, (0, 1, 2), "stopped", "planned"))
    assert state_of(*stopped).notice.stopped_because == "because stopped"
    assert state_of(*stopped, made(e.NoticeResumed, notice_id="N1")).notice.stopped_because is None


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(list(Signal))), max_size=60))
def test_counts_follow_legal_moves_and_never_go_below_nothing(signals):
    states = dict.fromkeys(range(6), DeliveryState.PLANNED)
    tally: Counter[str] = Counter({"planned": 6})
    for person, signal in signals:
        new = advance(states[person], signal)[0]
        if new is not states[person]:
            move(tally, {f"{states[person].value}>{new.value}": 1})
        states[person] = new
        assert all(number >= 0 for number in tally.values())
        assert +tally == Counter(state.value for state in states.values())


@given(st.integers(0, len(TO_CLOSED)))
def test_folding_in_two_stretches_is_folding_at_once(cut):
    entries = [
        Recorded(seq, *(step if isinstance(step, tuple) else ("ada", step))[:1], hours(seq), hours(seq),
                 step[1] if isinstance(step, tuple) else step)
        for seq, step in enumerate(TO_CLOSED)
    ]  # fmt: skip
    state = fold("INC-1", entries[:cut])
    for entry in entries[cut:]:
        apply(state, entry)
    assert state == fold("INC-1", entries)
