"""ZIP archives: what the first file in one looks like, and every file in it as plain chunks, within limits.

Entries are known by content; their names are only looked at to say which one is wrong.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO

from incident.adapters.systems.raw import CHUNK_BYTES
from incident.errors import BadInputError

ZIP_START = b"PK\x03\x04"
_LOCAL = struct.Struct("<4s5H3I2H")  # APPNOTE.TXT 4.3.7, local file header
_STORED, _DEFLATED, _RAW_DEFLATE = 0, 8, -15
_ENCRYPTED = 0x1
_MOST_FILES = 64
_LARGEST_TOTAL = 8 << 30
_LARGEST_EXPANSION = 200
_FREE_EXPANSION_BYTES = 16 << 20
_HEAD_BYTES = 1 << 16


def zipped_head(head: bytes) -> bytes:
    """Return how the first file in an archive begins; empty when that cannot be told."""
    if not head.startswith(ZIP_START) or len(head) < _LOCAL.size:
        return b""
    fields = _LOCAL.unpack_from(head)
    flags, method, name_bytes, extra_bytes = fields[2], fields[3], fields[9], fields[10]
    content = head[_LOCAL.size + name_bytes + extra_bytes :]
    if flags & _ENCRYPTED:
        return b""
    if method == _STORED:
        return content[:_HEAD_BYTES]
    try:
        return (
            zlib.decompressobj(_RAW_DEFLATE).decompress(content, _HEAD_BYTES) if method == _DEFLATED else b""
        )
    except zlib.error:
        return b""


def zipped_files(stream: BinaryIO, source: str) -> Iterator[Iterator[bytes]]:
    """Yield the chunks of each file; BadInputError for a broken, encrypted, huge or bomb-like archive."""
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _refuse_excess(entries, source)
            for entry in entries:
                with archive.open(entry) as inside:
                    yield _chunks(inside, source)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, struct.error, zlib.error):
        raise BadInputError("the archive is broken", source=source) from None
    except RuntimeError:  # zipfile's word for a password
        raise BadInputError("the archive is encrypted; unpack it first", source=source) from None


def _refuse_excess(entries: list[zipfile.ZipInfo], source: str) -> None:
    if len(entries) > _MOST_FILES:
        raise BadInputError(f"the archive holds more than {_MOST_FILES} files", source=source)
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > max(_LARGEST_EXPANSION * packed, _FREE_EXPANSION_BYTES) or total > _LARGEST_TOTAL:
        raise BadInputError("a file in the archive expands too much", source=source)


def _chunks(member: IO[bytes], source: str) -> Iterator[bytes]:
    try:
        while chunk := member.read(CHUNK_BYTES):
            yield chunk
    except (zipfile.BadZipFile, EOFError, OSError, zlib.error):
        raise BadInputError("the archive is broken", source=source) from None
