"""Accounts, sessions and failed attempts in the database; `core.accounts.Accounts` on an engine of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from incident.adapters.store.account_tables import ACCOUNT, FAILURE, SESSION
from incident.adapters.store.address import parse_url
from incident.adapters.store.engine import open_engine, reading, writing
from incident.adapters.store.rows import columns, names, read
from incident.core.accounts import Account, Session
from incident.ledger.entry import format_instant

BUSY_SECONDS = 10.0


class SqlAccounts:
    """Keeps who may sign in beside the ledger, never in it."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(parse_url(url), busy_seconds=BUSY_SECONDS)

    def account(self, handle: str) -> Account | None:
        """Return the account of a handle, or None."""
        found = self._all(Account, ACCOUNT, ACCOUNT.c.handle == handle)
        return found[0] if found else None

    def accounts(self) -> Sequence[Account]:
        """Return every account, in order of handle."""
        return sorted(self._all(Account, ACCOUNT), key=lambda one: one.handle)

    def put_account(self, account: Account) -> None:
        """Keep an account, new or changed."""
        self._put(ACCOUNT, account)

    def use_step(self, handle: str, step: int) -> bool:
        """Mark a code's time step as used; one statement decides, so a code is taken once."""
        with writing(self._engine) as connection:
            moved = connection.execute(
                update(ACCOUNT)
                .where(ACCOUNT.c.handle == handle, ACCOUNT.c.totp_step < step)
                .values(totp_step=step)
            )
            return moved.rowcount == 1

    def session(self, token_hash: str) -> Session | None:
        """Return the session of a token's hash, or None."""
        found = self._all(Session, SESSION, SESSION.c.token_hash == token_hash)
        return found[0] if found else None

    def sessions(self, handle: str | None = None) -> Sequence[Session]:
        """Return the sessions of one handle or of all, newest first."""
        wanted = () if handle is None else (SESSION.c.handle == handle,)
        return sorted(self._all(Session, SESSION, *wanted), key=lambda s: s.started_at, reverse=True)

    def put_session(self, session: Session) -> None:
        """Keep a session, new or seen again."""
        self._put(SESSION, session)

    def end_session(self, token_hash: str) -> None:
        """End one session."""
        with writing(self._engine) as connection:
            connection.execute(delete(SESSION).where(SESSION.c.token_hash == token_hash))

    def end_sessions(self, handle: str) -> int:
        """End every session of a handle; return how many there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(SESSION).where(SESSION.c.handle == handle)).rowcount

    def add_failure(self, number: str, keys: Sequence[str], at: datetime) -> None:
        """Keep a failed attempt under each key."""
        rows = [{"number": f"{number}-{i}", "key": k, "at": format_instant(at)} for i, k in enumerate(keys)]
        with writing(self._engine) as connection:
            connection.execute(insert(FAILURE), rows)

    def drop_failure(self, number: str) -> None:
        """Take back an attempt that turned out to be right."""
        with writing(self._engine) as connection:
            connection.execute(delete(FAILURE).where(FAILURE.c.number.startswith(f"{number}-")))

    def failures(self, key: str, *, since: datetime) -> int:
        """Count the failed attempts under a key since then."""
        query = select(func.count()).where(FAILURE.c.key == key, FAILURE.c.at >= format_instant(since))
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one()

    def forget(self, before: datetime) -> None:
        """Drop failures and sessions that ended before then."""
        with writing(self._engine) as connection:
            connection.execute(delete(FAILURE).where(FAILURE.c.at < format_instant(before)))
            connection.execute(delete(SESSION).where(SESSION.c.ends_at < format_instant(before)))

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _all(self, kind: type[Any], table: Any, *wanted: Any) -> list[Any]:
        query = select(*(table.c[name] for name in names(kind))).where(*wanted)
        with reading(self._engine) as connection:
            return [read(kind, row) for row in connection.execute(query)]

    def _put(self, table: Any, row: Any) -> None:
        dialect = sqlite if self._engine.dialect.name == "sqlite" else postgresql
        fresh = dialect.insert(table).values(columns(row))
        changes = {name: fresh.excluded[name] for name in table.columns.keys()}  # noqa: SIM118
        with writing(self._engine) as connection:
            connection.execute(
                fresh.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
            )
