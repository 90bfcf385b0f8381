"""Text that nothing escapes is told from what must be looked at, many at once as each alone."""

from __future__ import annotations

import html

import orjson
from hypothesis import given
from hypothesis import strategies as st

from incident.core.batches import Positions, Readings
from incident.core.quiet_text import odd_places

_WORDS = st.text("aZ9 .-_@é中\"\\&<>'%,;=?\n\x7f\xa0\x85\u202e\ud800", max_size=4) | st.text(max_size=3)
_COLUMNS = st.integers(1, 4).flatmap(
    lambda people: st.lists(st.lists(_WORDS, min_size=people, max_size=people), min_size=1, max_size=3)
)


def is_odd(value: str) -> bool:
    """Look at one value, letter by letter."""
    return any(not letter.isprintable() or letter in "\"\\&<>'%,;=" for letter in value)


@given(_COLUMNS)
def test_together_as_each_alone(columns: list[list[str]]) -> None:
    expected = {place for column in columns for place, value in enumerate(column) if is_odd(value)}
    found = odd_places(columns)
    broken = any("\n" in value for column in columns for value in column)
    assert expected <= set(found) if broken else list(found) == sorted(expected)


@given(st.text(max_size=5))
def test_what_is_quiet_is_written_as_it_is(value: str) -> None:
    if not odd_places([[value]]):
        assert orjson.dumps(value).decode() == f'"{value}"'
        assert html.escape(value, quote=True) == value
        assert "=?" not in value
        assert "\n" not in value


@given(st.lists(st.integers(0, 10**6), max_size=6))
def test_positions_are_numbers(numbers: list[int]) -> None:
    positions = Positions(list(map(str, numbers)))
    assert list(positions) == numbers == positions[:] == [positions[n] for n in range(len(positions))]
    assert positions.ascend() == (numbers == sorted(numbers))


@given(st.lists(st.tuples(_WORDS, _WORDS), max_size=4))
def test_a_value_that_ends_a_line_is_never_read_as_another_person(values: list[tuple[str, str]]) -> None:
    lines = [f"{place}\t{email}\t{name}\ten\n" for place, (email, name) in enumerate(values)]
    found = Readings.read("".join(lines), len(values))
    if any(sign in part for pair in values for part in pair for sign in "\t\n"):
        assert found is None
    else:
        assert found is not None
        assert [(p.position, p.email, p.name or "") for p in found] == [
            (n, email, name) for n, (email, name) in enumerate(values)
        ]
