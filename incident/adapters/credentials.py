"""Passwords by argon2id and codes by TOTP (RFC 6238); the secret of the codes is sealed with a key in a file."""

from __future__ import annotations

import hmac
import os
from datetime import datetime
from pathlib import Path

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken

from incident.errors import SettingsError

PERIOD_SECONDS = 30
STEPS_EITHER_SIDE = 1
"""A code of the step before or after counts too: clocks differ (RFC 6238, 5.2)."""
DIGITS = 6


class ArgonPasswords:
    """argon2id with the parameters of RFC 9106, section 4, second recommended option."""

    def __init__(self, *, memory_kib: int = 65536, passes: int = 3, lanes: int = 4) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)

    def hash(self, password: str) -> str:
        """Return the hash with its own salt and parameters."""
        return self._hasher.hash(password)

    def matches(self, password_hash: str, password: str) -> bool:
        """Whether this is the password."""
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, password_hash: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)


class SealedCodes:
    """Codes whose secrets are sealed with a key of its own file, mode 0600, made at first use."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    def new(self) -> bytes:
        """Return a fresh sealed secret of 160 bits."""
        return self._box(make=True).encrypt(pyotp.random_base32().encode())

    def address(self, sealed: bytes, *, handle: str, issuer: str) -> str:
        """Return the otpauth address that an authenticator app reads."""
        return pyotp.TOTP(self._open(sealed)).provisioning_uri(name=handle, issuer_name=issuer)

    def step(self, sealed: bytes, code: str, *, now: datetime) -> int | None:
        """Return the time step that the code belongs to, or None when it is wrong now."""
        if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
            return None
        present = int(now.timestamp()) // PERIOD_SECONDS
        codes = pyotp.TOTP(self._open(sealed))
        found = None
        for step in range(present - STEPS_EITHER_SIDE, present + STEPS_EITHER_SIDE + 1):
            if hmac.compare_digest(codes.generate_otp(step), code):
                found = step
        return found

    def _open(self, sealed: bytes) -> str:
        try:
            return self._box(make=False).decrypt(bytes(sealed)).decode()
        except InvalidToken:
            raise SettingsError(
                f"{self._key_file.name} is not the key these second factors were sealed with"
            ) from None

    def _box(self, *, make: bool) -> Fernet:
        if make and not self._key_file.exists():
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(Fernet.generate_key())
        if not self._key_file.is_file():
            raise SettingsError(
                f"{self._key_file.name} is missing; restore it, or enrol every second factor anew"
            )
        return Fernet(self._key_file.read_bytes())
