"""Proof files and cosignatures: the specification's own bytes, a round trip, and every mutation refused."""

from __future__ import annotations

import base64

import pytest

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import Checkpoint, NoteVerifier, open_note, sign_note
from incident.ledger.cosignature import (
    CosignatureSigner,
    CosignatureVerifier,
    cosigned,
    parse_vkey,
    timestamp_of,
)
from incident.ledger.keys import from_base64
from incident.ledger.merkle import leaf_hash, root_of
from incident.ledger.note import UnknownKeyError
from incident.ledger.proving import LeafHashes, consistency_proof, inclusion_proof
from incident.ledger.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof
from incident.ledger.witness import (
    AddCheckpoint,
    cosignature_lines,
    judge,
    parse_add_checkpoint,
    with_cosignatures,
)

from .logs import KEYS, LINES, LOG, ORIGIN, SIZE, STRANGER, signed

LEAVES = [leaf_hash(line) for line in LINES]
SAW = CosignatureSigner("example.org/witness", bytes(range(5, 37)), 1_773_118_800)
OTHER = CosignatureSigner("example.org/other", bytes(range(6, 38)), 1_773_118_801)
NOTE = signed(LINES, SIZE, LOG, SAW)
PROOF = TlogProof(4, inclusion_proof(LeafHashes(LEAVES), 4, SIZE), NOTE)

# c2sp.org/tlog-cosignature, its example; the log's and the witness's keys are not published with it
EXAMPLE_TEXT = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
EXAMPLE_LINE = (
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)


def test_the_example_of_the_specification_is_taken_apart():
    signature = from_base64(EXAMPLE_LINE, "line")[4:]
    assert timestamp_of(signature) == 1679315147
    assert cosigned(EXAMPLE_TEXT, 1679315147) == b"cosignature/v1\ntime 1679315147\n" + EXAMPLE_TEXT.encode()


def test_a_cosignature_is_believed_by_its_key_alone():
    opened = open_note(NOTE, [*KEYS, SAW.verifier()])
    assert [one.name for one in opened.verified] == [ORIGIN, SAW.name]
    assert timestamp_of(opened.verified[1].signature) == SAW.timestamp
    assert open_note(NOTE, KEYS).unverified[0].name == SAW.name
    assert parse_vkey(SAW.verifier().vkey) == SAW.verifier()
    assert parse_vkey(LOG.verifier().vkey) == LOG.verifier()


@pytest.mark.parametrize("at", [4, 11, 12, 75])
def test_a_forged_cosignature_spoils_the_note(at):
    text, _, lines = NOTE.rpartition("\n\n")
    log, witness = lines.splitlines(keepends=True)
    raw = bytearray(base64.b64decode(witness.split(" ")[2]))
    raw[at] ^= 1
    forged = f"— {SAW.name} {base64.b64encode(raw).decode()}\n"
    with pytest.raises(TamperError, match="witness"):
        open_note(f"{text}\n\n{log}{forged}", [*KEYS, SAW.verifier()])
    assert open_note(f"{text}\n\n{log}{forged}", KEYS).text == text + "\n"


def test_what_is_no_witness_key():
    vkey = SAW.verifier().vkey
    unknown = vkey.split("+")[0] + "+00000000+" + base64.b64encode(b"\x06" + bytes(32)).decode()
    for wrong in (
        vkey[:-4],
        vkey.replace("+", "-", 1),
        unknown,
        "a+00000000+BAAA",
        vkey.replace("witness", "w"),
    ):
        with pytest.raises(BadInputError):
            parse_vkey(wrong)
    with pytest.raises(BadInputError):
        CosignatureSigner("w", bytes(32), 0)
    with pytest.raises(BadInputError):
        CosignatureSigner("w", bytes(31), 1)
    with pytest.raises(BadInputError):
        CosignatureVerifier("w", bytes(31))
    assert not SAW.verifier().verify("text\n", bytes(71))
    assert "seed" not in repr(SAW)


def test_a_proof_file_comes_back_to_the_byte():
    for proof in (
        PROOF,
        TlogProof(0, (), signed(LINES, 1), b"opaque"),
        TlogProof(0, (), signed(LINES, 1), b""),
    ):
        assert parse_tlog_proof(proof.text()) == proof
    assert PROOF.text().startswith("c2sp.org/tlog-proof@v1\nindex 4\n")


def test_a_proof_is_checked_offline():
    found = verify_tlog_proof(PROOF, LEAVES[4], KEYS, witnesses=[SAW.verifier()], quorum=1)
    assert (found.size, found.root) == (SIZE, root_of(LEAVES))
    assert verify_tlog_proof(PROOF, LEAVES[4], KEYS, origin=ORIGIN).size == SIZE


