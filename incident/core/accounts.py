"""Those who sign in: an account's credentials, a session, and what is kept of both.

Roles are not here: they stand in the settings, by handle. Secrets are never shown, not even in a traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

IDLE = timedelta(minutes=30)
"""A session that nobody used for so long is over (OWASP ASVS 5.0, 7.3.1)."""
LONGEST = timedelta(hours=12)
"""A session is over then, used or not (7.3.2)."""
HALF_WAY = timedelta(minutes=5)
"""So long somebody has to enter the second factor after the password."""


@dataclass(frozen=True, slots=True)
class Account:
    """The credentials of one handle; without `totp_sealed` nobody can sign in with it."""

    handle: str
    password_hash: str = field(repr=False)
    totp_sealed: bytes | None = field(repr=False)
    totp_step: int
    disabled: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """One session; the token itself is known only to the browser."""

    token_hash: str = field(repr=False)
    handle: str
    started_at: datetime
    seen_at: datetime
    ends_at: datetime
    second_factor: bool

    def over(self, now: datetime) -> bool:
        """Whether it has ended by its age or by lying idle."""
        return now >= self.ends_at or now - self.seen_at >= IDLE


class Accounts(Protocol):
    """Where accounts and sessions are kept."""

    def account(self, handle: str) -> Account | None: ...
    def accounts(self) -> Sequence[Account]: ...
    def put_account(self, account: Account) -> None: ...
    def use_step(self, handle: str, step: int) -> bool:
        """Mark a code's time step as used; False when it, or a later one, was used before."""
        ...

    def session(self, token_hash: str) -> Session | None: ...
    def sessions(self, handle: str | None = None) -> Sequence[Session]: ...
    def put_session(self, session: Session) -> None: ...
    def end_session(self, token_hash: str) -> None: ...
    def end_sessions(self, handle: str) -> int: ...
    def add_failure(self, number: str, keys: Sequence[str], at: datetime) -> None: ...
    def drop_failure(self, number: str) -> None:
        """Take back an attempt that turned out to be right."""
        ...

    def failures(self, key: str, *, since: datetime) -> int: ...
    def forget(self, before: datetime) -> None:
        """Drop failures and sessions that ended before then."""
        ...


class Passwords(Protocol):
    """Hashes passwords slowly."""

    def hash(self, password: str) -> str: ...
    def matches(self, password_hash: str, password: str) -> bool: ...
    def outdated(self, password_hash: str) -> bool: ...


class Codes(Protocol):
    """Time-based codes of a second factor; the secret is sealed wherever it is kept."""

    def new(self) -> bytes:
        """Return a fresh sealed secret."""
        ...

    def address(self, sealed: bytes, *, handle: str, issuer: str) -> str:
        """Return the otpauth address that an authenticator app reads."""
        ...

    def step(self, sealed: bytes, code: str, *, now: datetime) -> int | None:
        """Return the time step that the code belongs to, or None when it is wrong now."""
        ...
