"""Tokens, answers, targets and sources in the database; `core.integrations.Integrations` on an engine of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from incident.adapters.store.address import parse_url
from incident.adapters.store.engine import open_engine, reading, writing
from incident.adapters.store.integration_tables import ANSWER, FINDING, MESSAGE, SEEN, SOURCE, TARGET, TOKEN
from incident.adapters.store.rows import columns, names, read
from incident.adapters.store.tables import TIMELINE
from incident.core.integrations import Answer, Finding, Message, News, Seen, Source, Target, Token
from incident.ledger.entry import format_instant

BUSY_SECONDS = 10.0
Row = TypeVar("Row")


class SqlIntegrations:
    """Keeps what programs need beside the ledger, never in it."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(parse_url(url), busy_seconds=BUSY_SECONDS)

    def token(self, token_hash: str) -> Token | None:
        """Return the token with a hash, or None."""
        return self._one(Token, TOKEN, TOKEN.c.token_hash == token_hash)

    def tokens(self) -> Sequence[Token]:
        """Return every token, the oldest first."""
        return sorted(self._all(Token, TOKEN), key=lambda one: one.created_at)

    def put_token(self, token: Token) -> None:
        """Keep a token, new or changed."""
        self._put(TOKEN, token)

    def reserve(self, answer: Answer) -> Answer | None:
        """Keep a request that begins; one statement decides who is first."""
        fresh = self._insert(ANSWER).values(columns(answer)).on_conflict_do_nothing()
        with writing(self._engine) as connection:
            if connection.execute(fresh).rowcount == 1:
                return None
        same = (ANSWER.c.token_id == answer.token_id, ANSWER.c.key == answer.key)
        return self._one(Answer, ANSWER, *same)

    def put_answer(self, answer: Answer) -> None:
        """Keep what was answered."""
        self._put(ANSWER, answer)

    def targets(self) -> Sequence[Target]:
        """Return every target, the oldest first."""
        return sorted(self._all(Target, TARGET), key=lambda one: one.created_at)

    def put_target(self, target: Target) -> None:
        """Keep a target, new or changed."""
        self._put(TARGET, target)

    def news(self, after: int, *, limit: int) -> Sequence[News]:
        """Return the entries after a seq, in order."""
        query = select(*(TIMELINE.c[name] for name in names(News))).where(TIMELINE.c.seq > after)
        with reading(self._engine) as connection:
            found = connection.execute(query.order_by(TIMELINE.c.seq).limit(limit))
            return [read(News, row) for row in found]

    def queue(self, target: Target, messages: Sequence[Message]) -> None:
        """Keep messages, each once, and move the target's mark in the same transaction."""
        moved = update(TARGET).where(TARGET.c.target_id == target.target_id)
        with writing(self._engine) as connection:
            if messages:
                fresh = self._insert(MESSAGE).on_conflict_do_nothing()
                connection.execute(fresh, [columns(one) for one in messages])
            connection.execute(moved.values(after_seq=target.after_seq))

    def due(self, target_id: str, now: datetime, *, limit: int) -> Sequence[Message]:
        """Return what is to be posted now, in order of seq."""
        query = (
            select(*(MESSAGE.c[name] for name in names(Message)))
            .where(MESSAGE.c.target_id == target_id, MESSAGE.c.state == "due")
            .where(MESSAGE.c.due_at <= format_instant(now))
            .order_by(MESSAGE.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [read(Message, row) for row in connection.execute(query)]

    def put_message(self, message: Message) -> None:
        """Keep what became of a message."""
        self._put(MESSAGE, message)

    def counts(self, target_id: str) -> dict[str, int]:
        """Count a target's messages by state."""
        query = select(MESSAGE.c.state, func.count()).where(MESSAGE.c.target_id == target_id)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(MESSAGE.c.state))}

    def source(self, source_id: str) -> Source | None:
        """Return a source, or None."""
        return self._one(Source, SOURCE, SOURCE.c.source_id == source_id)

    def sources(self) -> Sequence[Source]:
        """Return every source, the oldest first."""
        return sorted(self._all(Source, SOURCE), key=lambda one: one.created_at)

    def put_source(self, source: Source) -> None:
        """Keep a source, new or changed."""
        self._put(SOURCE, source)

    def seen(self, source_id: str, message_id: str) -> Seen | None:
        """Return a message that was taken, or None."""
        return self._one(Seen, SEEN, SEEN.c.source_id == source_id, SEEN.c.message_id == message_id)

    def put_seen(self, seen: Seen) -> None:
        """Keep that a message was taken."""
        self._put(SEEN, seen)

    def finding(self, handle: str, uid: str) -> Finding | None:
        """Return the incident of a finding, or None."""
        return self._one(Finding, FINDING, FINDING.c.handle == handle, FINDING.c.uid == uid)

    def put_finding(self, finding: Finding) -> None:
        """Keep the incident of a finding."""
        self._put(FINDING, finding)

    def last_seq(self) -> int:
        """Return the last entry of the timeline, -1 before any."""
        with reading(self._engine) as connection:
            found = connection.execute(select(func.max(TIMELINE.c.seq))).scalar_one()
            return -1 if found is None else int(found)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _one(self, kind: type[Row], table: Any, *wanted: Any) -> Row | None:
        found = self._all(kind, table, *wanted)
        return found[0] if found else None

    def _all(self, kind: type[Row], table: Any, *wanted: Any) -> list[Row]:
        query = select(*(table.c[name] for name in names(kind))).where(*wanted)
        with reading(self._engine) as connection:
            return [read(kind, row) for row in connection.execute(query)]

    def _insert(self, table: Any) -> Any:
        return (sqlite if self._engine.dialect.name == "sqlite" else postgresql).insert(table)

    def _put(self, table: Any, row: Any) -> None:
        fresh = self._insert(table).values(columns(row))
        changes = {name: fresh.excluded[name] for name in table.columns.keys()}  # noqa: SIM118
        with writing(self._engine) as connection:
            connection.execute(
                fresh.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes)
            )
