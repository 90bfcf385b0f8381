"""The vault: a directory of bytes named by their sha256, checked on every read; large ones in chunks.

Holds evidence, letters, packs, receipts and reports. What the bytes are, and who took them, is left to
the ledger.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from incident.adapters.checked_file import CHUNK_BYTES, CheckedFile, ChunkList, check_file, read_chunk_list
from incident.adapters.parts import CheckedPart, cut_lines
from incident.errors import BadInputError, PermanentError, TamperError
from incident.ports import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.scoping.reader import Part

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
        """Store a file and return its hash and size; a link, a pipe, a device or a directory is a BadInputError."""
        with self.source(path) as stream:
            return self.put(stream)

    @contextmanager
    def source(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file that is to be stored; BadInputError when it is none, or changes while it is open.

        PermanentError when the disk has no room for it, before anything is written.
        """
        with _regular(path) as stream:
            before = os.fstat(stream.fileno())
            self._make(self._directory / "incoming")
            room = shutil.disk_usage(self._directory).free
            if before.st_size > room:
                raise PermanentError(
                    f"the vault's disk has {room:,} bytes free, and {path.name} has {before.st_size:,}"
                )
            yield stream
            after = os.fstat(stream.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise BadInputError(
                    "changed while it was read; copy it first, then add the copy", source=path.name
                )

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream whose bytes were checked; TamperError if they differ or are gone."""
        stream, known = self._opened(sha256)
        if known is not None:
            return io.BufferedReader(CheckedFile(stream, known), PIECE_BYTES)
        return stream

    def _opened(self, sha256: str) -> tuple[io.BufferedReader, ChunkList | None]:
        """Return the bytes with their list of chunks; without a list they are checked now."""
        path = self._place(sha256)
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            raise TamperError(
                "the vault lacks bytes that were stored", evidence={"sha256": sha256, "found": None}
            ) from None
        try:
            known = read_chunk_list(_list_of(path), sha256)
            if known is None:
                _check_whole(stream, sha256)
            elif os.fstat(stream.fileno()).st_size != known.size_bytes:
                check_file(stream, known)
        except BaseException:
            stream.close()
            raise
        stream.seek(0)
        return stream, known

    def read(self, sha256: str) -> bytes:
        """Return the bytes, checked; TamperError if they differ or are gone."""
        with self.open(sha256) as stream:
            return stream.read()

    def cut(self, sha256: str, part_bytes: int) -> tuple[Part, ...]:
        """Cut bytes at line ends and check the whole; none when there is no list to check a part against."""
        stream, known = self._opened(sha256)
        with stream:
            if known is None:
                return ()
            try:
                return cut_lines(stream, sha256, part_bytes)
            except TamperError:
                check_file(stream, known)  # names the broken chunk
                raise

    def open_part(self, sha256: str, part: Part) -> BinaryIO:
        """Return a stream of one part, checked chunk by chunk; TamperError if bytes or list differ or are gone."""
        stream, known = self._opened(sha256)
        if known is None:
            stream.close()
            evidence: dict[str, object] = {"sha256": sha256, "found": None}
            raise TamperError("the vault lacks a list of chunks that was there", evidence=evidence)
        return io.BufferedReader(CheckedPart(stream, known, part), PIECE_BYTES)

    def erase(self, sha256: str) -> None:
        """Destroy bytes and their chunk list; nothing happens when they are gone already."""
        place = self._place(sha256)
        for path in (_list_of(place), place):
            with suppress(FileNotFoundError):
                path.unlink()
        if place.parent.exists():
            _fsync_directory(place.parent)

    def check(self, sha256: str) -> None:
        """Check the bytes against the hash; TamperError if they differ or are gone."""
        with self.open(sha256) as stream:
            if isinstance(stream, io.BufferedReader) and isinstance(stream.raw, CheckedFile):
                check_file(stream.raw.file, stream.raw.known)

    def _keep(self, stream: BinaryIO, kept: IO[bytes], fresh: Path) -> Stored:
        try:
            digest, size_bytes, chunks = _digest(stream, kept)
            kept.flush()
            os.fsync(kept.fileno())
            place = self._place(digest)
            if place.exists():
                self.check(digest)
            else:
                self._make(place.parent)
                fresh.rename(place)
                _fsync_directory(place.parent)
            if len(chunks) > 1:
                self._list(place, ChunkList(digest, size_bytes, chunks))
        finally:
            with suppress(FileNotFoundError):  # renamed into its place
                fresh.unlink()
        return Stored(digest, size_bytes)

    def _list(self, place: Path, known: ChunkList) -> None:
        """Write the chunk list beside a large file, whole or not at all."""
        if _list_of(place).exists():
            return
        descriptor, name = tempfile.mkstemp(dir=self._directory / "incoming")
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(known.text())
            out.flush()
            os.fsync(descriptor)
        Path(name).rename(_list_of(place))
        _fsync_directory(place.parent)

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
        if path.is_symlink():
            raise BadInputError("is a link; name the file itself", source=path.name)
        if not path.is_file():  # opening a device may already do something
            path.stat()
            raise BadInputError("not a regular file", source=path.name)
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(path, flags)
    except OSError as error:
        raise BadInputError(f"cannot be opened: {error.strerror}", source=path.name) from error
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadInputError("not a regular file", source=path.name)
        yield stream


def _digest(stream: BinaryIO, copy: IO[bytes]) -> tuple[str, int, tuple[str, ...]]:
    """Copy a stream; return its hash, its size and the hashes of its chunks."""
    digest, size_bytes, chunks = hashlib.sha256(), 0, []
    part, part_bytes = hashlib.sha256(), 0
    while piece := stream.read(min(PIECE_BYTES, CHUNK_BYTES - part_bytes)):
        copy.write(piece)
        digest.update(piece)
        part.update(piece)
        size_bytes += len(piece)
        part_bytes += len(piece)
        if part_bytes == CHUNK_BYTES:
            chunks.append(part.hexdigest())
            part, part_bytes = hashlib.sha256(), 0
    if part_bytes:
        chunks.append(part.hexdigest())
    return digest.hexdigest(), size_bytes, tuple(chunks)


def _check_whole(stream: io.BufferedReader, sha256: str) -> None:
    size_bytes = os.fstat(stream.fileno()).st_size
    found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        evidence: dict[str, object] = {"sha256": sha256, "found": found, "size_bytes": size_bytes}
        raise TamperError("the vault holds other bytes than were stored", evidence=evidence)


def _list_of(place: Path) -> Path:
    return place.with_name(place.name + ".chunks")


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
