"""Bytes to plain chunks and lines: gzip peeled with a limit, UTF-16 turned to UTF-8, marks dropped, huge lines refused.

Knows no vendor and no format.
"""

from __future__ import annotations

import codecs
import zlib
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.scoping.reader import ReadReport
    from incident.core.scoping.records import EvidenceRef

CHUNK_BYTES = 1 << 18
LONGEST_LINE = 1 << 20
HEAD_BYTES = 1 << 16
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib: gzip header, largest window
_FREE_EXPANSION_BYTES = 16 << 20
_LARGEST_EXPANSION = 200  # text logs shrink 5 to 30 times
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")


def source_of(ref: EvidenceRef) -> str:
    """Name evidence in a message."""
    return f"{ref.system} evidence {ref.sha256[:12]}"


def plain_head(head: bytes) -> bytes:
    """Return the readable beginning of a file: gzip and a byte order mark peeled off.

    Empty when it is broken.
    """
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(_GZIP_WINDOW).decompress(head, HEAD_BYTES)
        except zlib.error:
            return b""
    if head.startswith(_UTF16_BOMS):
        head = head.decode("utf-16", "ignore").encode()
    head = head.removeprefix(_UTF8_BOM)
    return head if b"\n" in head else head.replace(b"\r", b"\n")


def is_plain(head: bytes) -> bool:
    """Tell whether a file that begins so is neither compressed nor UTF-16."""
    return not head.startswith((_GZIP, *_UTF16_BOMS))


def plain_chunks(stream: BinaryIO, source: str, *, first_row: int = 1) -> Iterator[bytes]:
    """Yield the plain bytes of a file in chunks; a part from the middle of one is plain as it is.

    UTF-16 with its mark, as Windows writes it, comes out as UTF-8. Raises BadInputError for empty, truncated and
    bomb-like files.
    """
    first = stream.read(CHUNK_BYTES)
    if not first:
        raise BadInputError("the file is empty", source=source)
    if first_row > 1:
        yield from _chained(first, stream)
        return
    packed = first.startswith(_GZIP)
    chunks = _inflated(first, stream, source) if packed else _chained(first, stream)
    yield from _with_line_ends(_unmarked(chunks, source))


