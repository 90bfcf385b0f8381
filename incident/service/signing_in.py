"""Sign people in: a password, then a code; sessions that run out, rotate and can be ended.

What is refused is refused in the same words and after the same work, whoever the handle belongs to. The machine's own
clock counts here, in a drill too.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from incident.core.accounts import HALF_WAY, LONGEST, Account, Accounts, Codes, Passwords, Session
from incident.core.guessing import easily_guessed
from incident.errors import BadInputError, NotFoundError, RefusedError

WINDOW = timedelta(minutes=15)
FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS = 5
FAILURES_OF_A_HANDLE = 30
FAILURES_FROM_AN_ADDRESS = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 128
WRONG = "handle, password or code is wrong, or the account is not ready"
SEEN_EVERY = timedelta(seconds=60)
KEPT_AFTER_THE_END = timedelta(days=1)


class SignInError(RefusedError):
    """Handle, password or code is wrong; it does not say which."""


class TooManyError(RefusedError):
    """Too many failed attempts; says when to try again."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What signing in needs of the world."""

    accounts: Accounts
    passwords: Passwords
    codes: Codes
    now: Callable[[], datetime]
    pepper: bytes = field(repr=False)
    decoy: str = field(repr=False)
    """A hash that no password matches: a stranger's handle costs as much time as a known one."""
    words: Callable[[str], Sequence[str]] = lambda _handle: ()
    """Names of a person, the company and its product, which make a password easy to guess."""


