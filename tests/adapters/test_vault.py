"""The vault and its fake: one contract, then what only a directory can get wrong."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import resource
import shutil
import tracemalloc
from pathlib import Path
from typing import BinaryIO

import pytest

from incident.adapters.checked_file import CHUNK_BYTES
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
    assert vault.put_path(tmp_path / "export.csv") == vault.put_bytes(b"id\n1\n")


@pytest.mark.parametrize(
    "kind", ["pipe", "device", "directory", "nothing", "link to a pipe", "link to a file"]
)
def test_what_is_no_file_is_refused(vault: DirectoryVault | FakeVault, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "evidence"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path = Path("/dev/zero")
        case "directory":
            path.mkdir()
        case "link to a file":
            (tmp_path / "export.csv").write_bytes(b"id\n1\n")
            path.symlink_to(tmp_path / "export.csv")
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


# ---------------------------------------------------------------- large files
LARGE = b"".join(place.to_bytes(4, "big") * 1024 for place in range(2500))  # 10 MB, every 4 KiB its own


@pytest.fixture
def large(tmp_path: Path) -> tuple[DirectoryVault, str, Path]:
    vault = DirectoryVault(tmp_path / "vault")
    sha256 = vault.put_bytes(LARGE).sha256
    return vault, sha256, place(tmp_path, sha256)


def test_a_large_file_is_read_in_order_and_by_jumps(large: tuple[DirectoryVault, str, Path]) -> None:
    vault, sha256, path = large
    assert vault.read(sha256) == LARGE
    vault.check(sha256)
    with vault.open(sha256) as stream:
        assert stream.seek(-8, io.SEEK_END) == len(LARGE) - 8
        assert stream.read() == LARGE[-8:]
        stream.seek(CHUNK_BYTES - 2)
        assert stream.read(4) == LARGE[CHUNK_BYTES - 2 : CHUNK_BYTES + 2]
    assert vault.put_bytes(LARGE).sha256 == sha256
    assert len(json.loads(path.with_name(path.name + ".chunks").read_text())["chunks"]) == 3


def read_in_order(vault: DirectoryVault, sha256: str) -> None:
    with vault.open(sha256) as stream:
        for start in range(0, len(LARGE), 1 << 16):
            assert stream.read(1 << 16) == LARGE[start : start + (1 << 16)]


@pytest.mark.parametrize("where", [0, CHUNK_BYTES - 1, CHUNK_BYTES, len(LARGE) - 1])
def test_a_broken_chunk_is_named_before_its_bytes_are_handed_out(large, where: int) -> None:
    vault, sha256, path = large
    with path.open("r+b") as file:
        file.seek(where)
        file.write(bytes([LARGE[where] ^ 1]))
    broken = where // CHUNK_BYTES
    with pytest.raises(TamperError, match=f"chunk {broken + 1} of 3") as found:
        read_in_order(vault, sha256)
    assert (found.value.evidence["chunk"], found.value.evidence["offset_bytes"]) == (
        broken,
        broken * CHUNK_BYTES,
    )
    for look in (vault.check, vault.read):
        with pytest.raises(TamperError, match=f"chunk {broken + 1} of 3"):
            look(sha256)
    with (
        pytest.raises(TamperError),
        vault.open(sha256) as stream,
    ):  # a jump over the broken place does not help
        stream.seek(len(LARGE) // 2)


@pytest.mark.parametrize("size", [len(LARGE) - 1, CHUNK_BYTES, 0, len(LARGE) + 1])
def test_a_large_file_of_another_length_is_found_at_once(large, size: int) -> None:
    vault, sha256, path = large
    os.truncate(path, size)
    with pytest.raises(TamperError):
        vault.open(sha256)


def test_a_changed_list_hides_nothing(large) -> None:
    vault, sha256, path = large
    beside = path.with_name(path.name + ".chunks")
    told = beside.read_text()
    other = bytes([LARGE[0] ^ 1]) + LARGE[1:]
    forged = json.loads(told)
    forged["chunks"][0] = hashlib.sha256(other[:CHUNK_BYTES]).hexdigest()
    beside.write_text(json.dumps(forged))
    for look in (vault.check, vault.read):
        with pytest.raises(TamperError, match="list of chunks"):  # the bytes are right, the list is not
            look(sha256)
    path.write_bytes(other)
    for look in (vault.check, vault.read):
        with pytest.raises(TamperError):  # list and bytes agree, the whole does not
            look(sha256)
    for junk in ("", "{}", "[1]", told.replace(sha256, ABSENT)):
        beside.write_text(junk)
        with pytest.raises(TamperError, match="list of chunks"):
            vault.open(sha256)
    beside.unlink()
    path.write_bytes(LARGE)
    assert vault.read(sha256) == LARGE


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.log"
    with path.open("wb") as out:
        for _ in range(16):
            out.write(LARGE)
    vault = DirectoryVault(tmp_path / "vault")
    tracemalloc.start()
    stored = vault.put_path(path)
    with vault.open(stored.sha256) as stream:
        while stream.read(1 << 18):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert stored.size_bytes == 16 * len(LARGE)
    assert peak < 4 * CHUNK_BYTES


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    vault = DirectoryVault(tmp_path / "vault")
    kept = vault.put_bytes(b"kept")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(PermanentError, match="could not store"):
            vault.put_bytes(LARGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert vault.read(kept.sha256) == b"kept"
    assert list((tmp_path / "vault" / "incoming").iterdir()) == []
    assert vault.read(vault.put_bytes(LARGE).sha256) == LARGE


def test_a_disk_without_room_is_said_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as out:
        out.truncate(shutil.disk_usage(tmp_path).free + (1 << 30))
    with pytest.raises(PermanentError, match="bytes free"):
        DirectoryVault(tmp_path / "vault").put_path(path)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "growing.log"
    path.write_bytes(b"one\n")

    def read_and_write() -> None:
        with DirectoryVault(tmp_path / "vault").source(path) as stream:
            assert stream.read() == b"one\n"
            path.write_bytes(b"one\ntwo\n")

    with pytest.raises(BadInputError, match="changed while it was read"):
        read_and_write()
