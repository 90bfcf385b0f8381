"""What is put off until there is a way to the server anyway is as good as done; connections that are cut are left."""

from __future__ import annotations

import pytest

from incident.adapters.store.store import SqlStore
from incident.core.batches import Looking
from incident.core.pacing import PaceRow
from incident.errors import LostCommitError, PermanentError, TransientError
from incident.ports import Store, Transaction
from tests.contract.private_postgres import PrivatePostgres
from tests.contract.store_rows import AT, batch

PACE = PaceRow("sendgrid", AT, 12.5)


class GivenUpError(Exception):
    """What ends a transaction in the middle."""


def planned(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9")])


def write_and_give_up(store: Store) -> None:
    with store.begin() as t:
        t.batches.put_pace(PACE)
        t.batches.put([batch(0, "0-9", state="intent")])
        assert t.batches.count("NOT-1", states=["intent"]) == 1
        t.batches.put([batch(0, "0-9", state="accepted")])
        raise GivenUpError


def write_what_is_refused(store: Store) -> None:
    with store.begin() as t:
        t.batches.put_pace(PACE)
        t.batches.put([batch(0, "0-9", state="intent", attempt=None)])  # type: ignore[arg-type]


def test_what_is_rolled_back_is_not_done_later(store: Store) -> None:
    planned(store)
    with pytest.raises(GivenUpError):
        write_and_give_up(store)
    for _ in range(8):  # whichever connection it was
        with store.begin() as t:
            assert [r.state for r in t.batches.rows("NOT-1")] == ["planned"]
            assert t.batches.pace("sendgrid") is None


def test_a_reading_transaction_refuses_it_too(store: Store) -> None:
    with pytest.raises(PermanentError), store.reading() as t:
        t.batches.put_pace(PACE)
    with store.begin() as t:
        assert t.batches.pace("sendgrid") is None
        t.batches.put_pace(PACE)
    with store.reading() as t:
        assert t.batches.pace("sendgrid") == PACE


def test_rows_of_one_transaction_are_written_in_order(store: Store) -> None:
    planned(store)
    with store.begin() as t:
        for state in ("intent", "uncertain", "accepted"):
            t.batches.put([batch(0, "0-9", state=state)])
    with store.reading() as t:
        assert [r.state for r in t.batches.rows("NOT-1")] == ["accepted"]


def test_what_the_database_refuses_with_the_commit_is_not_kept(store: Store) -> None:
    if not isinstance(store, SqlStore):
        return  # the fake refuses nothing
    planned(store)
    with pytest.raises(PermanentError) as refused:
        write_what_is_refused(store)
    assert not isinstance(refused.value, LostCommitError)
    with store.begin() as t:
        assert [r.state for r in t.batches.rows("NOT-1")] == ["planned"]
        assert t.batches.pace("sendgrid") is None


# ---------------------------------------------------------------- connections that are cut, on PostgreSQL


@pytest.fixture
def cut(postgres: PrivatePostgres, opened):
    """A store on a database of its own, and what cuts its connections."""
    import psycopg

    url = postgres.migrated()
    store: SqlStore = opened(url)

    def cut_all() -> int:
        with psycopg.connect(url, autocommit=True) as other:
            ended = other.execute(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        return ended[0]

    return store, cut_all


def test_an_idle_connection_that_was_cut_is_not_used_again(cut) -> None:
    store, cut_all = cut
    planned(store)
    for _ in range(3):
        assert cut_all() > 0
        with store.reading() as t:
            assert t.batches.count("NOT-1", states=["planned"]) == 1
        assert cut_all() > 0
        with store.begin() as t:
            t.batches.put_pace(PACE)


def cut_in_the_middle(store: SqlStore, cut_all, then) -> None:
    with store.begin() as t:
        t.batches.put_pace(PACE)
        cut_all()
        then(t)


def ask(t: Transaction) -> None:
    t.batches.look(Looking("NOT-1", (0,), "sendgrid"))


def write(t: Transaction) -> None:
    t.batches.put([batch(0, "0-9", state="intent")])


def count(t: Transaction) -> None:
    t.batches.count("NOT-1", states=["planned"])


@pytest.mark.parametrize(
    ("then", "error"), [(ask, TransientError), (count, TransientError), (write, LostCommitError)]
)
def test_a_transaction_that_is_cut_can_be_tried_again(cut, then, error) -> None:
    store, cut_all = cut
    planned(store)
    with pytest.raises(error):  # what is written with the commit may have been kept, for all that is known
        cut_in_the_middle(store, cut_all, then)
    with store.begin() as t:
        assert t.batches.pace("sendgrid") is None
        assert [r.state for r in t.batches.rows("NOT-1")] == ["planned"]
        t.batches.put_pace(PACE)
    with store.reading() as t:
        assert t.batches.pace("sendgrid") == PACE
