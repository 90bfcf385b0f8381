"""Small logs to sign, attack and verify."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from incident.ledger.checkpoint import Checkpoint, NoteSigner, sign_note
from incident.ledger.entry import Draft, decode, encode
from incident.ledger.merkle import leaf_hash, root_of
from incident.ledger.verify import Row

ORIGIN = "example.org/tocsin"
LOG = NoteSigner(ORIGIN, bytes(range(32)))
NEXT = NoteSigner(ORIGIN, bytes(range(1, 33)))
STRANGER = NoteSigner(ORIGIN, bytes(32))
WITNESS = NoteSigner("example.org/witness", bytes(32))
KEYS = [LOG.verifier()]
START = datetime(2026, 3, 10, 5, tzinfo=UTC)
SIGNED_AT = (3, 6, 9)
SIZE = 10


def entry(seq, *, said="so", minutes=None):
    at = START + timedelta(minutes=seq if minutes is None else minutes)
    draft = Draft("inc-1", "facts:amended", at, "mara", False, {"said": said, "place": seq})  # noqa: FBT003
    return encode(draft.at(seq, at))


def row(encoded):
    said = decode(encoded)
    return Row(said.seq, encoded, said.incident, said.kind, leaf_hash(encoded))


def signed(entries, size, *signers):
    root = root_of(leaf_hash(one) for one in entries[:size])
    return sign_note(Checkpoint(ORIGIN, size, root).text(), signers or (LOG,))


def head(entries):
    return len(entries), root_of(leaf_hash(one) for one in entries)


def renumbered(entries):
    return [encode(replace(decode(one), seq=seq)) for seq, one in enumerate(entries)]


def codes(verdict):
    return [one.code for one in verdict.findings]


LINES = [entry(seq) for seq in range(SIZE)]
CHECKPOINTS = [signed(LINES, size) for size in SIGNED_AT]
