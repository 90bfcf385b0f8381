"""The tables of those who sign in: accounts, sessions, failed attempts. Nothing of it is in the ledger."""

from __future__ import annotations

from sqlalchemy import Boolean, Index, LargeBinary

from incident.adapters.store.tables import METADATA, NUMBER, TEXT, _Base, _column


class AccountRow(_Base, table=True):
    """The credentials of one handle."""

    __tablename__ = "account"
    handle: str = _column(TEXT, primary_key=True)
    password_hash: str = _column(TEXT)
    totp_sealed: bytes | None = _column(LargeBinary, nullable=True)
    totp_step: int = _column(NUMBER)
    disabled: bool = _column(Boolean)
    changed_at: str = _column(TEXT)


class SessionRow(_Base, table=True):
    """One session: the hash of its token, never the token."""

    __tablename__ = "session"
    __table_args__ = (Index(None, "handle"),)
    token_hash: str = _column(TEXT, primary_key=True)
    handle: str = _column(TEXT)
    started_at: str = _column(TEXT)
    seen_at: str = _column(TEXT)
    ends_at: str = _column(TEXT)
    second_factor: bool = _column(Boolean)


class FailureRow(_Base, table=True):
    """One failed attempt to sign in, under a key that names neither person nor address in clear."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "key", "at"),)
    number: str = _column(TEXT, primary_key=True)
    key: str = _column(TEXT)
    at: str = _column(TEXT)


ACCOUNT, SESSION = METADATA.tables["account"], METADATA.tables["session"]
FAILURE = METADATA.tables["sign_in_failure"]
