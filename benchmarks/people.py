"""Synthetic people of a cohort: the same for the same seed, addresses in no order, as real lists have them."""

from __future__ import annotations

import hmac
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

from incident.core.people import PersonRow
from incident.ledger.merkle import CompactRange, leaf_hash

PLACES = (("DE", "de"), ("FR", "en"), ("US-CA", "en"), ("GB", "en"))
EXPOSURES = ("email:confirmed;name:confirmed", "email:confirmed;name:confirmed;password_hash:confirmed")
CHUNK = 1000
NO_ADDRESS_EVERY = 1000
"""One in so many has no address, so that the other channels are not empty."""
TAKEN_AT = datetime(2026, 3, 10, 5, tzinfo=UTC)

_RECORD = (
    '{{"certainty":"confirmed","disabled":false,"email":{email},"exclusions":[],"exposures":[],"identities":'
    '[["uid","{uid}","strong","firebase_auth"]],"joined_by":[],"language":"{language}","name":"{name}",'
    '"person":"{person}","phone":null,"records":[["firebase_auth","{sha}",{row}]],"residence":'
    '{{"confidence":"declared","jurisdiction":"{place}","note":"","source":"profile"}},"staff":false}}'
)


class Cohort:
    """Makes the rows as they are written, and adds up their commitments on the way."""

    def __init__(self, people: int, seed: int) -> None:
        self.people, self.seed = people, seed
        self.tree = CompactRange()
        self.without_email = 0
        self.kinds: dict[tuple[str, str, str], int] = {}

    def rows(self) -> Iterator[PersonRow]:
        """Stream the rows in order of position."""
        chance = random.Random(self.seed)
        for start in range(0, self.people, CHUNK):
            size = min(CHUNK, self.people - start)
            keys, marks = chance.randbytes(32 * size), chance.randbytes(16 * size).hex()
            rows = [self._row(start, n, keys, marks) for n in range(size)]
            self.tree = self.tree.extend(leaf_hash(row.commitment) for row in rows)
            yield from rows

    def _row(self, start: int, n: int, keys: bytes, marks: str) -> PersonRow:
        position, mark, key = start + n, marks[32 * n : 32 * n + 32], keys[32 * n : 32 * n + 32]
        (place, language), exposure = PLACES[int(mark[0], 16) % 4], EXPOSURES[int(mark[1], 16) % 2]
        name = f"Person {mark[:6]}"
        email = None if position % NO_ADDRESS_EVERY == NO_ADDRESS_EVERY - 1 else f"{mark[:14]}@example.org"
        pseudonym = f"P-{mark[16:]}"
        record = _RECORD.format(
            email="null" if email is None else f'"{email}"', uid=mark[8:24], language=language, name=name,
            person=pseudonym, sha=mark * 2, row=position, place=place,
        ).encode()  # fmt: skip
        self.without_email += email is None
        kind = (place, language, exposure)
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return PersonRow(
            position, pseudonym, email, name, None, language, place, "confirmed", exposure, ("email", "name"),
            record, key, hmac.digest(key, record, "sha256"),
        )  # fmt: skip


def document(people: int, seed: int) -> bytes:
    """Return the canonical header of such a cohort."""
    return json.dumps({"format": "tocsin-cohort/1", "people": people, "seed": seed}, sort_keys=True).encode()
