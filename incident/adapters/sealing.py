"""Secrets that are needed again, sealed with a key of its own file, mode 0600, made at first use."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from incident.errors import SettingsError


class FileSeals:
    """`core.integrations.Seals` with a key in a file."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    def seal(self, secret: bytes) -> bytes:
        """Seal a secret."""
        if not self._key_file.exists():
            self._key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(Fernet.generate_key())
        return Fernet(self._key_file.read_bytes()).encrypt(secret)

    def open(self, sealed: bytes) -> bytes:
        """Return a sealed secret; SettingsError when the key is gone or another."""
        if not self._key_file.is_file():
            raise SettingsError(f"{self._key_file.name} is missing; restore it, or make every webhook anew")
        try:
            return Fernet(self._key_file.read_bytes()).decrypt(bytes(sealed))
        except InvalidToken:
            raise SettingsError(f"{self._key_file.name} is not the key these were sealed with") from None