def token_hash(token: str) -> str:
    """Return what is kept of a token; sha256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def sign_in(desk: Desk, handle: str, password: str, *, address: str) -> str:
    """Check the password and return the token of a session that waits for the code."""
    with attempt(desk, handle, address):
        account = desk.accounts.account(handle)
        known = account is not None and not account.disabled and account.totp_sealed is not None
        right = desk.passwords.matches(account.password_hash if account else desk.decoy, _bounded(password))
        if account is None or not known or not right:
            raise SignInError(WRONG)
    if desk.passwords.outdated(account.password_hash):
        desk.accounts.put_account(replace(account, password_hash=desk.passwords.hash(password)))
    return start(desk, handle, second_factor=False, lasts=HALF_WAY)


def second_factor(desk: Desk, token: str, code: str, *, address: str) -> str:
    """Check the code and return the token of a new session; the one before ends."""
    now = desk.now()
    waiting = desk.accounts.session(token_hash(token))
    if waiting is None or waiting.second_factor or waiting.over(now):
        raise SignInError("this sign-in took too long; start again")
    with attempt(desk, waiting.handle, address):
        if not takes_code(desk, desk.accounts.account(waiting.handle), code):
            raise SignInError(WRONG)
    desk.accounts.end_session(waiting.token_hash)
    desk.accounts.forget(now - KEPT_AFTER_THE_END)
    return start(desk, waiting.handle, second_factor=True, lasts=LONGEST)


def takes_code(desk: Desk, account: Account | None, code: str) -> bool:
    """Whether a code is right now, and was not used before; it is used from here on."""
    if account is None or account.totp_sealed is None or account.disabled:
        return False
    step = desk.codes.step(account.totp_sealed, code.strip().replace(" ", ""), now=desk.now())
    return step is not None and desk.accounts.use_step(account.handle, step)


@contextmanager
def attempt(desk: Desk, handle: str, address: str) -> Iterator[None]:
    """Count an attempt before anything is compared, so that many at once are no way around the limits.

    One that raises nothing was right, and is taken back. Raises TooManyError.
    """
    now, number = desk.now(), secrets.token_hex(8)
    limits = {
        _key(desk, "pair", handle, address): FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS,
        _key(desk, "handle", handle): FAILURES_OF_A_HANDLE,
        _key(desk, "address", address): FAILURES_FROM_AN_ADDRESS,
    }
    desk.accounts.add_failure(number, tuple(limits), now)
    if any(desk.accounts.failures(k, since=now - WINDOW) > most for k, most in limits.items()):
        desk.accounts.drop_failure(number)
        raise TooManyError(f"too many attempts; try again in {WINDOW.seconds // 60} minutes")
    yield
    desk.accounts.drop_failure(number)


def session_of(desk: Desk, token: str, *, seen: bool = True) -> Session | None:
    """Return the session of a token, if it lasts still and its account may sign in; marks it as seen.

    A page that asks anew by itself does not keep its session alive: then `seen` is False.
    """
    now = desk.now()
    found = desk.accounts.session(token_hash(token))
    if found is None:
        return None
    account = desk.accounts.account(found.handle)
    if found.over(now) or account is None or account.disabled:
        desk.accounts.end_session(found.token_hash)
        return None
    if seen and now - found.seen_at >= SEEN_EVERY:
        found = replace(found, seen_at=now)
        desk.accounts.put_session(found)
    return found


def sign_out(desk: Desk, token: str) -> None:
    """End the session of a token."""
    desk.accounts.end_session(token_hash(token))


def add_account(desk: Desk, handle: str, password: str) -> Account:
    """Make the account of a handle; it can sign in when a second factor is enrolled too."""
    if desk.accounts.account(handle) is not None:
        raise RefusedError(f"{handle} has an account already; `tocsin user passwd` sets its password")
    hashed = desk.passwords.hash(strong(desk, password, handle))
    fresh = Account(handle, hashed, totp_sealed=None, totp_step=-1, disabled=False, changed_at=desk.now())
    desk.accounts.put_account(fresh)
    return fresh


def set_password(desk: Desk, handle: str, password: str) -> int:
    """Set the password anew; every session ends. Returns how many did."""
    account = account_of(desk, handle)
    hashed = desk.passwords.hash(strong(desk, password, handle))
    desk.accounts.put_account(replace(account, password_hash=hashed, changed_at=desk.now()))
    return desk.accounts.end_sessions(handle)


def enrol(desk: Desk, handle: str, *, issuer: str) -> str:
    """Make a new second factor and return the address for an authenticator; the old one ends, sessions too."""
    account = account_of(desk, handle)
    sealed = desk.codes.new()
    desk.accounts.put_account(replace(account, totp_sealed=sealed, totp_step=-1, changed_at=desk.now()))
    desk.accounts.end_sessions(handle)
    return desk.codes.address(sealed, handle=handle, issuer=issuer)


def set_disabled(desk: Desk, handle: str, *, disabled: bool) -> int:
    """Shut an account, or open it again; returns how many sessions ended."""
    account = account_of(desk, handle)
    desk.accounts.put_account(replace(account, disabled=disabled, changed_at=desk.now()))
    return desk.accounts.end_sessions(handle)


def account_of(desk: Desk, handle: str) -> Account:
    """Return the account; NotFoundError when there is none."""
    account = desk.accounts.account(handle)
    if account is None:
        raise NotFoundError(f"{handle} has no account; `tocsin user add {handle}` makes one")
    return account


def start(desk: Desk, handle: str, *, second_factor: bool, lasts: timedelta) -> str:
    """Begin a session and return its token."""
    token, now = secrets.token_urlsafe(32), desk.now()
    desk.accounts.put_session(Session(token_hash(token), handle, now, now, now + lasts, second_factor))
    return token


def _key(desk: Desk, *parts: str) -> str:
    return hashlib.blake2b("\0".join(parts).encode(), key=desk.pepper, digest_size=16).hexdigest()


def _bounded(password: str) -> str:
    return password[: LONGEST_PASSWORD + 1]


def strong(desk: Desk, password: str, handle: str) -> str:
    """Return a password that nobody guesses soon; BadInputError for others."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadInputError(f"has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters", field="password")
    if handle in password.lower() or easily_guessed(password, (handle, *desk.words(handle))):
        raise BadInputError("is too easy to guess; take several words", field="password")
    return password
