"""The vault: a directory of bytes named by their sha256, checked on every read.

Holds evidence, letters, packs, receipts and reports. What the bytes are, and who took them, is left to
the ledger.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from incident.errors import BadInputError, PermanentError, TamperError
from incident.ports import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


class DirectoryVault:
    """`ports.Vault` in `directory/sha256/aa/rest`; files 0600, directories 0700."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, stream: BinaryIO) -> Stored:
        """Store a stream and return its hash and size; memory stays flat.

        Bytes already there are checked, not replaced. PermanentError when they cannot be written.
        """
        self._make(self._directory / "incoming")
        try:
            with tempfile.NamedTemporaryFile(
                dir=self._directory / "incoming", delete=False
            ) as kept:  # mode 0600
                return self._keep(stream, kept, Path(kept.name))
        except OSError as error:
            raise PermanentError(f"the vault could not store these bytes: {error.strerror}") from error

    def put_bytes(self, content: bytes) -> Stored:
        """Store bytes and return their hash and size."""
        return self.put(io.BytesIO(content))

    def put_path(self, path: Path) -> Stored:
        """Store a file and return its hash and size; a pipe, a device or a directory is a BadInputError."""
        with _regular(path) as stream:
            return self.put(stream)

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream whose bytes were checked; TamperError if they differ or are gone."""
        path = self._place(sha256)
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise TamperError(
                "the vault lacks bytes that were stored", evidence={"sha256": sha256, "found": None}
            ) from None
        found, size_bytes = _digest(stream)
        if found != sha256:
            stream.close()
            evidence: dict[str, object] = {"sha256": sha256, "found": found, "size_bytes": size_bytes}
            raise TamperError("the vault holds other bytes than were stored", evidence=evidence)
        stream.seek(0)
        return stream

    def read(self, sha256: str) -> bytes:
        """Return the bytes, checked; TamperError if they differ or are gone."""
        with self.open(sha256) as stream:
            return stream.read()

    def check(self, sha256: str) -> None:
        """Check the bytes against the hash; TamperError if they differ or are gone."""
        self.open(sha256).close()

    def _keep(self, stream: BinaryIO, kept: IO[bytes], fresh: Path) -> Stored:
        try:
            digest, size_bytes = _digest(stream, kept)
            kept.flush()
            os.fsync(kept.fileno())
            place = self._place(digest)
            if place.exists():
                self.check(digest)
            else:
                self._make(place.parent)
                fresh.rename(place)
                _fsync_directory(place.parent)
        finally:
            with suppress(FileNotFoundError):  # renamed into its place
                fresh.unlink()
        return Stored(digest, size_bytes)

    def _place(self, sha256: str) -> Path:
        if _SHA256.fullmatch(sha256) is None:
            raise BadInputError("a sha256 is 64 hexadecimal digits in lower case", field="sha256")
        return self._directory / "sha256" / sha256[:2] / sha256[2:]

    def _make(self, directory: Path) -> None:
        missing = [place for place in (directory, *directory.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir(mode=0o700, exist_ok=True)
            _fsync_directory(place.parent)


@contextmanager
def _regular(path: Path) -> Iterator[BinaryIO]:
    try:
        if not path.is_file():  # opening a device may already do something
            path.stat()
            raise BadInputError("not a regular file", source=path.name)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise BadInputError(f"cannot be opened: {error.strerror}", source=path.name) from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadInputError("not a regular file", source=path.name)
        yield stream


def _digest(stream: BinaryIO, copy: IO[bytes] | None = None) -> tuple[str, int]:
    digest, size_bytes = hashlib.sha256(), 0
    while piece := stream.read(PIECE_BYTES):
        digest.update(piece)
        size_bytes += len(piece)
        if copy is not None:
            copy.write(piece)
    return digest.hexdigest(), size_bytes


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
