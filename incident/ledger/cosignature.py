"""Cosignatures as C2SP tlog-cosignature has them, in the Ed25519 form: a witness says when it saw which tree head.

A cosignature is one more signature line under a checkpoint. What a witness checks before it signs is left to `witness`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from incident.errors import BadInputError
from incident.ledger.keys import (
    KEY_BYTES,
    KEY_ID_BYTES,
    VKEY,
    NoteVerifier,
    Verifier,
    from_base64,
    require_name,
    to_base64,
)

COSIGNATURE: Final = b"\x04"  # signed-note, Signature types
TIMESTAMP_BYTES: Final = 8
MAX_TIMESTAMP: Final = 2**63 - 1
SIGNATURE_BYTES: Final = 64


def cosigned(text: str, timestamp: int) -> bytes:
    """Write what a witness signs: a header, the time in POSIX seconds, the checkpoint's text."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class CosignatureVerifier:
    """A witness's Ed25519 public key under its name; 32 bytes."""

    name: str
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise BadInputError("an Ed25519 public key is 32 bytes", field="vkey")
        named = self.name.encode() + b"\n" + COSIGNATURE + self.public_key
        object.__setattr__(self, "key_id", sha256(named).digest()[:KEY_ID_BYTES])

    @property
    def vkey(self) -> str:
        """Write the key as `name+hexid+base64`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(COSIGNATURE + self.public_key)}"

    def verify(self, text: str, signature: bytes) -> bool:
        """Say whether the signature is this witness's, over the note text at the time it states."""
        stated = timestamp_of(signature)
        if stated is None:
            return False
        try:
            key = Ed25519PublicKey.from_public_bytes(self.public_key)
            key.verify(signature[TIMESTAMP_BYTES:], cosigned(text, stated))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class CosignatureSigner:
    """A witness that signs at one moment, POSIX seconds; repr hides the seed."""

    name: str
    seed: bytes = field(repr=False)
    timestamp: int

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise BadInputError("an Ed25519 seed is 32 bytes", field="seed")
        if not 0 < self.timestamp <= MAX_TIMESTAMP:
            raise BadInputError("a time is a whole number of seconds from 1 to 2**63-1", field="timestamp")

    @property
    def key_id(self) -> bytes:
        """Give the 4 bytes that, with the name, say which key signed."""
        return self.verifier().key_id

    def verifier(self) -> CosignatureVerifier:
        """Give the public half."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return CosignatureVerifier(self.name, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Sign the note text with the time before it: 8 bytes of time, 64 of signature."""
        signed = Ed25519PrivateKey.from_private_bytes(self.seed).sign(cosigned(text, self.timestamp))
        return self.timestamp.to_bytes(TIMESTAMP_BYTES, "big") + signed


def timestamp_of(signature: bytes) -> int | None:
    """Give the time that a cosignature states, POSIX seconds; None when it is not of a cosignature's form."""
    stated = int.from_bytes(signature[:TIMESTAMP_BYTES], "big")
    if len(signature) != TIMESTAMP_BYTES + SIGNATURE_BYTES or stated > MAX_TIMESTAMP:
        return None
    return stated


def parse_vkey(vkey: str) -> Verifier:
    """Read the verifier key of a log or of a witness, by its type; any other type is a BadInputError."""
    found = VKEY.fullmatch(vkey)
    if found is None:
        raise BadInputError("a verifier key is written name+hexid+base64", field="vkey")
    key = from_base64(found[3], "vkey")
    match key[:1]:
        case b"\x01":
            return NoteVerifier.parse(vkey)
        case b"\x04":
            verifier = CosignatureVerifier(found[1], key[1:])
        case _:
            raise BadInputError("a verifier key of a type that is not known here", field="vkey")
    if verifier.key_id.hex() != found[2]:
        raise BadInputError("the key id is not that of this name and key", field="vkey")
    return verifier
