"""Checkpoints as C2SP tlog-checkpoint v1 has them: which log, how many entries, which root.

The signatures under a checkpoint are a signed note's, whose names are here too. When to sign one, where
copies are kept and whether it agrees with the entries is left to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from incident.errors import BadInputError
from incident.ledger.keys import NoteSigner, NoteVerifier, Signer, Verifier, from_base64, to_base64
from incident.ledger.merkle import HASH_BYTES, MAX_SIZE
from incident.ledger.note import NoteSignature, SignedNote, UnknownKeyError, open_note, sign_note

__all__ = [
    "Checkpoint",
    "NoteSignature",
    "NoteSigner",
    "NoteVerifier",
    "SignedNote",
    "Signer",
    "UnknownKeyError",
    "Verifier",
    "checkpoint_of",
    "open_note",
    "parse_checkpoint",
    "sign_note",
]

HEAD_LINES: Final = 3

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")  # tlog-checkpoint, Note text 2: no leading zeroes
_BREAKS = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its number of entries and the 32-byte root over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(not line or _BREAKS.search(line) for line in (self.origin, *self.extensions)):
            raise BadInputError("origin and extensions are lines that are not empty", field="origin")
        if not 0 <= self.size <= MAX_SIZE:
            raise BadInputError("a tree size is a whole number from 0 to 2**63-1", field="size")
        if len(self.root) != HASH_BYTES:
            raise BadInputError("a root is 32 bytes", field="root")

    def text(self) -> str:
        """Write the note text that is signed."""
        lines = (self.origin, str(self.size), to_base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a checkpoint's note, to the byte; anything else is a BadInputError."""
    lines = text.split("\n")
    if len(lines) <= HEAD_LINES or lines.pop() or _SIZE.fullmatch(lines[1]) is None:
        raise BadInputError("a checkpoint is lines of origin, size and root", field="checkpoint")
    root = from_base64(lines[2], "root")
    return Checkpoint(lines[0], int(lines[1]), root, tuple(lines[HEAD_LINES:]))


def checkpoint_of(note: str) -> Checkpoint:
    """Read the checkpoint in a note whose signatures were checked before, or are not to be relied on."""
    return parse_checkpoint(note.rpartition("\n\n")[0] + "\n")
