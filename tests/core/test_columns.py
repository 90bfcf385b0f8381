"""Columns: where a value stands, and what is left without some places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from incident.core.columns import places_of, without

COLUMNS = st.lists(st.sampled_from(["", None, "a", "b"]))


@given(COLUMNS, st.sampled_from(["", None, "a", "z"]))
def test_a_value_is_found_wherever_it_stands(column, value):
    assert places_of(value, column) == [n for n, one in enumerate(column) if one == value]


@given(COLUMNS, st.sets(st.integers(0, 20)))
def test_all_others_are_left_in_their_order(column, places):
    these = sorted(place for place in places if place < len(column))
    assert without(column, these) == [one for n, one in enumerate(column) if n not in places]
    assert without(tuple(column), these) == without(column, these)
