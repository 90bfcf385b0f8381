"""The keys under a signed note: Ed25519 signers and verifiers as C2SP signed-note v1 names and writes them.

Other signature types join as another `Verifier` or `Signer`. Where seeds are kept, how keys are rotated and
which keys to trust is left to others.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

ED25519: Final = b"\x01"  # signed-note, Signature types
KEY_ID_BYTES: Final = 4
KEY_BYTES: Final = 32
CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")  # signed-note, Format: below U+0020 only newline

VKEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


class Verifier(Protocol):
    """A known key: a signature under its name and key id must verify."""

    @property
    def name(self) -> str:
        """Give the key's name, for a log its origin."""
        ...

    @property
    def key_id(self) -> bytes:
        """Give the 4 bytes that, with the name, say which key signed."""
        ...

    def verify(self, text: str, signature: bytes) -> bool:
        """Say whether the signature is this key's over the note text."""
        ...


class Signer(Protocol):
    """A key that can sign."""

    @property
    def name(self) -> str:
        """Give the key's name, for a log its origin."""
        ...

    @property
    def key_id(self) -> bytes:
        """Give the 4 bytes that, with the name, say which key signed."""
        ...

    def sign(self, text: str) -> bytes:
        """Sign the note text."""
        ...


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """An Ed25519 public key under a name; 32 bytes."""

    name: str
    public_key: bytes
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise BadInputError("an Ed25519 public key is 32 bytes", field="vkey")
        object.__setattr__(self, "key_id", _key_id(self.name, self.public_key))

    @property
    def vkey(self) -> str:
        """Write the key as `name+hexid+base64`, the form that x/mod and every C2SP tool reads."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str) -> NoteVerifier:
        """Read what `vkey` wrote; another key type or anything misspelled is a BadInputError."""
        found = VKEY.fullmatch(vkey)
        if found is None:
            raise BadInputError("a verifier key is written name+hexid+base64", field="vkey")
        key = from_base64(found[3], "vkey")
        if key[:1] != ED25519:
            raise BadInputError("not an Ed25519 verifier key", field="vkey")
        verifier = cls(found[1], key[1:])
        if verifier.key_id.hex() != found[2]:
            raise BadInputError("the key id is not that of this name and key", field="vkey")
        return verifier

    def verify(self, text: str, signature: bytes) -> bool:
        """Say whether the signature is this key's over the note text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """An Ed25519 private key under a name, from its 32-byte seed (RFC 8032 5.1.5); repr hides the seed."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        require_name(self.name)
        if len(self.seed) != KEY_BYTES:
            raise BadInputError("an Ed25519 seed is 32 bytes", field="seed")

    @property
    def key_id(self) -> bytes:
        """Give the 4 bytes that, with the name, say which key signed."""
        return self.verifier().key_id

    def verifier(self) -> NoteVerifier:
        """Give the public half."""
        key = Ed25519PrivateKey.from_private_bytes(self.seed)
        return NoteVerifier(self.name, key.public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """Sign the note text, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())


class Keys(Protocol):
    """Holds the keys that sign the ledger, outside the database."""

    def origin(self) -> str:
        """Return the name of the log, which its keys sign under."""
        ...

    def signers(self) -> Sequence[NoteSigner]:
        """Return what signs now; SettingsError when nothing can."""
        ...

    def unreadable(self) -> Sequence[str]:
        """Say of each key that should sign and cannot be read what is wrong with it."""
        ...

    def verifiers(self) -> Sequence[NoteVerifier]:
        """Return the public half of every key that ever signed; needs no secret."""
        ...

    def add(self) -> NoteVerifier:
        """Make a further key, which signs beside the present ones from now on."""
        ...

    def retire(self, key_id: str) -> NoteVerifier:
        """Destroy the secret of a key; its public half stays known."""
        ...

    def begin_anew(self, origin: str) -> None:
        """Take a new name for the log, with the keys that are here or a fresh one."""
        ...


def _key_id(name: str, public_key: bytes) -> bytes:
    # signed-note, Signatures: SHA-256(key name || 0x0A || signature type || public key)[:4]
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]


def require_name(name: str) -> None:
    """Refuse what cannot name a key."""
    if not name or "+" in name or any(letter.isspace() for letter in name) or CONTROL.search(name):
        raise BadInputError("a key name is not empty and has no space and no plus", field="name")
    require_unicode(name, "name")


def require_unicode(text: str, where: str) -> None:
    """Refuse text that UTF-8 cannot write."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInputError("text with a lone surrogate", field=where) from error


def to_base64(raw: bytes) -> str:
    """Write bytes in the standard alphabet of RFC 4648 4, padded."""
    return base64.b64encode(raw).decode()


def from_base64(text: str, where: str) -> bytes:
    """Read exactly what `to_base64` writes; anything else is a BadInputError on that field."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInputError("not base64", field=where) from error
    if to_base64(raw) != text:  # RFC 4648 3.5: stray bits in the last letter
        raise BadInputError("not base64", field=where)
    return raw
