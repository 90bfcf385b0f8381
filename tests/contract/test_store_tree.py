"""The tree that a store keeps: looked up it is the plain one, also when the migration had to compute it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import text

from incident.adapters.store import migrate
from incident.adapters.store.engine import writing
from incident.adapters.store.store import SqlStore
from incident.core.anchors import Failure, Receipt
from incident.errors import PermanentError
from incident.ledger.merkle import root_of, verify_inclusion
from incident.ledger.proving import LeafHashes, consistency_proof, inclusion_proof
from incident.ports import Store
from tests.contract.store_rows import AT, draft

SIZE = 700


def fill(store: Store, count: int = SIZE) -> list[bytes]:
    with store.begin() as t:
        t.append([draft(n=n) for n in range(300)], recorded_at=AT)
    for start in range(300, count, 100):
        with store.begin() as t:
            t.append([draft(n=start + n) for n in range(100)], recorded_at=AT)
    return [row.leaf_hash for row in store.rows()]


def test_proofs_are_looked_up(store: Store, twin: Callable[[], Store]) -> None:
    leaves = fill(store)
    plain = LeafHashes(leaves)
    assert list(store.uppers()) == [
        (1, number, root_of(leaves[number * 256 : number * 256 + 256])) for number in (0, 1)
    ]
    with twin().reading() as t:
        tree = t.tree()
        assert (tree.size, tree.span(0, SIZE)) == (SIZE, root_of(leaves))
        for index in (0, 255, 256, 511, 512, 699):
            proof = inclusion_proof(tree, index, SIZE)
            assert proof == inclusion_proof(plain, index, SIZE)
            verify_inclusion(leaves[index], index, SIZE, proof, root_of(leaves))
        assert consistency_proof(tree, 300, SIZE) == consistency_proof(plain, 300, SIZE)


def test_a_rolled_back_append_leaves_no_hash(store: Store) -> None:
    def stop() -> None:
        with store.begin() as t:
            t.append([draft(n=n) for n in range(300)], recorded_at=AT)
            t.when_committed(lambda: pytest.fail("not committed"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop()
    assert list(store.uppers()) == []


def test_what_waits_for_the_commit_is_done_after_it(store: Store, twin: Callable[[], Store]) -> None:
    seen: list[int] = []
    with store.begin() as t:
        t.append([draft()], recorded_at=AT)
        t.when_committed(lambda: seen.append(twin().head().size))
        assert seen == []
    assert seen == [1]


def test_receipts_and_failures_of_anchors(store: Store, twin: Callable[[], Store]) -> None:
    later = AT + timedelta(minutes=5)
    first, second = Receipt("file:a", 3, AT, "note"), Receipt("file:a", 9, later, "note 9", b"token")
    with store.begin() as t:
        t.anchor_failed("file:a", "the folder is gone", AT)
        t.anchor_failed("file:a", "the folder is still gone", later)
    assert twin().anchor_failures() == [Failure("file:a", AT, later, "the folder is still gone")]
    with store.begin() as t:
        t.anchor_took(first)
        t.anchor_took(second)
        t.anchor_took(Receipt("mail:dpo", 3, AT, "note"))
    assert twin().anchor_failures() == []
    assert twin().receipts() == [first, second, Receipt("mail:dpo", 3, AT, "note")]
    assert twin().receipts(newest=True) == [second, Receipt("mail:dpo", 3, AT, "note")]


def test_the_newest_checkpoint(store: Store) -> None:
    with store.begin() as t:
        assert t.newest_checkpoint() is None
        t.append([draft(n=n) for n in range(2)], recorded_at=AT)
        t.add_checkpoint("one\n", size=1, at=AT)
        t.add_checkpoint("two\n", size=2, at=AT)
    with store.reading() as t:
        assert t.newest_checkpoint() == "two\n"


NODES = (
    "UPDATE ledger_node SET number = number + 9",
    "DELETE FROM ledger_node",
    "INSERT INTO ledger_node SELECT * FROM ledger_node",
)


def test_the_hashes_above_are_append_only(sql_store: SqlStore) -> None:
    fill(sql_store)
    more = (
        ("INSERT OR REPLACE INTO ledger_node SELECT * FROM ledger_node",)
        if sql_store.url_kind == "sqlite"
        else ("TRUNCATE ledger_node",)
    )
    for statement in (*NODES, *more):
        with pytest.raises(PermanentError), writing(sql_store._engine) as connection:
            connection.execute(text(statement))
    assert len(list(sql_store.uppers())) == 2


def test_the_migration_computes_what_was_recorded_before(url: str, opened: Callable[[str], SqlStore]) -> None:
    store = opened(url)
    with writing(
        store._engine
    ) as connection:  # back to the schema before, which has entries and no hashes above
        for table in ("ledger_node", "anchor_receipt", "anchor_failure"):
            connection.execute(text(f"DROP TABLE {table}"))
        if store.url_kind == "postgresql":
            connection.execute(text("DROP FUNCTION ledger_node_refuse()"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
        values = {f"h{n}": bytes([n % 256, n // 256]) * 16 for n in range(SIZE)}
        for n in range(SIZE):
            connection.execute(
                text(
                    "INSERT INTO ledger_entry (seq, incident, kind, body, leaf_hash) VALUES (:n, 'I', 'a:b', :h, :h)"
                ),
                {"n": n, "h": values[f"h{n}"]},
            )
        command.upgrade(migrate.script_config(connection), "0003")
    leaves = list(values.values())
    assert list(store.uppers()) == [(1, 0, root_of(leaves[:256])), (1, 1, root_of(leaves[256:512]))]
