"""After a large transaction SQLite's journal is taken over by a thread, and everything is as usual afterwards."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from incident.adapters.store import bulk
from incident.adapters.store.store import SqlStore
from tests.contract.store_rows import person


def waited_for() -> int:
    """Wait until threads that take a journal over have ended; how many there were."""
    found = [thread for thread in threading.enumerate() if thread.name == "journal"]
    for thread in found:
        thread.join()
    return len(found)


@pytest.fixture
def store(migrated_sqlite: Path, tmp_path: Path, opened: Callable[[str], SqlStore]) -> SqlStore:
    return opened(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'tocsin.db')}")


def save(store: SqlStore, cohort_id: str) -> None:
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", cohort_id, map(person, range(3000)), b"{}")


def pages_before_a_commit_takes_over(store: SqlStore) -> int:
    with store.begin() as t:
        return int(t._connection.exec_driver_sql("PRAGMA wal_autocheckpoint").scalar_one())


def test_a_thread_takes_it_over(store: SqlStore, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MUCH", 1)
    started: list[str] = []
    begin = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda self: (started.append(self.name), begin(self))[1])
    save(store, "COH-1")
    waited_for()
    assert [name for name in started if not name.startswith("writing")] == ["journal"]
    assert pages_before_a_commit_takes_over(store) == 1000
    alone = shutil.copy(tmp_path / "tocsin.db", tmp_path / "alone.db")  # without its journal
    with closing(sqlite3.connect(alone)) as database:
        assert database.execute("SELECT count(*) FROM person").fetchone() == (3000,)


def test_a_connection_that_made_the_tables_can_hand_it_over_too(opened, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MUCH", 1)
    store: SqlStore = opened(f"sqlite:///{tmp_path / 'new.db'}")
    store.migrate()  # it has a place for temporary tables since
    save(store, "COH-1")
    waited_for()
    assert pages_before_a_commit_takes_over(store) == 1000


def test_a_small_one_is_taken_over_by_its_commit(store: SqlStore) -> None:
    save(store, "COH-1")
    assert waited_for() == 0
    assert pages_before_a_commit_takes_over(store) == 1000


def test_one_that_fails_leaves_everything_as_usual(store: SqlStore, monkeypatch) -> None:
    monkeypatch.setattr(bulk, "MUCH", 0)
    people = (person(n + 0 // (2600 - n)) for n in range(2601))
    with pytest.raises(ZeroDivisionError), store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
    waited_for()
    assert pages_before_a_commit_takes_over(store) == 1000
    with store.reading() as t:
        assert not t.people.persons("COH-1")
    save(store, "COH-1")
    waited_for()
    with store.reading() as t:
        assert len(t.people.persons("COH-1", limit=5000)) == 3000
