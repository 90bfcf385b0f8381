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
    '{"certainty":"confirmed","disabled":false,"email":%s,"exclusions":[],"exposures":[],"identities":'
    '[["uid","%s","strong","firebase_auth"]],"joined_by":[],"language":"%s","name":"%s",'
    '"person":"%s","phone":null,"records":[["firebase_auth","%s",%d]],"residence":'
    '{"confidence":"declared","jurisdiction":"%s","note":"","source":"profile"},"staff":false}'
)
_KINDS = {
    f"{a:x}{b:x}": (*PLACES[a % 4], EXPOSURES[b % 2]) for a in range(16) for b in range(16)
}  # fmt: skip
"""What the first two digits of a person's mark stand for."""
_CATEGORIES = ("email", "name")


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
        kind = _KINDS[mark[:2]]
        place, language, exposure = kind
        name, pseudonym, email = f"Person {mark[:6]}", f"P-{mark[16:]}", f"{mark[:14]}@example.org"
        quoted = f'"{email}"'
        if position % NO_ADDRESS_EVERY == NO_ADDRESS_EVERY - 1:
            email, quoted = None, "null"  # type: ignore[assignment]
            self.without_email += 1
        record = (
            _RECORD % (quoted, mark[8:24], language, name, pseudonym, mark + mark, position, place)
        ).encode()
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        return PersonRow(
            position, pseudonym, email, name, None, language, place, "confirmed", exposure, _CATEGORIES,
            record, key, hmac.digest(key, record, "sha256"),
        )  # fmt: skip


def document(people: int, seed: int) -> bytes:
    """Return the canonical header of such a cohort."""
    return json.dumps({"format": "tocsin-cohort/1", "people": people, "seed": seed}, sort_keys=True).encode()
