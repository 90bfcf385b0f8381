"""Who letters are laid out for, read by columns: the same as row by row, whatever a row holds."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from incident.adapters.store.blocks import PEOPLE
from incident.adapters.store.store import SqlStore
from incident.core import spans
from incident.core.addressees import Addressees
from incident.core.batches import Reading
from incident.core.stretches import line
from incident.errors import PermanentError, TamperError
from incident.ports import Store
from tests.contract.store_rows import person

ODD = {
    "a tab": {"name": "N\t1"},
    "the end of a line": {"name": "N\n1"},
    "a whole line": {"name": "1\ta@b.example\tN\tde\n2"},
    "an address with the end of a line": {"email": "a\n@example.org"},
    "an empty address": {"email": ""},
    "an empty name": {"name": ""},
    "nothing": {"name": None, "email": None},
    "another language": {"language": "fr"},
    "far letters": {"name": "Zoë \U0001f4e9", "email": "zoë@example.org"},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_columns_and_rows_say_the_same(store: Store, changes: dict[str, str | None]) -> None:
    people = [person(n, **({"email": f"p{n}@example.org"} | (changes if n == 2 else {}))) for n in range(5)]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
        for first, last in ((0, 4), (0, 1), (2, 2), (1, 9)):
            found = t.batches.addressed("COH-1", first, last)
            rows = [(p.position, p.email, p.name or None, p.language) for p in people[first : last + 1]]
            assert [(*one[:2], one[2] or None, one[3]) for one in found] == rows
            assert list(found.emails) == [p.email for p in people[first : last + 1]]
            assert list(found.lines) == [line(*row) for row in rows]
        assert list(t.batches.addressed("COH-1", 7, 9)) == list(t.batches.addressed("COH-2", 0, 4)) == []


def test_gaps_are_not_filled(store: Store) -> None:
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in (0, 1, 4, 5)], b"{}")
        assert list(t.batches.addressed("COH-1", 0, 5).positions) == [0, 1, 4, 5]


@pytest.mark.parametrize(
    "changed",
    [
        "CAST(told AS BLOB)", "'x'", "'[7]'", "'{'", "'['||told", "told||'3'",
        "replace(told, char(9), '')", "replace(told, char(9), char(10))", "'[[0,1,2,3,4]]'", "7",
    ],
)  # fmt: skip
def test_what_is_not_as_written_is_refused(opened, migrated_sqlite, tmp_path, changed) -> None:
    file = shutil.copy(migrated_sqlite, tmp_path / "odd.db")
    store: SqlStore = opened(f"sqlite:///{file}")
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in range(3)], b"{}")
    with store._engine.begin() as connection:
        connection.execute(text(f"UPDATE person_block SET told = {changed}"))
    with store.reading() as t:
        for read in (lambda: t.batches.addressed("COH-1", 0, 2), lambda: t.batches.readings("COH-1", "0-2")):
            with pytest.raises(TamperError, match="not as this house writes it"):
                read()


def test_texts_are_what_is_read(opened, url, monkeypatch) -> None:
    """The quick way is taken: people are taken one by one only where something is out of the ordinary."""
    store: SqlStore = opened(url)
    monkeypatch.setattr(Addressees, "of", None)
    monkeypatch.setattr(Reading, "_make", None)
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in range(3)], b"{}")
        assert len(t.batches.addressed("COH-1", 0, 2)) == 3
        assert len(t.batches.readings("COH-1", "0-2")) == 3


@given(
    st.sets(st.integers(0, 3 * PEOPLE), max_size=40),
    st.sets(st.integers(0, 3 * PEOPLE), max_size=6),
    st.sets(st.integers(0, 3 * PEOPLE), min_size=1, max_size=8),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whoever_is_asked_for_is_read_wherever_they_stand(store: Store, there, odd, asked) -> None:
    """Gaps, blocks cut anywhere, people without an address, and blocks that are no lines."""
    changed = {p: {"email": None} if p % 2 else {"name": f"N\t{p}"} for p in odd}
    people = {p: person(p, **changed.get(p, {})) for p in sorted(there | odd)}
    first, last = min(asked), max(asked)
    with contextlib.suppress(_DoneError), store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", people.values(), b"{}")
        within = [
            (p.position, p.email, p.name, p.language) for p in people.values() if first <= p.position <= last
        ]
        assert list(t.batches.addressed("COH-1", first, last)) == within
        wanted = [Reading(*one) for one in within if one[0] in asked and one[1] is not None]
        assert list(t.batches.readings("COH-1", spans.written(sorted(asked)))) == wanted
        reached = [Reading(*one) for one in within if one[1] is not None]
        assert list(t.batches.readings("COH-1", f"{first}-{last}" if last > first else str(first))) == reached
        assert (
            t.people.persons("COH-1", after=first - 1, limit=9)
            == [p for p in people.values() if p.position >= first][:9]
        )
        assert list(t.people.commitments("COH-1", first=first, count=last - first + 1)) == [
            people[one[0]].commitment for one in within
        ]
        raise _DoneError


class _DoneError(Exception):
    """Takes back what an example has written."""


def test_people_who_stop_coming_leave_nobody(store: Store) -> None:
    def some():
        yield from map(person, range(40 * PEOPLE))
        raise _DoneError

    with pytest.raises(_DoneError), store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", some(), b"{}")
    with store.begin() as t:
        assert t.people.persons("COH-1", limit=1) == []
        t.people.save_cohort("INC-00000001", "COH-1", map(person, range(40 * PEOPLE)), b"{}")
    with store.reading() as t:
        assert len(t.people.persons("COH-1", after=39 * PEOPLE - 1, limit=1000)) == PEOPLE


def test_people_who_are_there_already_are_refused(store: Store) -> None:
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(0)], b"{}")
    with pytest.raises(PermanentError), store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", map(person, range(40 * PEOPLE)), b"{}")
    with store.reading() as t:
        assert len(t.people.persons("COH-1", limit=1000)) == 1


def test_the_view_shows_what_blocks_hold(opened, url) -> None:
    store: SqlStore = opened(url)
    people = [person(n, **ODD[name]) for n, name in enumerate(ODD)] + [
        person(300, name='"\\\'\\\\"'),
        person(301),
    ]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
    with store._engine.begin() as connection:
        query = "SELECT cohort_id, position, email, name, language FROM person ORDER BY position"
        shown = [tuple(row) for row in connection.exec_driver_sql(query)]
    assert shown == [("COH-1", p.position, p.email or None, p.name or None, p.language) for p in people]


def test_people_with_gaps_between_them_stand_in_the_blocks_of_their_positions(store: Store) -> None:
    places = [0, 1, 255, 256, 300, 2000, 2001, 2303, 2304, 9000]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in places], b"{}")
        assert [row.position for row in t.people.persons("COH-1")] == places
        assert list(t.batches.addressed("COH-1", 250, 2303).positions) == places[2:8]
        assert [len(t.people.commitments("COH-1", first=n, count=1)) for n in (255, 299, 9000)] == [1, 0, 1]
