"""Keep people out of the ledger: refuse text that looks like an e-mail address, a phone number or an internet address.

Entries are for ever and people are erasable, so a free text that names a person must not get in. The check is
on shapes, and cannot know a name when it sees one; forms say so beside every text field. An attacker's address is one
too: evidence and the question keep it, an entry names the network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incident.core.internet import WIDE_V4, WIDE_V6, addresses
from incident.errors import BadInputError

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>\"']+\.[^\W\d_]{2,}")
AROUND = ".,;:()[]\"'"
_PHONE = re.compile(r"(?<![\w.:-])\+\d[\d ()/.-]{7,}\d(?![\w-])")
_NATIONAL = re.compile(
    r"(?<![\w.:/+-])(?:"
    r"\(?0[1-9]\d{0,4}\)?[ /-]{1,3}\d{3,8}(?:[ -]\d{2,5}){0,3}"  # 030 5550 1234, (030) 5550-1234, 020 7946 0000
    r"|0[1-9](?:[ .]\d\d){4}"  # 01 23 45 67 89
    r"|\([2-9]\d\d\) ?[2-9]\d\d-\d{4}|[2-9]\d\d[-.][2-9]\d\d[-.]\d{4}"  # (415) 555-0100, 415-555-0100
    r")(?![\w/-]|[.:]\d)"
)
NATIONAL_DIGITS = 9
"""With fewer it may as well be a number of anything else."""
_NOT_TEXT = re.compile(r"(?:reference|positions|batches|sha256|_id|_at|_on)$")
"""Fields that hold an office's own reference, ranges or names of ours: not free text."""


def refuse_people(kind: str, data: Mapping[str, Any], *, allowed: frozenset[str] = frozenset()) -> None:
    """Raise BadInputError naming the field when a text in the data looks like a person's contact.

    `allowed` holds texts that may stand, for instance the company's own contact address.
    """
    for path, text in _texts(data, kind):
        for sign, pattern, what in (("@", _EMAIL, "an e-mail address"), ("+", _PHONE, "a phone number")):
            if sign in text and any(
                found.group().strip(AROUND) not in allowed for found in pattern.finditer(text)
            ):
                raise _refused(path, what)
        if _NOT_TEXT.search(path) is None and any(
            sum(map(str.isdigit, found.group())) >= NATIONAL_DIGITS
            and found.group().strip(AROUND) not in allowed
            and found.group() not in allowed
            for found in _NATIONAL.finditer(text)
        ):
            raise _refused(path, "a phone number")
        if _NOT_TEXT.search(path) is None and any(found.group() not in allowed for found in addresses(text)):
            wide = f"write the network (/{WIDE_V4}, /{WIDE_V6}) or nothing"
            raise _refused(path, f"an internet address ({wide})")


def is_word(text: str) -> bool:
    """Whether a text is of letters, digits and low lines only."""
    return text.isidentifier() or text.isalnum()


def _refused(path: str, what: str) -> BadInputError:
    reason = f"contains what looks like {what}; the ledger keeps no personal data, so write it without"
    return BadInputError(reason, field=path)


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Find every text but for single words, as hashes and names are: no contact is written without a sign."""
    if isinstance(value, str):
        if not is_word(value):
            yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not is_word(str(key)):
                yield f"{path} (key)", str(key)
            if (
                item is not None
                and not isinstance(item, int)
                and not (isinstance(item, str) and is_word(item))
            ):
                yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
