"""The table of delivery states: complete, honest, and blind to the order in which a provider tells things."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core import deliveries
from incident.core.deliveries import (
    DECIDED,
    IN_DOUBT,
    NEEDS_OTHER_CHANNEL,
    REACHED,
    TAKEN_OVER,
    TRANSITIONS,
    UNSENT,
    WITH_PROVIDER,
    DeliveryState,
    Signal,
    advance,
    settled_states,
)
from incident.errors import BadInputError

S = DeliveryState
PROVIDER = (
    Signal.PROCESSED,
    Signal.DEFERRED,
    Signal.DELIVERED,
    Signal.DROPPED,
    Signal.BLOCKED,
    Signal.BOUNCED,
    Signal.SPAM_REPORTED,
    Signal.NOTED,
    Signal.UNKNOWN,
)

# from, signal, to: the way of a letter, as it is meant
ARROWS = [
    (S.PLANNED, Signal.INTENDED, S.INTENT),
    (S.INTENT, Signal.TAKEN, S.ACCEPTED),
    (S.INTENT, Signal.TURNED_DOWN, S.REFUSED),
    (S.INTENT, Signal.NOT_SENT, S.PLANNED),
    (S.INTENT, Signal.IN_DOUBT, S.UNCERTAIN),
    (S.UNCERTAIN, Signal.TAKEN, S.ACCEPTED),
    (S.UNCERTAIN, Signal.NOT_SENT, S.PLANNED),
    (S.UNCERTAIN, Signal.PROCESSED, S.PROCESSED),
    (S.INTENT, Signal.DELIVERED, S.DELIVERED),  # the webhook came before our own commit
    (S.ACCEPTED, Signal.PROCESSED, S.PROCESSED),
    (S.PROCESSED, Signal.DEFERRED, S.DEFERRED),
    (S.DEFERRED, Signal.DELIVERED, S.DELIVERED),
    (S.ACCEPTED, Signal.DROPPED, S.DROPPED),
    (S.PROCESSED, Signal.BOUNCED, S.BOUNCED),
    (S.DELIVERED, Signal.BOUNCED, S.BOUNCED),  # a late bounce: it had not arrived after all
    (S.DELIVERED, Signal.SPAM_REPORTED, S.SPAM_REPORTED),
    (S.PLANNED, Signal.NO_ADDRESS, S.NO_ADDRESS),
    (S.NO_ADDRESS, Signal.OTHER_CHANNEL, S.OTHER_CHANNEL_PLANNED),
    (S.BOUNCED, Signal.TOLD, S.TOLD_OTHERWISE),
    (S.OTHER_CHANNEL_PLANNED, Signal.TOLD, S.TOLD_OTHERWISE),
    (S.OTHER_CHANNEL_PLANNED, Signal.GIVEN_UP, S.NOT_REACHABLE),
]

# what never happens, and what is said instead
REFUSALS = [
    (S.INTENT, Signal.INTENDED, "intended already"),
    (S.UNCERTAIN, Signal.INTENDED, "in doubt"),
    (S.ACCEPTED, Signal.INTENDED, "never sent twice"),
    (S.BOUNCED, Signal.INTENDED, "never sent twice"),
    (S.NO_ADDRESS, Signal.INTENDED, "no address"),
    (S.DELIVERED, Signal.PROCESSED, "says less"),
    (S.ACCEPTED, Signal.NOT_SENT, "not sent again"),
    (S.TOLD_OTHERWISE, Signal.BOUNCED, "the decision stands"),
    (S.DELIVERED, Signal.GIVEN_UP, "told already"),
    (S.ACCEPTED, Signal.UNKNOWN, "flagged"),
]


def test_every_pair_stands_in_the_table_exactly_once():
    pairs = Counter((state, row[0]) for row in deliveries._ROWS for state in row[1])
    assert set(pairs) == {(state, signal) for state in S for signal in Signal}
    assert [pair for pair, times in pairs.items() if times > 1] == []


@pytest.mark.parametrize(("state", "signal", "target"), ARROWS)
def test_an_arrow_of_the_way(state, signal, target):
    assert advance(state, signal) == (target, "")


@pytest.mark.parametrize(("state", "signal", "said"), REFUSALS)
def test_what_stays_says_why(state, signal, said):
    target, reason = advance(state, signal)
    assert target is state
    assert said in reason


def test_a_pair_that_does_not_move_always_has_a_reason():
    silent = [pair for pair, (target, reason) in TRANSITIONS.items() if target is pair[0] and not reason]
    assert silent == []


@settings(deadline=None)
@given(st.lists(st.sampled_from(PROVIDER), max_size=6), st.sampled_from(list(S)), st.randoms())
def test_order_and_repetition_of_provider_events_do_not_matter(signals, start, random):
    shuffled = signals + random.choices(signals, k=3) if signals else []
    random.shuffle(shuffled)
    assert _after(start, signals) is _after(start, shuffled)


def test_our_own_answer_and_the_provider_commute():
    for order in permutations([Signal.TAKEN, Signal.PROCESSED, Signal.DELIVERED]):
        assert _after(S.INTENT, order) is S.DELIVERED


@settings(deadline=None)
@given(st.lists(st.sampled_from(list(Signal)), max_size=12))
def test_nobody_is_intended_twice_without_a_recorded_answer_between(signals):
    state, open_call = S.PLANNED, False
    for signal in signals:
        after, reason = advance(state, signal)
        if signal is Signal.INTENDED and not reason:
            assert not open_call
            open_call = True
        elif signal is Signal.NOT_SENT and not reason:
            open_call = False
        state = after


@settings(deadline=None)
@given(st.sampled_from(sorted(DECIDED)), st.lists(st.sampled_from(PROVIDER)))
def test_what_a_person_decided_outranks_the_provider(state, signals):
    assert _after(state, signals) is state


def test_every_state_answers_exactly_one_question_of_where_it_stands():
    groups = [UNSENT, IN_DOUBT, WITH_PROVIDER, NEEDS_OTHER_CHANNEL, REACHED | DECIDED, TAKEN_OVER]
    counted = Counter(state for group in groups for state in group)
    assert counted == Counter(list(S))


def test_accepted_is_told_only_where_the_transport_can_say_no_more():
    assert "accepted" in settled_states("accepted")
    assert "accepted" not in settled_states("delivered")
    assert settled_states("accounted") == {"told_otherwise", "not_reachable", "followed"}
    assert not settled_states("accepted") & {s.value for s in NEEDS_OTHER_CHANNEL | IN_DOUBT | UNSENT}
    with pytest.raises(BadInputError, match="settles_on"):
        settled_states("hoped")


def _after(state, signals):
    for signal in signals:
        state, _ = advance(state, signal)
    return state
