"""Checkpoints against those of sum.golang.org and the specification."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import (
    Checkpoint,
    NoteVerifier,
    open_note,
    parse_checkpoint,
)

# the Go checksum database: its key, and two checkpoints it published, 2024-09-23 and later
SUMDB = NoteVerifier.parse("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
SUMDB_NOTES = [
    (
        30055305,
        "mXfgRcJ0bG0j3CPdKwgGWtUzBUbX67saZGRmFuJGGsM=",
        "Az3grpgEild5qw7+5dtV13Kf1C2Xurm8q4fhdxvcsDHnqNTaxL2AFjBY+2TyGKevucFcAAlWFJJYle3EJlDCrQ+y3A8=",
    ),
    (
        65209736,
        "5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=",
        "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=",
    ),
]
# C2SP tlog-checkpoint, the example of the specification
BEHIND_THE_SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
ROOT = bytes(range(32))
lines = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=0x20), min_size=1, max_size=20)


@pytest.mark.parametrize(("size", "root", "signature"), SUMDB_NOTES)
def test_checkpoints_of_the_go_checksum_database(size, root, signature):
    note = f"go.sum database tree\n{size}\n{root}\n\n— sum.golang.org {signature}\n"
    checkpoint = parse_checkpoint(open_note(note, [SUMDB]).text)
    assert checkpoint == Checkpoint("go.sum database tree", size, base64.b64decode(root))
    with pytest.raises(TamperError):
        open_note(note.replace(str(size), str(size + 1)), [SUMDB])


def test_the_checkpoint_of_the_specification():
    checkpoint = parse_checkpoint(BEHIND_THE_SOFA)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert checkpoint.text() == BEHIND_THE_SOFA


@given(
    st.builds(
        Checkpoint, lines, st.integers(0, 2**63 - 1), st.just(ROOT), st.lists(lines, max_size=3).map(tuple)
    )
)
def test_every_checkpoint_comes_back(checkpoint):
    assert parse_checkpoint(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        BEHIND_THE_SOFA[:-1],
        BEHIND_THE_SOFA + "\n",
        BEHIND_THE_SOFA + "extension\n\nmore\n",
        "\n" + BEHIND_THE_SOFA,
        BEHIND_THE_SOFA.replace("example.com/behind-the-sofa", ""),
        BEHIND_THE_SOFA.replace("20852163", "020852163"),
        BEHIND_THE_SOFA.replace("20852163", "-1"),
        BEHIND_THE_SOFA.replace("20852163", "+1"),
        BEHIND_THE_SOFA.replace("20852163", "1.0"),
        BEHIND_THE_SOFA.replace("20852163", "１"),
        BEHIND_THE_SOFA.replace("20852163", str(2**63)),
        BEHIND_THE_SOFA.replace("q2I=", "q2J="),
        BEHIND_THE_SOFA.replace("q2I=", "q2I"),
        BEHIND_THE_SOFA.replace("q2I=", "q2I= "),
        BEHIND_THE_SOFA.replace("CsUY", ""),
        BEHIND_THE_SOFA.replace("\n", "\r\n"),
    ],
)
def test_what_is_no_checkpoint(text):
    with pytest.raises(BadInputError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    ("origin", "size", "root", "extensions"),
    [
        ("", 1, ROOT, ()),
        ("a\nb", 1, ROOT, ()),
        ("a", -1, ROOT, ()),
        ("a", 2**63, ROOT, ()),
        ("a", 1, ROOT[:-1], ()),
        ("a", 1, ROOT, ("",)),
        ("a", 1, ROOT, ("b\nc",)),
    ],
)
def test_what_cannot_be_a_checkpoint(origin, size, root, extensions):
    with pytest.raises(BadInputError):
        Checkpoint(origin, size, root, extensions)
