"""Key files: private, never overwritten, never read when others could read them."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest

from incident.adapters.keys import FileKeys, create_key
from incident.errors import BadInputError, NotFoundError, RefusedError, SettingsError
from incident.ledger.checkpoint import open_note, sign_note

ORIGIN = "tocsin.example.org/ledger"


def test_a_fresh_key_signs_under_the_origin(tmp_path: Path) -> None:
    verifier = create_key(tmp_path / "keys", "ledger-1", origin=ORIGIN)
    (signer,) = FileKeys(tmp_path / "keys", ORIGIN).signers()
    assert verifier.name == signer.name == ORIGIN
    assert signer.verifier() == verifier
    assert verifier.verify("text\n", signer.sign("text\n"))
    note = sign_note("text\n", [signer])
    assert open_note(note, [verifier]).text == "text\n"


def test_keys_are_kept_private(tmp_path: Path) -> None:
    create_key(tmp_path / "keys", "ledger-1", origin=ORIGIN)
    assert oct((tmp_path / "keys").stat().st_mode & 0o777) == "0o700"
    assert oct((tmp_path / "keys" / "ledger-1.key").stat().st_mode & 0o777) == "0o600"
    assert len(base64.b64decode((tmp_path / "keys" / "ledger-1.key").read_bytes())) == 32


def test_two_keys_sign_while_one_takes_over(tmp_path: Path) -> None:
    old = create_key(tmp_path, "ledger-1", origin=ORIGIN)
    new = create_key(tmp_path, "ledger-2", origin=ORIGIN)
    assert [signer.verifier() for signer in FileKeys(tmp_path, ORIGIN).signers()] == [old, new]


def test_a_key_is_not_overwritten(tmp_path: Path) -> None:
    create_key(tmp_path, "ledger-1", origin=ORIGIN)
    before = (tmp_path / "ledger-1.key").read_bytes()
    with pytest.raises(RefusedError):
        create_key(tmp_path, "ledger-1", origin=ORIGIN)
    assert (tmp_path / "ledger-1.key").read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644])
def test_a_key_that_others_could_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    create_key(tmp_path, "ledger-1", origin=ORIGIN)
    (tmp_path / "ledger-1.key").chmod(mode)
    with pytest.raises(SettingsError, match="chmod"):
        FileKeys(tmp_path, ORIGIN).signers()


def test_a_key_is_not_made_where_others_could_look(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(SettingsError, match="chmod"):
        create_key(tmp_path, "ledger-1", origin=ORIGIN)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("said", [b"", b"c2hvcnQ=", b"not base64 at all!", base64.b64encode(bytes(33))])
def test_a_file_that_is_no_key_is_refused_without_its_content(tmp_path: Path, said: bytes) -> None:
    path = tmp_path / "ledger-1.key"
    path.write_bytes(said)
    path.chmod(0o600)
    with pytest.raises(SettingsError) as refused:
        FileKeys(tmp_path, ORIGIN).signers()
    assert str(refused.value) == "the key file ledger-1.key does not hold 32 bytes in base64"


def test_a_link_or_a_pipe_is_no_key(tmp_path: Path) -> None:
    create_key(tmp_path / "keys", "ledger-1", origin=ORIGIN)
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "a.key").symlink_to(tmp_path / "keys" / "ledger-1.key")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "a.key", 0o600)
    for name in ("linked", "piped"):
        with pytest.raises(SettingsError):
            FileKeys(tmp_path / name, ORIGIN).signers()


def test_no_key_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no key"):
        FileKeys(tmp_path, ORIGIN).signers()


@pytest.mark.parametrize("name", ["", "../up", "UPPER", "a.key", "-x"])
def test_a_key_needs_a_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError):
        create_key(tmp_path, name, origin=ORIGIN)


def test_an_origin_that_cannot_be_signed_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        create_key(tmp_path, "ledger-1", origin="two words")
    assert list(tmp_path.iterdir()) == []


SPOILED = {
    "open to others": lambda path: path.chmod(0o644),
    "cut": lambda path: path.write_bytes(b"c2hvcnQ="),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a dead link": lambda path: (path.unlink(), path.symlink_to("nowhere")),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_key_that_cannot_be_read_does_not_keep_the_others_from_signing(tmp_path: Path, how: str) -> None:
    keys = FileKeys(tmp_path, ORIGIN)
    bad, good = (create_key(tmp_path, name, origin=ORIGIN) for name in ("ledger-1", "ledger-2"))
    assert keys.unreadable() == ()
    SPOILED[how](tmp_path / "ledger-1.key")
    assert [signer.verifier() for signer in keys.signers()] == [good]
    (why,) = keys.unreadable()
    assert "ledger-1.key" in why
    assert list(keys.verifiers()) == [bad, good], "what it signed is still believed"
    with pytest.raises(NotFoundError):
        keys.retire(bad.key_id.hex())
    with pytest.raises(RefusedError, match="only key"):
        keys.retire(good.key_id.hex())


def test_a_log_begins_anew_where_no_key_can_be_read(tmp_path: Path) -> None:
    create_key(tmp_path, "log", origin=ORIGIN)
    (tmp_path / "log.key").write_bytes(b"")
    keys = FileKeys(tmp_path, ORIGIN)
    keys.begin_anew("example.org/next")
    (signer,) = keys.signers()
    assert (signer.name, len(keys.unreadable())) == ("example.org/next", 1)
