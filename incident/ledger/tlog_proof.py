"""Proof files as C2SP tlog-proof v1 has them: a leaf's inclusion with the checkpoint that it ends in, checked offline.

What the leaf says, and which keys and how many witnesses suffice, is left to the reader.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import Checkpoint, parse_checkpoint
from incident.ledger.keys import from_base64, to_base64
from incident.ledger.merkle import HASH_BYTES, MAX_SIZE, verify_inclusion
from incident.ledger.note import open_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incident.ledger.keys import Verifier

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_HASHES: Final = 63

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class TlogProof:
    """The proof that leaf `index` is under a signed checkpoint; `extra` is opaque and proves nothing."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE:
            raise BadInputError("an index is a whole number from 0 to 2**63-1", field="index")
        if len(self.hashes) > MAX_HASHES or any(len(one) != HASH_BYTES for one in self.hashes):
            raise BadInputError("a proof is at most 63 hashes of 32 bytes", field="proof")

    def text(self) -> str:
        """Write the proof file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *map(to_base64, self.hashes), ""]
        return "".join(f"{line}\n" for line in lines) + self.checkpoint


def parse_tlog_proof(text: str) -> TlogProof:
    """Read a proof file, to the byte; anything else is a BadInputError."""
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != HEADER:
        raise BadInputError(f"a proof begins with {HEADER} and has an empty line", field="proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = from_base64(lines.pop(0).removeprefix("extra "), "extra")
    found = _INDEX.fullmatch(lines.pop(0)) if lines else None
    if found is None:
        raise BadInputError("a proof says which index it is about", field="index")
    return TlogProof(int(found[1]), tuple(from_base64(line, "proof") for line in lines), checkpoint, extra)


def verify_tlog_proof(
    proof: TlogProof,
    leaf: bytes,
    logs: Iterable[Verifier],
    *,
    witnesses: Sequence[Verifier] = (),
    quorum: int = 0,
    origin: str | None = None,
) -> Checkpoint:
    """Check a proof of a leaf hash and give the checkpoint it stands under; TamperError or BadInputError otherwise.

    The checkpoint is to be signed by a key among `logs`, to be of the log `origin` (without it: of the log that the key
    is named after), and to be cosigned by at least `quorum` different witnesses.
    """
    trusted = tuple(logs)
    opened = open_note(proof.checkpoint, (*trusted, *witnesses))
    checkpoint = parse_checkpoint(opened.text)
    ids = {(one.name, one.key_id) for one in opened.verified}
    own = {one.name for one in trusted if (one.name, one.key_id) in ids}
    if not own or checkpoint.origin not in (own if origin is None else {origin}):
        raise TamperError(
            "the checkpoint is not signed by this log's key", evidence={"origin": checkpoint.origin}
        )
    seen = {one.name for one in witnesses if (one.name, one.key_id) in ids}
    if len(seen) < quorum:
        raise TamperError(
            f"{len(seen)} known witnesses have cosigned, {quorum} are asked for", evidence={"witnesses": seen}
        )
    verify_inclusion(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint
