"""Who letters are laid out for, read by columns: the same as row by row, whatever a row holds."""

from __future__ import annotations

import shutil

import pytest
from sqlalchemy import text

from incident.adapters.store.store import SqlStore
from incident.core.addressees import Addressees
from incident.core.stretches import line
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
    ("changed", "text_remains"),
    [("email = CAST(email AS BLOB)", False), ("name = x'4e'", False), ("position = 1.5", True)],
)
def test_what_only_sqlite_keeps_is_read_as_it_is(
    opened, migrated_sqlite, tmp_path, changed, text_remains
) -> None:
    file = shutil.copy(migrated_sqlite, tmp_path / "odd.db")
    store: SqlStore = opened(f"sqlite:///{file}")
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in range(3)], b"{}")
    with store._engine.begin() as connection:
        connection.execute(text(f"UPDATE person SET {changed} WHERE position = 1"))
    with store.reading() as t:
        found = t.batches.addressed("COH-1", 0, 2)
    assert found.are_text is text_remains
    assert found.positions[1] == (1.5 if text_remains else 1)


def test_columns_are_what_is_read(opened, url, monkeypatch) -> None:
    """The quick way is taken: rows are asked for only where something is out of the ordinary."""
    store: SqlStore = opened(url)
    monkeypatch.setattr(Addressees, "of", None)
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(n) for n in range(3)], b"{}")
        assert len(t.batches.addressed("COH-1", 0, 2)) == 3
