"""What the databases themselves refuse, whoever asks: the ledger's triggers, the schema, the file's mode."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from incident.adapters.store import account_tables, integration_tables, migrate, stretch_tables
from incident.adapters.store.glance import Glance
from incident.adapters.store.store import SqlStore
from incident.adapters.store.tables import METADATA
from incident.errors import NotFoundError, PermanentError, TransientError
from tests.contract.private_postgres import PrivatePostgres
from tests.contract.store_rows import AT, board, clock, draft, line, person

ENTRY = "INSERT INTO ledger_entry (seq, incident, kind, body, leaf_hash) SELECT {seq}, incident, kind, body, {leaf} FROM ledger_entry WHERE seq = 0"
REPLACE = ENTRY.replace("INSERT", "INSERT OR REPLACE")
CHECKPOINT = "INSERT INTO checkpoint (number, size, note, at) VALUES ({number}, {size}, 'forged', 'now')"

ON_BOTH = [
    "UPDATE ledger_entry SET kind = 'facts:amended' WHERE seq = 0",
    "UPDATE ledger_entry SET body = body",
    "DELETE FROM ledger_entry WHERE seq = 2",
    "DELETE FROM ledger_entry",
    ENTRY.format(seq=1, leaf="'x'"),
    ENTRY.format(seq=4, leaf="'x'"),
    ENTRY.format(seq=-1, leaf="'x'"),
    "UPDATE checkpoint SET note = 'forged'",
    "DELETE FROM checkpoint",
    CHECKPOINT.format(number=0, size=3),
    CHECKPOINT.format(number=2, size=3),
    CHECKPOINT.format(number=1, size=2),
]
ON_SQLITE = [
    REPLACE.format(seq=0, leaf="'x'"),
    REPLACE.format(seq=2, leaf="'x'"),
    REPLACE.format(seq=3, leaf="leaf_hash"),  # the next place, but it would push out the entry with this hash
    REPLACE.format(seq="NULL", leaf="'x'"),
    ENTRY.format(seq=3, leaf="leaf_hash").replace("INSERT", "INSERT OR IGNORE"),
    "UPDATE OR REPLACE ledger_entry SET seq = 0 WHERE seq = 1",
    CHECKPOINT.format(number=0, size=3).replace("INSERT", "INSERT OR REPLACE"),
]
ON_POSTGRES = [
    "TRUNCATE ledger_entry",
    "TRUNCATE checkpoint",
    "TRUNCATE ledger_head, ledger_entry CASCADE",
    "INSERT INTO ledger_entry SELECT * FROM ledger_entry WHERE seq = 0 ON CONFLICT (seq) DO UPDATE SET kind = 'x:y'",
]


def fill(store: SqlStore) -> None:
    with store.begin() as t:
        t.append([draft(n=n) for n in range(3)], recorded_at=AT)
        t.add_checkpoint("note", size=3, at=AT)


def test_sqlite_keeps_the_ledger_append_only(
    migrated_sqlite: Path, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    path = tmp_path / "tocsin.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = opened(f"sqlite:///{path}")
    fill(store)
    before = list(store.rows()), list(store.checkpoints())
    with closing(sqlite3.connect(path, isolation_level=None)) as intruder:
        for statement in ON_BOTH + ON_SQLITE:
            with pytest.raises(sqlite3.IntegrityError, match=r"append-only|next line only"):
                intruder.execute(statement)
    assert (list(store.rows()), list(store.checkpoints())) == before


def test_postgres_keeps_the_ledger_append_only(
    postgres: PrivatePostgres, opened: Callable[[str], SqlStore]
) -> None:
    import psycopg

    url = postgres.migrated()
    store = opened(url)
    fill(store)
    before = list(store.rows()), list(store.checkpoints())
    with psycopg.connect(url, autocommit=True) as intruder:
        for statement in ON_BOTH + ON_POSTGRES:
            with pytest.raises(psycopg.errors.RestrictViolation):
                intruder.execute(
                    statement.replace("'x'", "'x'::bytea") if "leaf_hash" in statement else statement
                )
    assert (list(store.rows()), list(store.checkpoints())) == before


def test_the_migrated_schema_is_that_of_the_tables(url: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert account_tables.ACCOUNT.metadata is METADATA
            assert integration_tables.TOKEN.metadata is stretch_tables.COHORT_STRETCH.metadata is METADATA
            assert compare_metadata(context, METADATA) == []
            assert migrate.version(connection) == migrate.HEAD
    finally:
        engine.dispose()


def test_the_head_of_the_migrations_is_pinned() -> None:
    scripts = ScriptDirectory.from_config(migrate.script_config())
    assert scripts.get_heads() == ["0010"] == [migrate.HEAD]
    names = sorted(path.name for path in Path(migrate.__file__).parent.glob("migrations/versions/[0-9]*.py"))
    assert names == [
        "0001_first.py",
        "0002_corrections.py",
        "0003_tree.py",
        "0004_console.py",
        "0005_batches.py",
        "0006_integrations.py",
        "0007_commitments.py",
        "0008_pseudonyms.py",
        "0009_stretches.py",
        "0010_blocks.py",
    ]


def test_the_ledger_has_no_downgrade() -> None:
    for script in ScriptDirectory.from_config(migrate.script_config()).walk_revisions():
        with pytest.raises(PermanentError, match="no downgrade"):
            script.module.downgrade()


def test_migrating_again_changes_nothing(sql_store: SqlStore) -> None:
    fill(sql_store)
    head = sql_store.head()
    sql_store.migrate()
    assert sql_store.head() == head


def test_a_glance_agrees_with_the_store_row_by_row(url: str, sql_store: SqlStore) -> None:
    glance = Glance(url)
    assert list(glance.board()) == list(glance.clocks()) == list(glance.entries("INC-A")) == []
    for incident_id in ("INC-B", "INC-A"):
        with sql_store.begin() as t:
            t.append([draft(incident_id, n=n) for n in range(5)], recorded_at=AT)
            clocks = [clock(incident_id, f"O-{n}", open=bool(n % 2)) for n in range(3)]
            t.put_projection(board(incident_id), clocks, [line(incident_id, seq) for seq in range(5)])
    assert glance.board() == sql_store.board() == [board("INC-A"), board("INC-B")]
    assert glance.clocks() == sql_store.clocks()
    assert glance.clocks("INC-B") == sql_store.clocks("INC-B") != []
    assert glance.timeline("INC-A") == sql_store.timeline("INC-A")
    assert glance.timeline("INC-A", after=1, limit=2) == sql_store.timeline("INC-A", after=1, limit=2)
    assert {type(row.open) for row in glance.clocks()} == {bool}
    bodies = [row.encoded for row in sql_store.rows() if row.incident == "INC-A"]
    assert list(glance.entries("INC-A")) == bodies != []


def test_refusals_carry_no_row(sql_store: SqlStore) -> None:
    secret = "someone@example.org"
    with pytest.raises(PermanentError) as refused, sql_store.begin() as t:
        t.people.save_cohort("INC-A", "COH-1", [person(0, email=secret), person(0, email=secret)], b"{}")
    assert secret not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_writer_who_waits_too_long_may_try_again(url: str, opened: Callable[[str], SqlStore]) -> None:
    holder, waiter = opened(url), SqlStore(url, busy_seconds=0.05)
    try:
        with holder.begin() as t:
            t.append([draft()], recorded_at=AT)
            with pytest.raises(TransientError), waiter.begin():
                pytest.fail("two writers at once")
        with waiter.begin() as t:
            assert t.head().size == 1
    finally:
        waiter.close()


def test_a_server_that_is_away_may_come_back() -> None:
    away = "postgresql://tocsin:secret@127.0.0.1:1/none"
    store = SqlStore(away)
    for ask in (store.head, store.migrate, Glance(away).board):
        with pytest.raises(TransientError) as said:
            ask()
        assert "secret" not in str(said.value)
    store.close()


def test_a_database_without_a_schema_is_refused(
    postgres: PrivatePostgres, opened: Callable[[str], SqlStore]
) -> None:
    url = postgres.empty()
    for ask in (opened(url).head, Glance(url).board):
        with pytest.raises(PermanentError):
            ask()


def test_a_missing_file_is_not_made_by_looking(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    url = f"sqlite:///{tmp_path / 'none.db'}"
    for ask in (opened(url).head, opened(url).board, Glance(url).board):
        with pytest.raises(NotFoundError):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_for_its_owner_only(tmp_path: Path, opened: Callable[[str], SqlStore]) -> None:
    home = tmp_path / "fresh" / "a #b%41"
    store = opened(f"sqlite:///{home / 'tocsin.db'}")
    store.migrate()
    fill(store)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in home.iterdir()} == {
        "tocsin.db": "0o600",
        "tocsin.db-wal": "0o600",
        "tocsin.db-shm": "0o600",
    }
    assert oct(home.stat().st_mode & 0o777) == "0o700"


def test_guards_that_somebody_took_away_are_named(url: str, sql_store: SqlStore) -> None:
    assert list(sql_store.missing_guards()) == []
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    on = "" if sql_store.url_kind == "sqlite" else " ON ledger_entry"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER ledger_entry_next{on}")
    engine.dispose()
    assert list(sql_store.missing_guards()) == ["ledger_entry_next"]
