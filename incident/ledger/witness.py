"""The witness protocol, C2SP tlog-witness: what is asked of a witness, what it checks, and what comes back.

The bytes and the judgement only; HTTP, storage and clocks are left to others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import Checkpoint, parse_checkpoint
from incident.ledger.keys import from_base64, to_base64
from incident.ledger.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from incident.ledger.note import UnknownKeyError, open_note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incident.ledger.keys import Verifier

ADD_CHECKPOINT: Final = "add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
MAX_PROOF_LINES: Final = 63
OK, BAD, FORBIDDEN, UNKNOWN_LOG, CONFLICT, INCONSISTENT = 200, 400, 403, 404, 409, 422

_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign: the size that the witness knows, the proof from there, the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def text(self) -> str:
        """Write the request body."""
        lines = (f"old {self.old}", *map(to_base64, self.proof), "")
        return "".join(f"{line}\n" for line in lines) + self.checkpoint


def parse_add_checkpoint(text: str) -> AddCheckpoint:
    """Read a request body, to the byte; anything else is a BadInputError."""
    head, blank, checkpoint = text.partition("\n\n")
    first, *proof = head.split("\n")
    found = _OLD.fullmatch(first)
    if not blank or found is None or len(proof) > MAX_PROOF_LINES:
        raise BadInputError("a request is an old size, at most 63 hashes, an empty line and a checkpoint")
    hashes = tuple(from_base64(line, "proof") for line in proof)
    if any(len(one) != HASH_BYTES for one in hashes):
        raise BadInputError("a hash is 32 bytes", field="proof")
    return AddCheckpoint(int(found[1]), hashes, checkpoint)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a witness answers: the HTTP status; the checkpoint to cosign and remember where it is 200."""

    status: int
    checkpoint: Checkpoint | None = None
    known_size: int = 0


def judge(
    request: AddCheckpoint, verifiers: Sequence[Verifier], *, known: tuple[int, bytes] | None
) -> Judgement:
    """Judge a request for a log of these keys, of which the witness cosigned `known` (size, root) last."""
    try:
        opened = open_note(request.checkpoint, verifiers)
        checkpoint = parse_checkpoint(opened.text)
    except UnknownKeyError:
        return Judgement(FORBIDDEN)
    except TamperError:  # a known key's signature that is not over this text
        return Judgement(FORBIDDEN)
    except BadInputError:
        return Judgement(BAD)
    if checkpoint.origin not in {one.name for one in verifiers}:
        return Judgement(UNKNOWN_LOG)
    size, root = known or (0, EMPTY_ROOT)
    if request.old > checkpoint.size:
        return Judgement(BAD)
    if request.old != size:
        return Judgement(CONFLICT, known_size=size)
    try:
        verify_consistency(size, root, checkpoint.size, checkpoint.root, request.proof)
    except TamperError:
        return Judgement(INCONSISTENT)
    return Judgement(OK, checkpoint)


def cosignature_lines(answer: str, checkpoint: str, witnesses: Sequence[Verifier]) -> tuple[str, ...]:
    """Give the lines of a witness's answer that known witnesses really signed; others are ignored.

    A wrong signature under a known key is a TamperError, an answer without any known one an UnknownKeyError.
    """
    text, _, _ = checkpoint.rpartition("\n\n")
    opened = open_note(f"{text}\n\n{answer}", witnesses)
    return tuple(one.line() for one in opened.verified)


def with_cosignatures(checkpoint: str, lines: Sequence[str]) -> str:
    """Give the checkpoint with signature lines added, each once."""
    return checkpoint + "".join(line for line in dict.fromkeys(lines) if line not in checkpoint)
