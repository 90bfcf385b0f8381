"""Names and keys that come in order, so that a test can say them beforehand; mirrors `ports.Ids`."""

from __future__ import annotations

import hashlib

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class FakeIds:
    """`INC-00000001`, `INC-00000002`, ... with one count for all prefixes; keys follow their own count."""

    def __init__(self) -> None:
        self._names = 0
        self._keys = 0

    def new(self, prefix: str) -> str:
        self._names += 1
        rest, letters = self._names, ""
        while rest:
            rest, digit = divmod(rest, len(DIGITS))
            letters = DIGITS[digit] + letters
        return f"{prefix}-{letters:0>8}"

    def key(self) -> bytes:
        self._keys += 1
        return hashlib.sha256(b"fake key %d" % self._keys).digest()
