"""Programs that use Tocsin: their tokens, what was answered to them, whom we tell, and who tells us.

Secrets are kept as hashes, or sealed where they are needed again. Nothing here knows a person but a handle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Scope(StrEnum):
    """What a token may be used for; roles and need-to-know of its handle hold as well."""

    READ = "read"
    OPEN = "open"
    AMEND = "amend"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Token:
    """A key of a program that acts under a handle; the key itself is shown once and kept as its hash."""

    token_id: str
    name: str
    handle: str
    token_hash: str = field(repr=False)
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    seen_at: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it may still be used."""
        return self.ended_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a request with an idempotency key; without `status` the request is under way."""

    token_id: str
    key: str
    request_sha256: str
    incident_id: str
    at: datetime
    status: int | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where news of incidents is posted, for somebody who may see them; `after_seq` is the last entry looked at."""

    target_id: str
    handle: str
    url: str
    secret_sealed: bytes = field(repr=False)
    after_seq: int
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One piece of news for one target: `due`, `sent` or `given_up`."""

    target_id: str
    seq: int
    body: str
    state: str
    attempts: int
    due_at: datetime
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A system that posts findings to us and signs them."""

    source_id: str
    handle: str
    secret_sealed: bytes = field(repr=False)
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of a source that was taken, so that it is not taken twice."""

    source_id: str
    message_id: str
    body_sha256: str
    incident_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of another tool, and the incident that it became; `last_at` is the newest version that was taken."""

    handle: str
    uid: str
    incident_id: str
    last_at: datetime


@dataclass(frozen=True, slots=True)
class News:
    """An entry, as far as other systems are told of it."""

    incident_id: str
    seq: int
    kind: str
    recorded_at: datetime


class Integrations(Protocol):
    """Where all of it is kept."""

    def token(self, token_hash: str) -> Token | None: ...
    def tokens(self) -> Sequence[Token]: ...
    def put_token(self, token: Token) -> None: ...
    def reserve(self, answer: Answer) -> Answer | None:
        """Keep a request that begins; the one that is there already when its key is known."""
        ...

    def put_answer(self, answer: Answer) -> None: ...
    def targets(self) -> Sequence[Target]: ...
    def put_target(self, target: Target) -> None: ...
    def news(self, after: int, *, limit: int) -> Sequence[News]: ...
    def queue(self, target: Target, messages: Sequence[Message]) -> None:
        """Keep messages and move the target's mark, together or not at all."""
        ...

    def due(self, target_id: str, now: datetime, *, limit: int) -> Sequence[Message]: ...
    def put_message(self, message: Message) -> None: ...
    def counts(self, target_id: str) -> dict[str, int]: ...
    def source(self, source_id: str) -> Source | None: ...
    def sources(self) -> Sequence[Source]: ...
    def put_source(self, source: Source) -> None: ...
    def seen(self, source_id: str, message_id: str) -> Seen | None: ...
    def put_seen(self, seen: Seen) -> None: ...
    def finding(self, handle: str, uid: str) -> Finding | None: ...
    def put_finding(self, finding: Finding) -> None: ...
    def last_seq(self) -> int: ...


class Seals(Protocol):
    """Seals secrets that are needed again."""

    def seal(self, secret: bytes) -> bytes: ...
    def open(self, sealed: bytes) -> bytes: ...


class Post(Protocol):
    """Posts a body somewhere; returns the status, or says in a word why there is none."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int | str: ...
