"""Signed notes as C2SP signed-note v1 has them: a text and the signatures under it, to the byte.

Which keys to trust, and what the text says, is left to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, TamperError
from incident.ledger.keys import (
    CONTROL,
    KEY_ID_BYTES,
    Signer,
    Verifier,
    from_base64,
    require_name,
    require_unicode,
    to_base64,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

# signed-note, Format asks for a limit and leaves it open; both are those of golang.org/x/mod/sumdb/note
MAX_NOTE_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 100

_DASH: Final = "\N{EM DASH} "


class UnknownKeyError(TamperError):
    """A note that no known key has signed."""


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: who says to have signed, and what stands there."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Write the line as it stands in the note, newline included."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A note whose text may be believed: `verified` is not empty; `unverified` are by keys not known here."""

    text: str
    verified: tuple[NoteSignature, ...]
    unverified: tuple[NoteSignature, ...]


def sign_note(text: str, signers: Iterable[Signer]) -> str:
    """Write a note: the text, a blank line, and a signature line per signer in the order given."""
    _require_text(text)
    signed = [NoteSignature(signer.name, signer.key_id, signer.sign(text)) for signer in signers]
    if not signed:
        raise BadInputError("a note is signed by someone", field="signers")
    if len({(one.name, one.key_id) for one in signed}) != len(signed):
        raise BadInputError("a key signs a note once", field="signers")
    note = text + "\n" + "".join(one.line() for one in signed)
    if len(signed) > MAX_SIGNATURES or len(note.encode()) > MAX_NOTE_BYTES:
        raise BadInputError("more text or signatures than readers accept", field="note")
    return note


def open_note(note: str, verifiers: Iterable[Verifier]) -> SignedNote:
    """Check a note against the known keys and give its text.

    A wrong signature by a known key is a TamperError, no signature by a known key an UnknownKeyError (a
    TamperError too), what is not a note at all a BadInputError. Signatures by other keys are kept unverified.
    """
    known = _by_name_and_id(verifiers)
    text, signatures = _split_note(note)
    verified: list[NoteSignature] = []
    unverified: list[NoteSignature] = []
    for one in dict.fromkeys(signatures):
        verifier = known.get((one.name, one.key_id))
        if verifier is None:
            unverified.append(one)
        elif verifier.verify(text, one.signature):
            verified.append(one)
        else:
            # signed-note, Signatures: reject the whole note if a known key's signature fails
            raise TamperError(
                f"the signature of {one.name} is not over this text",
                evidence={"name": one.name, "key_id": one.key_id.hex(), "text": text},
            )
    if not verified:
        names = [f"{one.name}+{one.key_id.hex()}" for one in unverified]
        raise UnknownKeyError(
            "no known key has signed this note", evidence={"signed_by": names, "text": text}
        )
    return SignedNote(text, tuple(verified), tuple(unverified))


def _by_name_and_id(verifiers: Iterable[Verifier]) -> dict[tuple[str, bytes], Verifier]:
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        other = known.setdefault((verifier.name, verifier.key_id), verifier)
        if other != verifier:
            raise BadInputError("two different keys with the same name and key id", field="verifiers")
    return known


def _split_note(note: str) -> tuple[str, list[NoteSignature]]:
    _require_text(note)
    if len(note.encode()) > MAX_NOTE_BYTES:
        raise BadInputError("longer than 1,000,000 bytes", field="note")
    text, blank, below = note.rpartition("\n\n")  # signed-note, Format: the last empty line
    if not blank or not below:
        raise BadInputError("a note has a text, an empty line and signatures", field="note")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadInputError("more than 100 signatures", field="note")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise BadInputError("a signature line is a dash, a name and base64", field="note")
    require_name(name)
    raw = from_base64(encoded, "note")
    if len(raw) <= KEY_ID_BYTES:
        raise BadInputError("a signature without bytes", field="note")
    return NoteSignature(name, raw[:KEY_ID_BYTES], raw[KEY_ID_BYTES:])


def _require_text(text: str) -> None:
    if not text.endswith("\n") or CONTROL.search(text):
        raise BadInputError("a note ends in a newline and has no other control characters", field="note")
    require_unicode(text, "note")
