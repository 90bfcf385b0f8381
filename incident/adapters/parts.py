"""Large lines in parts: where to cut a file at line ends, and a stream of one part that checks what it hands out.

Cutting reads the whole file and checks its whole hash; a part is checked chunk by chunk. So each byte is hashed
as often as when it is read in one go, and the parts can be read side by side.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.checked_file import CheckedFile, ChunkList
from incident.core.scoping.reader import Part
from incident.errors import TamperError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE_BYTES = 1 << 20
_NEVER = -1


def cut_lines(file: BinaryIO, sha256: str, part_bytes: int) -> tuple[Part, ...]:
    """Cut a file into parts of at least so many bytes that end with a line; TamperError when its hash is another."""
    whole, parts = hashlib.sha256(), list[Part]()
    position = start = 0
    row = first_row = 1
    while piece := file.read(_PIECE_BYTES):
        whole.update(piece)
        look = max(start + part_bytes - position - 1, 0)
        while (end := piece.find(b"\n", look)) >= 0:
            parts.append(Part(start, position + end + 1, first_row))
            start, first_row = position + end + 1, row + piece.count(b"\n", 0, end + 1)
            look = start + part_bytes - position - 1
        row += piece.count(b"\n")
        position += len(piece)
    if whole.hexdigest() != sha256:
        raise TamperError(
            "the vault holds other bytes than were stored",
            evidence={"sha256": sha256, "found": whole.hexdigest(), "size_bytes": position},
        )
    return (*parts, Part(start, position, first_row)) if position > start else tuple(parts)


class CheckedPart(CheckedFile):
    """A stream of one part of a file that has a chunk list; it can be read once, from its beginning."""

    def __init__(self, file: BinaryIO, known: ChunkList, part: Part) -> None:
        super().__init__(file, known)
        self.position, self.end = part.start, part.end
        self.in_order = _NEVER  # the whole hash was checked by who cut the file

    def seekable(self) -> bool:
        """Return that it cannot be jumped in."""
        return False

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill the buffer from one checked chunk, up to the end of the part."""
        return super().readinto(memoryview(buffer).cast("B")[: max(self.end - self.position, 0)])
