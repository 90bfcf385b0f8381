"""What is asked of a few is found by their key on PostgreSQL, also where it has counted nothing of the table yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from incident.adapters.store import batches, deliveries, driver, told
from incident.adapters.store.store import SqlStore
from incident.ports import Store
from tests.contract.private_postgres import PrivatePostgres
from tests.contract.store_rows import batch, delivery, person

MANY = 2000
ASKED = {
    "batches": (batches._ROWS, ("NOT-1", -1), "number"),
    "who differs": (deliveries._APART, ("NOT-1",), "batch"),
    "people's own rows": (deliveries._OWN_OF, ("NOT-1",), "position"),
    "blocks": (told._BLOCKS, ("COH-1",), "number"),
}


def fill(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(n, f"{10 * n}-{10 * n + 9}") for n in range(MANY)])
        t.people.put_own(map(delivery, range(5 * MANY)))
        t.people.save_cohort("INC-00000001", "COH-1", map(person, range(0, 200 * 256, 16)), b"{}")


def explained(connection: Any, statement: str, values: tuple[Any, ...], *, how: str = "ANALYZE") -> str:
    found = connection.exec_driver_sql(f"EXPLAIN {how} {driver._as_postgres(statement)}", values)
    return "\n".join(line for (line,) in found)


@pytest.fixture
def filled(postgres: PrivatePostgres, opened: Callable[[str], SqlStore]) -> SqlStore:
    store = opened(postgres.migrated())
    with store._engine.begin() as connection:
        for table in ("batch", "delivery", "person_block"):
            connection.exec_driver_sql(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    fill(store)
    return store


def test_rows_of_others_are_not_read(filled: SqlStore) -> None:
    with filled._engine.begin() as connection:
        for name, asked in ASKED.items():
            plan = explained(connection, *driver.by_key(connection, *asked, [3, 5, 70, 150]))
            assert "Index" in plan, name
            assert "Removed by" not in plan, f"{name}: {plan}"
        one = '[{"notice_id": "NOT-1", "number": 3}]', 1
        changed = explained(connection, batches._PUT_TOGETHER, one, how="")
        assert "Seq Scan" not in changed, changed


def test_each_is_found_once_in_whatever_order(store: Store) -> None:
    fill(store)
    with store.begin() as t:
        assert [row.number for row in t.batches.rows("NOT-1", numbers=(70, 3, 70, MANY))] == [3, 70]
        assert t.people.apart("NOT-1", [5, 3, 5, MANY]).keys() == {3, 5}
        found = t.people.deliveries("NOT-1", positions=[9, 7, 9, 10 * MANY, 9 * MANY])
        assert [(row.position, row.batch) for row in found] == [(7, 0), (9, 0), (9 * MANY, 9 * MANY // 10)]
