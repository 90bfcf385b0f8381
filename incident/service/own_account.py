"""Change one's own password or second factor: with the present ones, which are counted like any attempt to sign in."""

from __future__ import annotations

from dataclasses import replace

from incident.core.accounts import LONGEST, Account
from incident.errors import BadInputError, NotFoundError
from incident.service.signing_in import WRONG, Desk, SignInError, attempt, start, strong, takes_code


def change_password(desk: Desk, handle: str, *, old: str, code: str, new: str, address: str) -> str:
    """Set one's password; every session ends, and the token of a new one is returned."""
    hashed = desk.passwords.hash(strong(desk, new, handle))
    account = _proven(desk, handle, old, code, address)
    desk.accounts.put_account(replace(account, password_hash=hashed, changed_at=desk.now()))
    return _begin_anew(desk, handle)


def change_factor(
    desk: Desk, handle: str, *, old: str, code: str, sealed: bytes, fresh_code: str, address: str
) -> str:
    """Take a new second factor that shows its first code; every session ends, a new one begins."""
    step = desk.codes.step(sealed, fresh_code.strip().replace(" ", ""), now=desk.now())
    if step is None:
        raise BadInputError("is not the code that the new entry shows now", field="fresh_code")
    account = _proven(desk, handle, old, code, address)
    fresh = replace(account, totp_sealed=sealed, totp_step=step, changed_at=desk.now())
    desk.accounts.put_account(fresh)
    return _begin_anew(desk, handle)


def _proven(desk: Desk, handle: str, password: str, code: str, address: str) -> Account:
    """Return the account whose password and code these are; SignInError does not say which is wrong."""
    with attempt(desk, handle, address):
        account = desk.accounts.account(handle)
        right = account is not None and desk.passwords.matches(account.password_hash, password)
        if not right or not takes_code(desk, account, code):
            raise SignInError(WRONG)
    found = desk.accounts.account(handle)
    if found is None:
        raise NotFoundError(f"{handle} has no account")
    return found


def _begin_anew(desk: Desk, handle: str) -> str:
    desk.accounts.end_sessions(handle)
    return start(desk, handle, second_factor=True, lasts=LONGEST)
