"""Tokens of programs: made once, shown once, kept as a hash, for a time and for named purposes."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incident.core.integrations import Integrations, Post, Scope, Seals, Token
from incident.errors import BadInputError, NotFoundError
from incident.service.signing_in import token_hash

PREFIX = "tocsin_"
LONGEST_DAYS = 366
LONGEST_NAME = 60
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Machines:
    """What programs need of the world; the machine's own clock counts, in a drill too."""

    store: Integrations
    seals: Seals
    post: Post
    now: Callable[[], datetime]


def issue(
    machines: Machines, handle: str, *, name: str, scopes: Collection[str], days: int
) -> tuple[Token, str]:
    """Make a token for a handle and return it with the key, which nobody can show again."""
    if not scopes:
        raise BadInputError(f"say what it is for: {', '.join(Scope)}", field="scope")
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInputError(f"is 1 to {LONGEST_DAYS} days", field="days")
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise BadInputError(f"is a few words, {LONGEST_NAME} signs at most", field="name")
    now, key = machines.now(), PREFIX + secrets.token_urlsafe(32)
    token = Token(
        token_id=f"TOK-{secrets.token_hex(4).upper()}",
        name=name.strip(),
        handle=handle,
        token_hash=token_hash(key),
        scopes=tuple(sorted({Scope(one).value for one in scopes})),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    machines.store.put_token(token)
    return token, key


def token_of(machines: Machines, key: str) -> Token | None:
    """Return the token of a key while it holds; marks it as seen."""
    if not key.startswith(PREFIX) or len(key) > 2 * len(PREFIX) + 64 or not key.isascii():
        return None
    now, found = machines.now(), machines.store.token(token_hash(key))
    if found is None or not found.holds(now):
        return None
    if found.seen_at is None or now - found.seen_at >= SEEN_EVERY:
        found = replace(found, seen_at=now)
        machines.store.put_token(found)
    return found


def end(machines: Machines, token_id: str) -> Token:
    """End a token at once."""
    for token in machines.store.tokens():
        if token.token_id == token_id:
            ended = token if token.ended_at else replace(token, ended_at=machines.now())
            machines.store.put_token(ended)
            return ended
    raise NotFoundError(f"there is no token {token_id}")