@pytest.mark.parametrize(
    ("proof", "leaf", "keys", "options"),
    [
        (PROOF, LEAVES[5], KEYS, {}),
        (TlogProof(5, PROOF.hashes, NOTE), LEAVES[4], KEYS, {}),
        (TlogProof(4, PROOF.hashes[:-1], NOTE), LEAVES[4], KEYS, {}),
        (TlogProof(4, PROOF.hashes[::-1], NOTE), LEAVES[4], KEYS, {}),
        (TlogProof(4, (*PROOF.hashes, bytes(32)), NOTE), LEAVES[4], KEYS, {}),
        (TlogProof(4, PROOF.hashes, signed(LINES, 9)), LEAVES[4], KEYS, {}),
        (PROOF, LEAVES[4], [STRANGER.verifier()], {}),
        (PROOF, LEAVES[4], [SAW.verifier()], {}),
        (PROOF, LEAVES[4], KEYS, {"origin": "example.org/other"}),
        (PROOF, LEAVES[4], KEYS, {"witnesses": [OTHER.verifier()], "quorum": 1}),
        (PROOF, LEAVES[4], KEYS, {"witnesses": [SAW.verifier(), SAW.verifier()], "quorum": 2}),
    ],
)
def test_a_mutated_proof_is_refused(proof, leaf, keys, options):
    with pytest.raises(TamperError):
        verify_tlog_proof(proof, leaf, keys, **options)


TEXT = PROOF.text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace("@v1", "@v2"),
        TEXT.replace("index 4", "index 04"),
        TEXT.replace("index 4", "index -4"),
        TEXT.replace("index 4", "index 9223372036854775808"),
        TEXT.replace("index 4\n", ""),
        TEXT.replace("index 4", "extra not-base64\nindex 4"),
        TEXT.replace("index 4\n", "index 4\nAAAA\n"),
        TEXT.replace("index 4\n", "index 4\n" + "A" * 43 + "=\n" * 64),
        TEXT.replace("index 4\n", "index 4 \n"),
        TEXT.split("\n\n")[0],
    ],
)
def test_what_is_no_proof_file(text):
    with pytest.raises(BadInputError):
        parse_tlog_proof(text)


def asked(old: int, new: int, *signers) -> AddCheckpoint:
    return AddCheckpoint(old, consistency_proof(LeafHashes(LEAVES), old, new), signed(LINES, new, *signers))


def test_a_witness_cosigns_what_grows_from_what_it_knows():
    first, then = asked(0, 3), asked(3, 9)
    assert parse_add_checkpoint(then.text()) == then
    judged = judge(first, KEYS, known=None)
    assert (judged.status, judged.checkpoint.size) == (200, 3)
    assert judge(then, KEYS, known=(3, judged.checkpoint.root)).status == 200
    assert judge(asked(9, 9), KEYS, known=(9, root_of(LEAVES[:9]))).status == 200


@pytest.mark.parametrize(
    ("request_", "known", "status"),
    [
        (asked(0, 3, STRANGER), None, 403),
        (AddCheckpoint(0, (), signed(LINES, 3).replace("\n3\n", "\n4\n")), None, 403),
        (AddCheckpoint(0, (), "no note"), None, 400),
        (AddCheckpoint(9, (), signed(LINES, 3)), (9, root_of(LEAVES[:9])), 400),
        (asked(3, 9), (6, root_of(LEAVES[:6])), 409),
        (asked(3, 9), (3, bytes(32)), 422),
        (AddCheckpoint(3, (), signed(LINES, 9)), (3, root_of(LEAVES[:3])), 422),
        (AddCheckpoint(0, (bytes(32),), signed(LINES, 9)), None, 422),
        (AddCheckpoint(9, (), signed([*LINES[:8], b"x"], 9)), (9, root_of(LEAVES[:9])), 422),
        (AddCheckpoint(0, (), sign_note(Checkpoint(ORIGIN, 0, bytes(32)).text(), [LOG])), None, 422),
        (AddCheckpoint(0, (), sign_note(Checkpoint("else", 3, bytes(32)).text(), [LOG])), None, 404),
    ],
)
def test_a_witness_refuses(request_, known, status):
    judged = judge(request_, KEYS, known=known)
    assert judged.status == status
    assert judged.checkpoint is None
    assert judged.known_size == (6 if status == 409 else 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "old 3\n",
        "old 03\n\nnote",
        "old x\n\nnote",
        "old 3\nAAAA\n\nnote",
        "old 3\n" + ("A" * 43 + "=\n") * 64 + "\nnote",
    ],
)
def test_what_is_no_request(text):
    with pytest.raises(BadInputError):
        parse_add_checkpoint(text)


def test_only_known_witnesses_are_taken_from_an_answer():
    note = signed(LINES, 9)
    line = signed(LINES, 9, SAW).rpartition("\n\n")[2]
    other = signed(LINES, 9, OTHER).rpartition("\n\n")[2]
    assert cosignature_lines(other + line, note, [SAW.verifier()]) == (line,)
    assert open_note(with_cosignatures(note, [line, line]), [*KEYS, SAW.verifier()]).unverified == ()
    with pytest.raises(UnknownKeyError):
        cosignature_lines(other, note, [SAW.verifier()])
    with pytest.raises(TamperError):
        cosignature_lines(signed(LINES, 6, SAW).rpartition("\n\n")[2], note, [SAW.verifier()])
    with pytest.raises(BadInputError):
        cosignature_lines("ok\n", note, [SAW.verifier()])


def test_the_parts_are_typed():
    assert isinstance(parse_vkey(LOG.verifier().vkey), NoteVerifier)
