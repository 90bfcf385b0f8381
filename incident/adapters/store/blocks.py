"""Blocks: the people of a cohort, 256 neighbors in one row of the database.

Block `number` holds the positions from 256 * number on; `positions` are ranges. `told` is what letters go by and what
is hashed of it: a line of `stretches.line` for each person, or a JSON list where a value holds what would break one.
`known` is JSON (pseudonyms, phones, categories in runs, length of each record); records, keys and commitments stand one
after the other, the last two of 32 bytes; who is erased has no record and no key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple

import orjson

from incident.core import spans
from incident.core.addressees import Addressed
from incident.core.people import KEY_BYTES
from incident.core.stretches import line
from incident.errors import TamperError
from incident.ledger.merkle import HASH_BYTES

PEOPLE = 256
"""As many as the hashes that a proof looks up at once (`ledger.tiles`)."""
COLUMNS = ("cohort_id", "number", "positions", "told", "known", "commitments", "keys", "records")
LISTED = "["
"""How `told` begins when it is a list; a line begins with a digit."""
_BREAKS = bytes(sorted({*range(0x20)} - {*b"\t\n"}))


class Held(NamedTuple):
    """What a block holds of one person; meanings as in `core.people.PersonRow`."""

    email: str | None
    name: str | None
    language: str
    pseudonym: str
    phone: str | None
    categories: tuple[str, ...]
    record: bytes
    key: bytes
    commitment: bytes

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Held(pseudonym={self.pseudonym!r})"


class Columns(NamedTuple):
    """What a block holds of all its people, column by column, in order of position."""

    emails: Sequence[str | None]
    names: Sequence[str | None]
    languages: Sequence[str]
    pseudonyms: Sequence[str]
    phones: Sequence[str | None]
    categories: Sequence[tuple[str, ...]]
    records: Sequence[bytes]
    keys: Sequence[bytes]
    commitments: Sequence[bytes]


def number_of(position: int) -> int:
    """Return the number of the block that a position is in."""
    return position // PEOPLE


def packed(cohort_id: str, positions: Sequence[int], held: Columns) -> tuple[Any, ...]:
    """Write a block as the values of `COLUMNS`; ValueError when a key or a commitment has not its length."""
    sizes = list(map(len, held.records))
    keys, commitments = b"".join(held.keys), b"".join(held.commitments)
    present = len(sizes) - sizes.count(0)
    if len(keys) != KEY_BYTES * present or len(commitments) != HASH_BYTES * len(sizes):
        raise ValueError("everybody has a commitment, and everybody with a record a key, of 32 bytes")
    known = {
        "people": held.pseudonyms,
        "phones": held.phones,
        "categories": [(len(list(run)), names) for names, run in groupby(held.categories)],
        "sizes": sizes,
    }
    first, last = positions[0], positions[-1]
    whole = last - first + 1 == len(positions) > 1
    where = f"{first}-{last}" if whole else spans.written(positions)
    told = _told(positions, held.emails, held.names, held.languages)
    return (cohort_id, number_of(first), where, told, _json(known), commitments, keys, b"".join(held.records))


def unpacked(row: Sequence[Any]) -> Mapping[int, Held]:
    """Read a block, whose values are in the order of `COLUMNS`, by position; TamperError when it is not as written."""
    try:
        return dict(_read(row))
    except (ValueError, TypeError, KeyError, TamperError):
        raise TamperError(f"{row[0]}: block {row[1]} of its people is not as this house writes it") from None


def people_of(told: str) -> list[Addressed]:
    """Read what letters go by, person by person; ValueError or TypeError when it is not as written."""
    if not isinstance(told, str):
        raise TypeError("lines are text")
    if told.startswith(LISTED):
        return [(position, email, name, language) for position, email, name, language in json.loads(told)]
    if not told.endswith("\n"):
        raise ValueError("a line ends")
    fields = [one.split("\t") for one in told.split("\n")[:-1]]
    return [(int(place), email or None, name or None, language) for place, email, name, language in fields]


def said(value: str) -> str:
    """Return how a value stands in what is JSON."""
    return _json(value)


def _told(
    positions: Sequence[int],
    emails: Sequence[str | None],
    names: Sequence[str | None],
    languages: Sequence[str],
) -> str:
    people, text = len(positions), "".join(list(map(line, positions, emails, names, languages)))
    is_plain = text.count("\t") == 3 * people and text.count("\n") == people and _is_unbroken(text)
    if is_plain and "" not in emails and "" not in names:
        return text
    return _json(list(zip(positions, emails, names, languages, strict=True)))


def _is_unbroken(text: str) -> bool:
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw.translate(None, _BREAKS)) == len(raw)


def _json(value: object) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a lone surrogate, which only the standard library writes, the same otherwise
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(row: Sequence[Any]) -> Iterator[tuple[int, Held]]:
    _cohort, number, where, told, text, commitments, keys, records = row
    known = json.loads(text)
    sizes: list[int] = known["sizes"]
    people, present = len(sizes), len(sizes) - sizes.count(0)
    runs = [run for run, _names in known["categories"]]
    counts = (len(commitments), len(keys), len(records), spans.size(where), sum(runs))
    if (
        counts != (HASH_BYTES * people, KEY_BYTES * present, sum(sizes), people, people)
        or min(*sizes, *runs) < 0
    ):
        raise ValueError
    addressed, positions = people_of(told), spans.read(where)
    blobs_are_bytes = all(isinstance(blob, bytes) for blob in (commitments, keys, records))
    is_here = {number_of(positions[0]), number_of(positions[-1])} == {number}
    if not blobs_are_bytes or not is_here or [one[0] for one in addressed] != positions:
        raise ValueError
    categories = [tuple(names) for run, names in known["categories"] for _ in range(run)]
    ends, key = accumulate(sizes), 0
    each = zip(addressed, known["people"], known["phones"], categories, sizes, ends, strict=True)
    for place, ((position, email, name, language), pseudonym, phone, names, size, end) in enumerate(each):
        own = keys[key : key + KEY_BYTES] if size else b""
        key += len(own)
        commitment = commitments[HASH_BYTES * place : HASH_BYTES * (place + 1)]
        known_by = pseudonym, phone, names
        yield position, Held(email, name, language, *known_by, records[end - size : end], own, commitment)
