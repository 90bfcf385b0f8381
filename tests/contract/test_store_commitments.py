"""Trees by which one person or batch is proven alone, and the salts of batches: fake and both databases alike."""

from __future__ import annotations

import pytest

from incident.errors import PermanentError
from incident.ports import Store
from tests.contract.store_rows import batch, person

NODES = [(0, 0, b"a" * 32), (0, 1, b"b" * 32), (0, 2, b"\x00" * 32), (1, 0, b"c" * 32)]


def test_hashes_read_back_by_tree_level_and_place(store: Store) -> None:
    with store.begin() as t:
        t.people.keep_nodes("N1", iter(NODES))
        t.people.keep_nodes("N2", [(0, 0, b"z" * 32)])
    with store.reading() as t:
        assert list(t.people.nodes("N1", 0, first=0, count=256)) == [
            one for level, _, one in NODES if not level
        ]
        assert list(t.people.nodes("N1", 0, first=1, count=1)) == [b"b" * 32]
        assert list(t.people.nodes("N1", 1, first=0, count=256)) == [b"c" * 32]
        assert list(t.people.nodes("N3", 0, first=0, count=256)) == []
    with pytest.raises(PermanentError), store.reading() as t:
        t.people.keep_nodes("N3", NODES)


def test_commitments_are_read_alone(store: Store) -> None:
    people = [person(n) for n in range(6)]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
    with store.reading() as t:
        assert list(t.people.commitments("COH-1", first=2, count=3)) == [p.commitment for p in people[2:5]]
        assert list(t.people.commitments("COH-1", first=5, count=256)) == [people[5].commitment]


def test_the_salt_of_a_batch_is_kept_and_emptied(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-4", salt=b"\x00s"), batch(1, "5-9", salt=b"t")])
        t.erasing.erase_salts("NOT-1", [0])
    with store.reading() as t:
        assert [row.salt for row in t.batches.rows("NOT-1")] == [b"", b"t"]