def _with_line_ends(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Turn the line ends of a file that knows only carriage returns into the usual ones."""
    first = next(chunks, b"")
    if b"\r" not in first or b"\n" in first:
        yield first
        yield from chunks
        return
    for chunk in chain((first,), chunks):
        yield chunk.replace(b"\r", b"\n")


def blocks(chunks: Iterator[bytes], first_row: int = 1) -> Iterator[tuple[int, list[bytes | None]]]:
    """Yield the number of the first line and whole lines, as many as a chunk holds; line ends are dropped.

    None stands for a line of more than a mebibyte.
    """
    row, rest, skipping = first_row, b"", False
    for chunk in chunks:
        whole: list[bytes | None] = [*(rest + chunk).split(b"\n")]
        rest = whole.pop() or b""
        if whole:
            if skipping or len(whole[0] or b"") > LONGEST_LINE:
                whole[0], skipping = None, False
            yield row, whole
            row += len(whole)
        if len(rest) > LONGEST_LINE:
            rest, skipping = b"", True
    if rest or skipping:
        yield row, [None if skipping else rest]


def lines(chunks: Iterator[bytes], first_row: int = 1) -> Iterator[tuple[int, bytes | None]]:
    """Yield line number and line without its end; None stands for a line of more than a mebibyte."""
    for first, block in blocks(chunks, first_row):
        for row, line in enumerate(block, first):
            yield row, None if line is None else line.removesuffix(b"\r")


def clean_lines(chunks: Iterator[bytes], report: ReadReport) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that can be read, count all that are not blank, set aside huge ones and NUL."""
    for row, line in lines(chunks, report.first_row):
        if is_clean(row, line, report) and line is not None:
            yield row, line


def is_clean(row: int, line: bytes | None, report: ReadReport) -> bool:
    """Count one line that is not blank, and tell whether it can be read."""
    if line is not None and b"\0" not in line:
        if not line.strip():
            return False
        report.rows += 1
        return True
    report.rows += 1
    report.set_aside(row, "line is longer than 1 MiB" if line is None else "line holds a NUL byte")
    return False


class PlainFile:
    """A file-like view of chunks for a streaming parser; remembers both ends and limits one record's size."""

    _LARGEST_RECORD = 16 << 20
    _DEEPEST = 20_000  # brackets that one record may leave open; the parser's cost grows with their square
    _END_BYTES = 4096

    def __init__(self, chunks: Iterator[bytes], source: str) -> None:
        self.chunks, self.source = chunks, source
        self.waiting = b""
        self.since_record = 0
        self.open_brackets = 0
        self.first = b""
        self.last = b""

    def start_record(self) -> None:
        """Start the limits anew."""
        self.since_record = self.open_brackets = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; BadInputError when one record is larger than 16 MiB."""
        if not size:
            return b""
        chunk = self.waiting or next(self.chunks, b"")
        cut = len(chunk) if size < 0 else size
        chunk, self.waiting = chunk[:cut], chunk[cut:]
        self.since_record += len(chunk)
        if self.since_record > self._LARGEST_RECORD:
            raise BadInputError("one record is larger than 16 MiB", source=self.source)
        self.open_brackets += sum(map(chunk.count, (b"[", b"{"))) - sum(map(chunk.count, (b"]", b"}")))
        if self.open_brackets > self._DEEPEST:
            raise BadInputError("one record is nested too deep", source=self.source)
        self.first = self.first or chunk[: self._END_BYTES]
        self.last = (self.last + chunk)[-self._END_BYTES :]
        return chunk


class Rewound:
    """A stream whose first bytes were already looked at."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int = -1) -> bytes:
        """Return the looked-at bytes first, then the rest."""
        if not self.head:
            return self.stream.read(size)
        if size < 0:
            head, self.head = self.head, b""
            return head + self.stream.read()
        part, self.head = self.head[:size], self.head[size:]
        return part


def _chained(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    yield first
    while chunk := stream.read(CHUNK_BYTES):
        yield chunk


def without_mark(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Drop a UTF-8 byte order mark from the beginning."""
    yield next(chunks, b"").removeprefix(_UTF8_BOM)
    yield from chunks


def _unmarked(chunks: Iterator[bytes], source: str) -> Iterator[bytes]:
    first = next(chunks, b"")
    if not first.startswith(_UTF16_BOMS):
        yield first.removeprefix(_UTF8_BOM)
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder("utf-16")()
    try:
        for chunk in chain((first,), chunks):
            yield decoder.decode(chunk).encode()
        decoder.decode(b"", final=True)
    except UnicodeError:  # a lone surrogate, or an odd number of bytes
        raise BadInputError("the UTF-16 text is broken or ends too early", source=source) from None


def _inflated(first: bytes, stream: BinaryIO, source: str) -> Iterator[bytes]:
    """Inflate one or several gzip members; a part file may hold many."""
    taken = given = 0
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in _chained(first, stream):
        taken += len(chunk)
        data = chunk
        while data:
            if inflater.eof:
                data = data.lstrip(b"\0")  # archives and tapes pad with zeros, and gzip itself takes them
                if not data:
                    break
                inflater = zlib.decompressobj(_GZIP_WINDOW)
            try:
                plain = inflater.decompress(data, CHUNK_BYTES)
            except zlib.error:
                raise BadInputError("the gzip data is broken", source=source) from None
            given += len(plain)
            if given > _FREE_EXPANSION_BYTES and given > taken * _LARGEST_EXPANSION:
                raise BadInputError(
                    f"the gzip data expands more than {_LARGEST_EXPANSION} times", source=source
                )
            if plain:
                yield plain
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise BadInputError("the gzip data ends too early", source=source)
