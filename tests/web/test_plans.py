"""No page reads a whole table that grows with people or entries: every statement is explained, and none scans one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from incident.web.pages import ROUTES
from tests.builders.consoles import Console, played
from tests.web.test_routes import address

GROW = (
    "person",
    "timeline",
    "ledger_entry",
    "ledger_node",
    "delivery",
    "batch_span",
    "provider_event",
    "cohort_named",
)
SCAN = re.compile(rf"\bSCAN ({'|'.join(GROW)})\b")
FILTERS = ("/timeline?kind=batch&actor=ada&after=3", "/timeline?upto=5", "/people?place=DE&certainty=possible&after=1",
           "/deliveries?state=planned&after=2", "/ladder?after=2")  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_told") as found:
        yield found


def test_no_statement_of_a_page_scans_what_grows(desk: Console) -> None:
    asked: dict[str, Any] = {}

    def keep(_c: Any, _cursor: Any, statement: str, given: Any, _context: Any, _many: bool) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            asked.setdefault(statement, given)

    engine = desk.reception.house.store._engine
    event.listen(engine, "before_cursor_execute", keep)
    grace, here = desk.kept("grace"), f"/incidents/{desk.scene.incident_id}"
    for page in ROUTES:
        if page.method == "GET" and page.of_incident:
            grace.get(address(page, desk))
    for path in FILTERS:
        assert grace.get(here + path).status_code == 200
    assert grace.post(f"{here}/people/1").status_code == 200
    assert grace.post(f"{here}/deliveries/contacts").status_code == 200
    event.remove(engine, "before_cursor_execute", keep)
    assert len(asked) > 20
    scans = []
    with engine.connect() as connection:
        for statement, given in asked.items():
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given).fetchall()
            scans += [(row[-1], " ".join(statement.split())) for row in plan if SCAN.search(row[-1])]
    assert not scans
