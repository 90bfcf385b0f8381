"""Text that is written as it is wherever a letter takes it: in JSON, in HTML, in a header, between percent signs.

Most names and addresses hold nothing else; those that do are found by one look at all of them together.
"""

from __future__ import annotations

from collections.abc import Sequence

_QUIET = bytes(byte for byte in range(0x20, 0x7F) if byte not in b"\"\\&<>'%,;=")
"""What nothing escapes, placeholders may keep, a name may hold, and no encoded word (`=?`) can be made of."""
_BEYOND = bytes(range(0x80, 0x100))
"""Bytes of characters beyond ASCII: quiet where they are printable."""


def odd_places(columns: Sequence[Sequence[str]]) -> Sequence[int]:
    """Return the places at which a value of a column is not quiet, in order; columns are of one length."""
    people = len(columns[0])
    text = "\n".join(["\n".join(column) for column in columns])
    left = text.encode("utf-8", "surrogatepass").translate(None, _QUIET)
    if left.translate(None, _BEYOND) == b"\n" * (people * len(columns) - 1) and _are_printable(left):
        return ()
    rests = left.split(b"\n")
    if len(rests) != people * len(columns):
        return range(people)
    return sorted({place % people for place, rest in enumerate(rests) if rest and not _is_quiet(rest)})


def _is_quiet(rest: bytes) -> bool:
    return not rest.translate(None, _BEYOND) and _are_printable(rest)


def _are_printable(rest: bytes) -> bool:
    """Whether what is left of a text, its quiet bytes and the ends of its lines away, is printable."""
    return rest.translate(None, b"\n").decode("utf-8", "surrogatepass").isprintable()
