"""The tables of programs that use Tocsin. Nothing of it is in the ledger; tokens are hashes, secrets are sealed."""

from __future__ import annotations

from sqlalchemy import Index, Integer, LargeBinary

from incident.adapters.store.tables import METADATA, NUMBER, TEXT, _Base, _column


class TokenRow(_Base, table=True):
    """One token of a program."""

    __tablename__ = "api_token"
    __table_args__ = (Index(None, "token_hash", unique=True),)
    token_id: str = _column(TEXT, primary_key=True)
    name: str = _column(TEXT)
    handle: str = _column(TEXT)
    token_hash: str = _column(TEXT)
    scopes: str = _column(TEXT)
    created_at: str = _column(TEXT)
    expires_at: str = _column(TEXT)
    ended_at: str | None = _column(TEXT, nullable=True)
    seen_at: str | None = _column(TEXT, nullable=True)


class AnswerRow(_Base, table=True):
    """What was answered under an idempotency key."""

    __tablename__ = "api_answer"
    token_id: str = _column(TEXT, primary_key=True)
    key: str = _column(TEXT, primary_key=True)
    request_sha256: str = _column(TEXT)
    incident_id: str = _column(TEXT)
    at: str = _column(TEXT)
    status: int | None = _column(Integer, nullable=True)
    body: str | None = _column(TEXT, nullable=True)


class TargetRow(_Base, table=True):
    """Where news is posted."""

    __tablename__ = "webhook_target"
    target_id: str = _column(TEXT, primary_key=True)
    handle: str = _column(TEXT)
    url: str = _column(TEXT)
    secret_sealed: bytes = _column(LargeBinary)
    after_seq: int = _column(NUMBER)
    created_at: str = _column(TEXT)
    ended_at: str | None = _column(TEXT, nullable=True)


class MessageRow(_Base, table=True):
    """One piece of news for one target."""

    __tablename__ = "webhook_message"
    __table_args__ = (Index(None, "target_id", "state", "due_at"),)
    target_id: str = _column(TEXT, primary_key=True)
    seq: int = _column(NUMBER, primary_key=True)
    body: str = _column(TEXT)
    state: str = _column(TEXT)
    attempts: int = _column(Integer)
    due_at: str = _column(TEXT)
    outcome: str | None = _column(TEXT, nullable=True)


class SourceRow(_Base, table=True):
    """A system that posts findings."""

    __tablename__ = "webhook_source"
    source_id: str = _column(TEXT, primary_key=True)
    handle: str = _column(TEXT)
    secret_sealed: bytes = _column(LargeBinary)
    created_at: str = _column(TEXT)
    ended_at: str | None = _column(TEXT, nullable=True)


class SeenRow(_Base, table=True):
    """A message of a source that was taken."""

    __tablename__ = "webhook_seen"
    source_id: str = _column(TEXT, primary_key=True)
    message_id: str = _column(TEXT, primary_key=True)
    body_sha256: str = _column(TEXT)
    incident_id: str = _column(TEXT)
    at: str = _column(TEXT)


class FindingRow(_Base, table=True):
    """A finding of another tool, and its incident."""

    __tablename__ = "reported_finding"
    handle: str = _column(TEXT, primary_key=True)
    uid: str = _column(TEXT, primary_key=True)
    incident_id: str = _column(TEXT)
    last_at: str = _column(TEXT)


TOKEN, ANSWER = METADATA.tables["api_token"], METADATA.tables["api_answer"]
TARGET, MESSAGE = METADATA.tables["webhook_target"], METADATA.tables["webhook_message"]
SOURCE, SEEN = METADATA.tables["webhook_source"], METADATA.tables["webhook_seen"]
FINDING = METADATA.tables["reported_finding"]
