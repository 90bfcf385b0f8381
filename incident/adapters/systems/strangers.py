"""Rows that show their caller plainly, and it is nobody the question asks about: they are passed over, cheaply.

Only for logs that tell callers apart by address alone. A row whose caller is hidden, masked away or oddly written
always matters, and so does one that is cut off.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from incident.core.scoping.reader import Interest

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_ADDRESS = rf"(?!0\.0\.0\.0)(?:{_OCTET}\.){{3}}{_OCTET}"  # as `ipaddress` takes it: no leading zeros
_SHOWN = re.compile(_ADDRESS)


def by_cell(interest: Interest | None) -> Callable[[str], bool]:
    """Return whether the cell of the caller's address shows a stranger."""
    if interest is None:
        return lambda _cell: False
    wanted = interest.addresses
    return lambda cell: not cell.startswith(wanted) and _SHOWN.fullmatch(cell) is not None


def line_matters(interest: Interest | None, table: str, field: str) -> Callable[[bytes], bool] | None:
    """Return whether a JSON line matters, whose caller stands in `field` of the object `table`."""
    if interest is None:
        return None
    start, inner = f'"{table}"'.encode(), f'"{field}"'.encode()
    shown = re.compile(
        rb"%s\s*:\s*\{[^{}]*%s\s*:\s*\"(%s)\"" % (re.escape(start), re.escape(inner), _ADDRESS.encode())
    )
    wanted = tuple(address.encode() for address in interest.addresses)

    def matters(line: bytes) -> bool:
        found = shown.search(line)
        if found is None or found[1].startswith(wanted) or is_cut_off(line):
            return True
        return line.count(start) > 1 or line.count(inner) > 1 or b"\\u" in line

    return matters


def is_cut_off(line: bytes) -> bool:
    """Tell whether a JSON line may end too early; a text with a brace may look so too."""
    return line.count(b"{") != line.count(b"}")
