"""The vault and its fake: one contract, then what only a directory can get wrong."""

from __future__ import annotations

import errno
import hashlib
import io
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from incident.adapters.vault import PIECE_BYTES, DirectoryVault
from incident.errors import BadInputError, PermanentError, TamperError
from incident.ports import Vault
from tests.fakes.vault import FakeVault

ABSENT = hashlib.sha256(b"never stored").hexdigest()


@pytest.fixture(params=["directory", "fake"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return DirectoryVault(tmp_path / "vault") if request.param == "directory" else FakeVault()


def place(home: Path, sha256: str) -> Path:
    return home / "vault" / "sha256" / sha256[:2] / sha256[2:]


def spoil(vault: Vault, home: Path, sha256: str) -> None:
    if isinstance(vault, FakeVault):
        vault.spoil(sha256)
    else:
        place(home, sha256).write_bytes(b"other")


@pytest.mark.parametrize("content", [b"", b"one", bytes(range(256)) * 20_000], ids=["empty", "small", "5 MB"])
def test_what_is_put_is_read_back(vault: Vault, content: bytes) -> None:
    stored = vault.put(io.BytesIO(content))
    assert (stored.sha256, stored.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))
    assert vault.read(stored.sha256) == content
    with vault.open(stored.sha256) as stream:
        assert stream.read(3) == content[:3]
    vault.check(stored.sha256)
    assert vault.put_bytes(content) == stored


def test_a_file_is_stored_by_its_path(vault: DirectoryVault | FakeVault, tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_bytes(b"id\n1\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "export.csv")
    assert vault.put_path(tmp_path / "export.csv") == vault.put_path(tmp_path / "link.csv")


@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "nothing", "link to a pipe"])
def test_what_is_no_file_is_refused(vault: DirectoryVault | FakeVault, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "evidence"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "directory":
            path.mkdir()
        case "link to a pipe":
            os.mkfifo(tmp_path / "pipe")
            path.symlink_to(tmp_path / "pipe")
    with pytest.raises(BadInputError) as refused:
        vault.put_path(path)
    assert refused.value.source == path.name


def test_changed_bytes_are_found_out(vault: Vault, tmp_path: Path) -> None:
    stored = vault.put_bytes(b"as it was")
    spoil(vault, tmp_path, stored.sha256)
    for look in (vault.open, vault.read, vault.check):
        with pytest.raises(TamperError) as found:
            look(stored.sha256)
        assert found.value.evidence["sha256"] == stored.sha256
        assert found.value.evidence["found"] not in {None, stored.sha256}
    with pytest.raises(TamperError):  # putting the bytes again does not hide it
        vault.put_bytes(b"as it was")


def test_missing_bytes_are_found_out(vault: Vault) -> None:
    for look in (vault.open, vault.read, vault.check):
        with pytest.raises(TamperError) as found:
            look(ABSENT)
        assert found.value.evidence == {"sha256": ABSENT, "found": None}


@pytest.mark.parametrize(
    "name", ["", "abc", "../../etc/passwd", ABSENT.upper(), ABSENT + "\n", "/" + ABSENT[1:]]
)
def test_a_name_that_is_no_hash_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(BadInputError):
        vault.read(name)


def test_only_the_owner_can_look(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path / "vault")
    stored = vault.put_bytes(b"evidence")
    modes = {
        str(path.relative_to(tmp_path)): oct(path.stat().st_mode & 0o777)
        for path in (tmp_path / "vault").rglob("*")
    }
    assert modes == {
        "vault/incoming": "0o700",
        "vault/sha256": "0o700",
        f"vault/sha256/{stored.sha256[:2]}": "0o700",
        f"vault/sha256/{stored.sha256[:2]}/{stored.sha256[2:]}": "0o600",
    }
    assert oct((tmp_path / "vault").stat().st_mode & 0o777) == "0o700"


class Failing(io.BytesIO):
    """Gives one piece, then the disk it comes from fails."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_put_that_fails_leaves_nothing(tmp_path: Path) -> None:
    stream: BinaryIO = Failing(b"x" * (PIECE_BYTES + 1))
    with pytest.raises(PermanentError, match="Input/output error"):
        DirectoryVault(tmp_path / "vault").put(stream)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
