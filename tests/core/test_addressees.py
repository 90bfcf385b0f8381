"""People in columns are the same people as in rows, whatever their names and addresses hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from incident.core.addressees import Addressed, Addressees
from incident.core.stretches import line

TEXT = st.text(st.sampled_from("aZ@.é\U0001f4e9%{}"), min_size=1, max_size=5)
VALUES = st.none() | TEXT
BREAKING = st.sampled_from(["\n", "a\nb", "\n\n", "a\t\n", "\t", "a\tb"])


def read(people: list[Addressed]) -> Addressees | None:
    """Read people from their lines."""
    return Addressees.read("".join(line(*one) for one in people))


def rows(first: int, pairs: list[tuple[str | None, str | None]]) -> list[Addressed]:
    """Return neighbors from a position on."""
    return [(first + n, email, name, "de") for n, (email, name) in enumerate(pairs)]


def same(one: Addressees, other: Addressees) -> bool:
    """Whether they say the same of the same people, in columns and one by one."""
    columns = ("positions", "emails", "languages", "lines")
    return list(one) == list(other) and all(
        list(getattr(one, name)) == list(getattr(other, name)) for name in columns
    )


@given(st.integers(0, 10**6), st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12))
def test_columns_hold_what_rows_hold(first, pairs):
    people = rows(first, pairs)
    found, one_by_one = read(people), Addressees.of(people)
    assert found is not None
    assert same(found, one_by_one)
    assert found.are_text
    assert list(found) == people
    assert list(found.lines) == [line(*one) for one in people]
    assert "@" not in repr(found)


@given(
    st.lists(st.tuples(VALUES, VALUES), max_size=6),
    st.lists(st.tuples(VALUES, VALUES), max_size=6),
    st.tuples(VALUES, BREAKING) | st.tuples(BREAKING, VALUES),
)
def test_what_breaks_a_line_is_not_read_by_columns(before, after, odd):
    assert read(rows(0, [*before, odd, *after])) is None


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12), st.data())
def test_some_of_them_are_these_and_no_others(pairs, data):
    people = rows(5, pairs)
    whole = read(people)
    assert whole is not None
    places = sorted(data.draw(st.sets(st.integers(0, len(people) - 1))))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(people))] * 2)))
    assert same(whole.cut(start, end), Addressees.of(people[start:end]))
    assert same(whole.at(places), Addressees.of(people[n] for n in places))
    assert same(whole.without(places), Addressees.of(one for n, one in enumerate(people) if n not in places))


def test_bytes_are_not_text():
    assert not Addressees.of([(0, b"a@example.org", None, "de")]).are_text  # type: ignore[list-item]
    assert not Addressees.of([(0, None, b"A", "de")]).are_text  # type: ignore[list-item]
    assert Addressees.of([(0, None, None, "de")]).are_text
    assert len(Addressees.of([])) == 0
