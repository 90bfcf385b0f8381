"""Names and keys from the system's randomness."""

from __future__ import annotations

import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U to be misread
LETTERS = 8
KEY_BYTES = 32


class RandomIds:
    """`ports.Ids`: 40 random bits a name, 256 a key."""

    def new(self, prefix: str) -> str:
        """Return a fresh id such as `INC-7K2M9QXW`."""
        return f"{prefix}-{''.join(secrets.choice(CROCKFORD) for _ in range(LETTERS))}"

    def key(self) -> bytes:
        """Return 32 random bytes."""
        return secrets.token_bytes(KEY_BYTES)
