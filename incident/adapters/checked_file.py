"""Large files of the vault: a list of chunk hashes beside the bytes, and a stream that checks what it hands out.

Every byte is checked against its chunk's hash before it is handed out. Who reads from beginning to end has the whole
hash checked as well; who jumps has the whole file checked first. So no read needs the file in memory, none needs two
passes unless it jumps, and a broken chunk is named.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from incident.errors import TamperError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer

CHUNK_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class ChunkList:
    """The hashes of a file's chunks, in order; `sha256` is the whole file's."""

    sha256: str
    size_bytes: int
    chunks: tuple[str, ...]
    chunk_bytes: int = CHUNK_BYTES

    def text(self) -> str:
        """Write it down."""
        said = {
            "sha256": self.sha256, "size_bytes": self.size_bytes, "chunk_bytes": self.chunk_bytes,
            "chunks": self.chunks,
        }  # fmt: skip
        return json.dumps(said, indent=0)


def read_chunk_list(path: Path, sha256: str) -> ChunkList | None:
    """Read the list beside a file: None when there is none, TamperError when it is not a list of that file."""
    try:
        said = json.loads(path.read_bytes())
        chunks = tuple(str(each) for each in said["chunks"])
        known = ChunkList(str(said["sha256"]), int(said["size_bytes"]), chunks, int(said["chunk_bytes"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise _changed_list(sha256) from None
    if known.sha256 != sha256 or len(chunks) != -(-known.size_bytes // max(known.chunk_bytes, 1)):
        raise _changed_list(sha256)
    return known


class CheckedFile(io.RawIOBase):
    """A seekable stream over a file that has a chunk list; TamperError as soon as a byte would be wrong."""

    def __init__(self, file: BinaryIO, known: ChunkList) -> None:
        self.file, self.known = file, known
        self.position = 0
        self.place, self.chunk = -1, b""
        self.whole = hashlib.sha256()
        self.in_order = 0  # chunks that went into `whole`
        self.is_checked = False

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that it can be jumped in."""
        return True

    def tell(self) -> int:
        """Return where the next byte comes from."""
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; away from the order of reading the whole file is checked first."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.known.size_bytes}[whence]
        if base + offset not in {self.position, 0} and not self.is_checked:
            check_file(self.file, self.known)
            self.is_checked = True
        self.position = max(base + offset, 0)
        return self.position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from one checked chunk."""
        place, inside = divmod(self.position, self.known.chunk_bytes)
        if self.position >= self.known.size_bytes:
            return 0
        if place != self.place:
            self._take(place)
        view = memoryview(buffer).cast("B")
        part = self.chunk[inside : inside + len(view)]
        view[: len(part)] = part
        self.position += len(part)
        return len(part)

    def close(self) -> None:
        """Close the file too."""
        self.file.close()
        super().close()

    def _take(self, place: int) -> None:
        size = self.known.chunk_bytes
        self.file.seek(place * size)
        chunk = self.file.read(size)
        if hashlib.sha256(chunk).hexdigest() != self.known.chunks[place]:
            check_file(self.file, self.known)  # says whether bytes or list were changed
            raise _broken(self.known, place, chunk)
        if place == self.in_order:
            self.whole.update(chunk)
            self.in_order += 1
            if self.in_order == len(self.known.chunks) and self.whole.hexdigest() != self.known.sha256:
                raise TamperError(
                    "the vault holds other bytes than were stored, and a list of chunks that hides it",
                    evidence={"sha256": self.known.sha256, "found": self.whole.hexdigest()},
                )
        self.place, self.chunk = place, chunk


def check_file(file: BinaryIO, known: ChunkList) -> None:
    """Check the whole file; TamperError names the first broken chunk, or says that only the list was changed."""
    whole, broken, size_bytes = hashlib.sha256(), None, 0
    file.seek(0)
    for place, chunk in enumerate(_pieces(file, known.chunk_bytes)):
        whole.update(chunk)
        size_bytes += len(chunk)
        listed = known.chunks[place] if place < len(known.chunks) else ""
        if broken is None and hashlib.sha256(chunk).hexdigest() != listed:
            broken = _broken(known, place, chunk)
    if whole.hexdigest() == known.sha256:
        if broken is not None:
            raise _changed_list(known.sha256)
        return
    evidence: dict[str, object] = {
        "sha256": known.sha256, "found": whole.hexdigest(), "size_bytes": size_bytes,
    }  # fmt: skip
    if broken is not None:
        raise TamperError(str(broken), evidence={**broken.evidence, **evidence})
    raise TamperError("the vault holds other bytes than were stored", evidence=evidence)


def _pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece


def _broken(known: ChunkList, place: int, chunk: bytes) -> TamperError:
    start = place * known.chunk_bytes
    return TamperError(
        f"the vault holds other bytes than were stored: chunk {place + 1} of {len(known.chunks)}, from byte {start}",
        evidence={
            "sha256": known.sha256, "chunk": place, "offset_bytes": start, "size_bytes": len(chunk),
            "found": hashlib.sha256(chunk).hexdigest(),
        },
    )  # fmt: skip


def _changed_list(sha256: str) -> TamperError:
    return TamperError(
        "a list of chunks in the vault was changed", evidence={"sha256": sha256, "found": "list"}
    )
