"""Sign somebody in whom a provider vouches for: the same sessions, the same roles, and nothing granted."""

from __future__ import annotations

import secrets

from incident.core.accounts import HALF_WAY, LONGEST, Account, Session
from incident.service.signing_in import Desk, SignInError, token_hash


def enter(desk: Desk, handle: str, *, vouched: bool) -> str:
    """Return the token of a session: whole when the second factor is vouched for, else one that waits for the code.

    Somebody without an account gets one that no password opens. SignInError when it is shut, or has no second factor.
    """
    now = desk.now()
    account = desk.accounts.account(handle)
    if account is None and vouched:
        account = Account(handle, desk.decoy, totp_sealed=None, totp_step=-1, disabled=False, changed_at=now)
        desk.accounts.put_account(account)
    if account is None or account.disabled or (account.totp_sealed is None and not vouched):
        raise SignInError("the account is not ready")
    token = secrets.token_urlsafe(32)
    ends = now + (LONGEST if vouched else HALF_WAY)
    desk.accounts.put_session(Session(token_hash(token), handle, now, now, ends, second_factor=vouched))
    return token
