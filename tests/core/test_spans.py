"""Ranges of positions: found by halving where runs are long, the same as one by one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from incident.core import spans


@given(st.integers(0, 2000), st.integers(0, 400), st.sets(st.integers(0, 2400), max_size=20))
def test_long_runs_are_found_as_single_steps_find_them(first, people, left_out):
    positions = [p for p in range(first, first + people) if p not in left_out]
    assert spans.spans_of(positions) == spans.spans_of(iter(positions))
    assert spans.read(spans.written(positions)) == positions


@given(st.sets(st.integers(0, 60)))
def test_scattered_positions_read_back(some):
    positions = sorted(some)
    assert spans.spans_of(positions) == spans.spans_of(iter(positions))
    assert spans.read(spans.written(positions)) == positions
    assert spans.size(spans.written(positions)) == len(positions)
