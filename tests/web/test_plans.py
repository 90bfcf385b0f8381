"""No page reads a whole table that grows with people or entries, on SQLite or PostgreSQL: every statement is explained."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from incident.adapters.store import driver
from incident.adapters.store.engine import _READERS
from incident.web.console import create
from incident.web.pages import ROUTES
from tests.builders.consoles import PEOPLE, Console, played, served
from tests.builders.house import reopened, workspace
from tests.contract.conftest import postgres
from tests.contract.private_postgres import PrivatePostgres
from tests.web.test_routes import address

__all__ = ["postgres"]
GROW = (
    "person_block",
    "timeline",
    "ledger_entry",
    "ledger_node",
    "delivery",
    "batch_span",
    "provider_event",
    "cohort_named",
)
SCAN = re.compile(rf"\b(?:SCAN|Seq Scan on) ({'|'.join(GROW)})\b")
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM)\b")
READ = ("person_block", "timeline", "ledger_entry", "delivery", "batch_span")
FILTERS = ("/timeline?kind=batch&actor=ada&after=3", "/timeline?upto=5", "/people?place=DE&certainty=possible&after=1",
           "/deliveries?state=planned&after=2", "/ladder?after=2")  # fmt: skip


@contextmanager
def on_postgres(factory: pytest.TempPathFactory, server: PrivatePostgres) -> Iterator[Console]:
    """Run a console over the same stretch of an incident with PostgreSQL under it."""
    settings = workspace(factory.mktemp("plans") / "w", changes={"\n[mail]\n": PEOPLE})
    (settings.parent / "tocsin.db").unlink()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TOCSIN_DATABASE", server.migrated())
        with reopened(settings) as opened, served(create(settings)) as client:
            yield Console(opened.to_told(), client)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    if request.param == "sqlite":
        with played(tmp_path_factory, "to_told") as found:
            yield found
    else:
        with on_postgres(tmp_path_factory, request.getfixturevalue("postgres")) as found:
            yield found


def engines_of(desk: Console) -> list[Engine]:
    """Return the engines that pages write and read with."""
    engine = desk.reception.house.store._engine
    return list(dict.fromkeys((engine, _READERS.get(engine, engine))))


def plan_of(connection: Connection, statement: str, given: Any) -> list[str]:
    """Return the lines of a plan; PostgreSQL is told that reading a small table whole is dear, as a large one is."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET enable_seqscan = off")
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", given)]
    return [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]


class Heard:
    """The driver's own connection, of which what is asked without SQLAlchemy is heard too."""

    def __init__(self, driver: Any, keep: Callable[..., None]) -> None:
        self._driver, self._keep = driver, keep

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    def execute(self, statement: str, given: Any = ()) -> Any:
        self._keep(None, None, statement, given)
        return self._driver.execute(statement, given)


def test_no_statement_of_a_page_scans_what_grows(desk: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}
    plain = driver.sqlite
    monkeypatch.setattr(driver, "sqlite", lambda connection: Heard(plain(connection), keep))

    def keep(_c: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        reads = statement.lstrip().upper().startswith(("SELECT", "WITH"))
        if reads and not WRITES.search(statement):
            asked.setdefault(statement, given)

    both = engines_of(desk)
    for engine in both:
        event.listen(engine, "before_cursor_execute", keep)
    grace, here = desk.kept("grace"), f"/incidents/{desk.scene.incident_id}"
    for page in ROUTES:
        if page.method == "GET":
            grace.get(address(page, desk))
    for path in FILTERS:
        assert grace.get(here + path).status_code == 200
    assert grace.post(f"{here}/people/1").status_code == 200
    assert grace.post(f"{here}/deliveries/contacts").status_code == 200
    for engine in both:
        event.remove(engine, "before_cursor_execute", keep)
    assert len(asked) > 20
    assert all(any(f"FROM {table}" in one for one in asked) for table in READ)
    scans = []
    with both[0].connect() as connection:
        for statement, given in asked.items():
            plan = plan_of(connection, statement, given)
            scans += [(line, " ".join(statement.split())) for line in plan if SCAN.search(line)]
    assert not scans
