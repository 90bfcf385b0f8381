"""Bytes that are no UTF-8, inside a big JSON document: marked, so that only their own record is set aside."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

MARK = "\ufdd0"
"""A noncharacter, which no text that is meant to be read holds."""
_LONGEST_LETTER = 4
_BROKEN = re.compile("[\udc80-\udcff]")


class Mended:
    """Chunks in which every byte that is no UTF-8 became a mark; `bytes` counts them."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        rest = b""
        for chunk in self._chunks:
            text = rest + chunk
            try:
                text.decode()
                rest = b""
            except UnicodeDecodeError as error:
                is_cut = error.end == len(text) and error.start > len(text) - _LONGEST_LETTER
                rest = text[error.start :] if is_cut else b""
                text = text[: error.start] if is_cut else text
                if not is_cut:
                    text, rest = self._marked(text)
            if text:
                yield text
        if rest:
            yield self._marked(rest + b" ")[0]

    def is_in(self, record: object) -> bool:
        """Tell whether a record holds a mark."""
        try:
            return MARK in json.dumps(record, ensure_ascii=False, default=str)
        except RecursionError:  # nested too deep to be searched
            return True

    def _marked(self, text: bytes) -> tuple[bytes, bytes]:
        """Return the text with marks, but for a letter that may be cut at its end."""
        rest = _cut_letter(text)
        plain, count = _BROKEN.subn(MARK, text[: len(text) - len(rest)].decode("utf-8", "surrogateescape"))
        self.bytes += count
        return plain.encode(), rest


def _cut_letter(text: bytes) -> bytes:
    """Return the last bytes of a text when they begin a letter that the next chunk may end."""
    for length in range(1, _LONGEST_LETTER):
        tail = text[-length:]
        if len(tail) == length and tail[0] >= 0xC2:  # noqa: PLR2004 - the least byte that begins a longer letter
            try:
                tail.decode()
            except UnicodeDecodeError as error:
                return tail if error.reason == "unexpected end of data" else b""
            return b""
    return b""
