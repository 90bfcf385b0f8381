"""Keep people out of the ledger: refuse text that looks like an e-mail address or an international phone number.

Entries are for ever and people are erasable, so a free text that names a person must not get in. The check is
on shapes, and cannot know a name when it sees one; forms say so beside every text field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from incident.errors import BadInputError

_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>\"']+\.[^\W\d_]{2,}")
AROUND = ".,;:()[]\"'"
_PHONE = re.compile(r"(?<![\w.:-])\+\d[\d ()/.-]{7,}\d(?![\w-])")


def refuse_people(kind: str, data: Mapping[str, Any], *, allowed: frozenset[str] = frozenset()) -> None:
    """Raise BadInputError naming the field when a text in the data looks like a person's contact.

    `allowed` holds texts that may stand, for instance the company's own contact address.
    """
    for path, text in _texts(data, kind):
        for sign, pattern, what in (("@", _EMAIL, "an e-mail address"), ("+", _PHONE, "a phone number")):
            if sign in text and any(
                found.group().strip(AROUND) not in allowed for found in pattern.finditer(text)
            ):
                raise BadInputError(
                    f"contains what looks like {what}; the ledger keeps no personal data, so write it without",
                    field=path,
                )


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{path} (key)", str(key)
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}[{index}]")
