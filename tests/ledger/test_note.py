"""Signed notes and their keys against the vectors of golang.org/x/mod/sumdb/note."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import (
    NoteSignature,
    NoteSigner,
    NoteVerifier,
    UnknownKeyError,
    open_note,
    sign_note,
)

# golang.org/x/mod/sumdb/note, note_test.go
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
ENOCH_LINE = "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
PETER, ENOCH = NoteVerifier.parse(PETER_KEY), NoteVerifier.parse(ENOCH_KEY)
PETER_SIGNER = NoteSigner("PeterNeumann", PETER_SEED)
NOTE = TEXT + "\n" + PETER_LINE


def test_the_key_of_a_seed():
    assert PETER_SIGNER.verifier() == PETER
    assert PETER_SIGNER.key_id.hex() == "c74f20a3"
    assert [PETER.vkey, ENOCH.vkey] == [PETER_KEY, ENOCH_KEY]


def test_a_seed_is_never_shown():
    assert repr(PETER_SIGNER) == "NoteSigner(name='PeterNeumann')"


def test_the_note_of_the_reference_to_the_byte():
    assert sign_note(TEXT, [PETER_SIGNER]) == NOTE


def test_one_known_one_unknown():
    opened = open_note(NOTE + ENOCH_LINE, [PETER])
    assert opened.text == TEXT
    assert [(one.name, one.key_id.hex()) for one in opened.verified] == [("PeterNeumann", "c74f20a3")]
    assert [one.line() for one in opened.unverified] == [ENOCH_LINE]


def test_the_logs_signature_need_not_come_first():
    opened = open_note(f"{TEXT}\n{ENOCH_LINE}{PETER_LINE}", [PETER])
    assert [one.line() for one in opened.verified] == [PETER_LINE]


def test_both_known():
    opened = open_note(NOTE + ENOCH_LINE, [PETER, ENOCH, ENOCH])
    assert [one.name for one in opened.verified] == ["PeterNeumann", "EnochRoot"]
    assert opened.unverified == ()


def test_repeated_lines_count_once():
    opened = open_note(NOTE + PETER_LINE + ENOCH_LINE * 2, [PETER])
    assert (len(opened.verified), len(opened.unverified)) == (1, 1)


def test_nobody_known():
    with pytest.raises(UnknownKeyError) as caught:
        open_note(NOTE + ENOCH_LINE, [])
    assert caught.value.evidence["signed_by"] == ["PeterNeumann+c74f20a3", "EnochRoot+af0cfe78"]


@pytest.mark.parametrize("other", ["PeterNeuman", "peterneumann"])
def test_the_same_key_under_another_name_is_another_key(other):
    with pytest.raises(UnknownKeyError):
        open_note(NOTE, [NoteVerifier(other, PETER.public_key)])


def test_the_same_name_with_another_key_is_another_key():
    with pytest.raises(UnknownKeyError):
        open_note(NOTE, [NoteVerifier("PeterNeumann", ENOCH.public_key)])


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(NOTE.replace("cryptography", "Cryptography"), id="changed text"),
        pytest.param("More.\n" + NOTE, id="more text"),
        pytest.param(f"{TEXT}\n\n{PETER_LINE}", id="an empty line more"),
        pytest.param(f"{TEXT}\n{PETER_LINE[:60]}ABCD{PETER_LINE[60:]}", id="a longer signature"),
        pytest.param(f"{TEXT}\n{PETER_LINE.replace('JnAM', 'JnAQ')}", id="another signature"),
        pytest.param(NOTE + PETER_LINE.replace("JnAM", "JnAQ"), id="a right one, then a wrong one"),
    ],
)
def test_a_known_key_with_a_wrong_signature(note):
    with pytest.raises(TamperError, match="PeterNeumann") as caught:
        open_note(note, [PETER])
    assert not isinstance(caught.value, UnknownKeyError)
    assert caught.value.evidence["key_id"] == "c74f20a3"


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        TEXT + "\n",
        TEXT + PETER_LINE,
        NOTE[:-1],
        "\x01" + NOTE,
        "\r\n" + NOTE,
        "\ud800" + NOTE,
        NOTE + "Unexpected line.\n",
        NOTE + "— \n",
        NOTE + "— Bad Name x08go/ZJ\n",
        NOTE + "— Bad+Name x08go/ZJ\n",
        NOTE + "—  x08go/ZJ\n",
        NOTE + "- Name x08go/ZJ\n",
        NOTE + "— Name x08go/\u00e9ZJ\n",
        NOTE + "— Name x08g\n",
        NOTE + "— Name x08goA==\n",
        NOTE + "— Name x08go/Z=\n",
        NOTE + "— Name x08go/ZJ x08go/ZJ\n",
        NOTE + PETER_LINE * 100,
        "a" * 1_000_000 + "\n" + NOTE,
    ],
)
def test_what_is_no_note(note):
    with pytest.raises(BadInputError):
        open_note(note, [PETER])


def test_stray_bits_in_base64_are_refused():
    with pytest.raises(BadInputError):
        open_note(NOTE + "— Name AAAAAAB=\n", [PETER])


def test_a_hundred_signatures_are_read():
    assert len(open_note(TEXT + "\n" + PETER_LINE * 100, [PETER]).verified) == 1


def test_two_keys_that_collide_are_refused():
    class Twin:
        name, key_id = PETER.name, PETER.key_id

        def verify(self, text, signature):
            return True

    with pytest.raises(BadInputError, match="two different keys"):
        open_note(NOTE, [PETER, Twin()])


def test_a_text_may_have_empty_lines():
    signer = NoteSigner("quasimodo.example/salvatore", bytes(32))
    text = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n"
    assert open_note(sign_note(text, [signer]), [signer.verifier()]).text == text


@pytest.mark.parametrize(
    ("text", "signers"),
    [
        ("abc", [PETER_SIGNER]),
        ("", [PETER_SIGNER]),
        ("a\tb\n", [PETER_SIGNER]),
        ("\ud800\n", [PETER_SIGNER]),
        (TEXT, []),
        (TEXT, [PETER_SIGNER, PETER_SIGNER]),
        ("a" * 1_000_000 + "\n", [PETER_SIGNER]),
        (TEXT, [NoteSigner(f"key{number}", bytes(32)) for number in range(101)]),
    ],
)
def test_what_is_not_signed(text, signers):
    with pytest.raises(BadInputError):
        sign_note(text, signers)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x00b", "\ud800"])
def test_what_cannot_name_a_key(name):
    with pytest.raises(BadInputError):
        NoteSigner(name, bytes(32))
    with pytest.raises(BadInputError):
        NoteVerifier(name, bytes(32))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_have_32_bytes(length):
    with pytest.raises(BadInputError):
        NoteSigner("a", bytes(length))
    with pytest.raises(BadInputError):
        NoteVerifier("a", bytes(length))


def test_every_mangling_of_a_key_is_refused():
    parts = {
        PETER_KEY[low:high] for low in range(len(PETER_KEY)) for high in range(low + 1, len(PETER_KEY) + 1)
    }
    bumped = {
        PETER_KEY[:at] + chr(ord(letter) + 1) + PETER_KEY[at + 1 :] for at, letter in enumerate(PETER_KEY)
    }
    special = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, id adjusted
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # unknown type, id adjusted
        PETER_KEY.replace("c74f20a3", "C74F20A3"),
    }
    for mangled in (parts - {PETER_KEY}) | bumped | special:
        with pytest.raises(BadInputError):
            NoteVerifier.parse(mangled)


@given(
    st.binary(min_size=32, max_size=32),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
)
def test_every_signer_is_believed_by_its_verifier(seed, name):
    signer = NoteSigner(name, seed)
    verifier = NoteVerifier.parse(signer.verifier().vkey)
    assert open_note(sign_note(TEXT, [signer]), [verifier]).verified == (
        NoteSignature(name, verifier.key_id, signer.sign(TEXT)),
    )
