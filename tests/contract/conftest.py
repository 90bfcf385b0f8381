"""Stores to hold to one contract: the fake, SQLite, and PostgreSQL where the machine has it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from incident.adapters.store.store import SqlStore
from incident.ports import Store
from tests.contract.private_postgres import Missing, PrivatePostgres, private_postgres
from tests.fakes.store import FakeStore


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A private server, or a skip that says what is missing."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(private_postgres())
        except Missing as why:
            pytest.skip(f"no PostgreSQL: {why}")
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    store = SqlStore(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database of this test's own."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres").migrated())
    shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "tocsin.db")
    return f"sqlite:///{tmp_path / 'tocsin.db'}"


@pytest.fixture
def opened() -> Iterator[Callable[[str], SqlStore]]:
    """Opens stores and closes them after the test."""
    with ExitStack() as stack:

        def open_store(url: str) -> SqlStore:
            store = SqlStore(url)
            stack.callback(store.close)
            return store

        yield open_store


@pytest.fixture
def sql_store(url: str, opened: Callable[[str], SqlStore]) -> SqlStore:
    """A store on a real database."""
    return opened(url)


@pytest.fixture(params=["fake", "sqlite", "postgresql"])
def twin(
    request: pytest.FixtureRequest, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> Callable[[], Store]:
    """Returns the store under test anew: the same fake, or another connection to the same database."""
    if request.param == "fake":
        fake = FakeStore()
        return lambda: fake
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgres").migrated())
    else:
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "tocsin.db")
        url = f"sqlite:///{tmp_path / 'tocsin.db'}"
    return lambda: opened(url)


@pytest.fixture
def store(twin: Callable[[], Store]) -> Store:
    """The store under test."""
    return twin()
