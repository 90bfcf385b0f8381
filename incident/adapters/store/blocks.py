"""Blocks: what is committed to of up to 256 neighbors in a cohort is one row, beside the narrow row of each.

Letters go by the narrow rows; records, ten times as long, are written and read together. Block `number` holds the
positions from 256 * number on. `positions` are ranges, `known` is JSON (pseudonyms, phones, categories in runs, length
of each record); keys and commitments are 32 bytes each, one after the other; who is erased has no record and no key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, groupby
from typing import Any, NamedTuple

from incident.core import spans
from incident.core.people import KEY_BYTES
from incident.errors import TamperError
from incident.ledger.merkle import HASH_BYTES

PEOPLE = 256
"""As many as the hashes that a proof looks up at once (`ledger.tiles`)."""
COLUMNS = ("cohort_id", "number", "positions", "known", "commitments", "keys", "records")


class Held(NamedTuple):
    """What a block holds of one person; meanings as in `core.people.PersonRow`."""

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
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    return (cohort_id, number_of(first), where, text, commitments, keys, b"".join(held.records))


def unpacked(row: Sequence[Any]) -> Mapping[int, Held]:
    """Read a block, whose values are in the order of `COLUMNS`, by position; TamperError when it is not as written."""
    try:
        return dict(_read(row))
    except (ValueError, TypeError, KeyError, TamperError):
        raise TamperError(f"{row[0]}: block {row[1]} of its people is not as this house writes it") from None


def said(pseudonym: str) -> str:
    """Return how a pseudonym stands in `known`."""
    return json.dumps(pseudonym, ensure_ascii=False)


def _read(row: Sequence[Any]) -> Iterator[tuple[int, Held]]:
    _cohort, number, where, text, commitments, keys, records = row
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
    positions = spans.read(where)
    blobs_are_bytes = all(isinstance(blob, bytes) for blob in (commitments, keys, records))
    if not blobs_are_bytes or {number_of(positions[0]), number_of(positions[-1])} != {number}:
        raise ValueError
    categories = [tuple(names) for run, names in known["categories"] for _ in range(run)]
    ends, key = accumulate(sizes), 0
    each = zip(positions, known["people"], known["phones"], categories, sizes, ends, strict=True)
    for place, (position, pseudonym, phone, names, size, end) in enumerate(each):
        own = keys[key : key + KEY_BYTES] if size else b""
        key += len(own)
        commitment = commitments[HASH_BYTES * place : HASH_BYTES * (place + 1)]
        yield position, Held(pseudonym, phone, names, records[end - size : end], own, commitment)
