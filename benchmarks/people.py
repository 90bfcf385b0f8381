"""Synthetic people of a cohort: the same for the same seed, addresses in no order, as real lists have them.

They stand as scoping puts them: people of one kind together, by pseudonym. `Fed` has them made, and their commitments
added up, by a second process, as scoping has it done by its workers; what is measured is what is done with the rows.
"""

from __future__ import annotations

import json
import marshal
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice, repeat
from typing import IO

from incident.core.people import PersonRow
from incident.core.stretches import Kind, Told
from incident.ledger.merkle import CompactRange

PLACES = (("DE", "de"), ("FR", "en"), ("GB", "en"), ("US-CA", "en"))
EXPOSURES = ("email:confirmed;name:confirmed", "email:confirmed;name:confirmed;password_hash:confirmed")
KINDS: tuple[Kind, ...] = tuple(
    (language, place, "confirmed", exposure) for place, language in PLACES for exposure in EXPOSURES
)
CHUNK = 500
AHEAD = 1 << 20
"""Bytes of people that are made before they are asked for."""
NO_ADDRESS_EVERY = 1000
"""One in so many has no address, so that the other channels are not empty."""
TAKEN_AT = datetime(2026, 3, 10, 5, tzinfo=UTC)
_CATEGORIES = ("email", "name")


class Cohort:
    """Makes the rows as they are written, and adds up on the way what is committed to."""

    def __init__(self, people: int, seed: int) -> None:
        self.people, self.seed = people, seed
        self.tree, self.told = CompactRange(), Told(b"")
        self.without_email = people // NO_ADDRESS_EVERY

    def rows(self) -> Iterator[PersonRow]:
        """Stream the rows in order of position."""
        chance, ends = (
            random.Random(self.seed),
            [self.people * (n + 1) // len(KINDS) for n in range(len(KINDS))],
        )
        for kind, start, end in zip(KINDS, [0, *ends], ends, strict=False):
            for first in range(start, end, CHUNK):
                yield from self._chunk(kind, first, min(first + CHUNK, end), chance)

    def _chunk(self, kind: Kind, first: int, end: int, chance: random.Random) -> list[PersonRow]:
        size = end - first
        keys, marks = chance.randbytes(32 * size), chance.randbytes(16 * size).hex()
        if first == 0:
            self.told = Told(keys[:32])
        cut = [(keys[32 * n : 32 * n + 32], marks[32 * n : 32 * n + 32]) for n in range(size)]
        rows = list(map(_row, range(first, end), cut, repeat(kind)))
        self.tree = self.tree.extend([row[12] for row in rows])
        language = kind[0]
        self.told.add(kind, [f"{r[0]}\t{r[2] or ''}\t{r[3]}\t{language}\n" for r in rows])
        return rows


def _row(position: int, cut: tuple[bytes, str], kind: Kind) -> PersonRow:
    key, mark = cut
    language, place, certainty, exposure = kind
    email: str | None = (
        None if position % NO_ADDRESS_EVERY == NO_ADDRESS_EVERY - 1 else f"{mark[:14]}@example.org"
    )
    name, pseudonym = f"Person {mark[:6]}", f"P-{position:08x}{mark[24:]}"
    quoted = f'"{email}"' if email else "null"
    record = (
        f'{{"certainty":"confirmed","disabled":false,"email":{quoted},"exclusions":[],"exposures":[],"identities":'
        f'[["uid","{mark[8:24]}","strong","firebase_auth"]],"joined_by":[],"language":"{language}","name":"{name}",'
        f'"person":"{pseudonym}","phone":null,"records":[["firebase_auth","{mark}{mark}",{position}]],"residence":'
        f'{{"confidence":"declared","jurisdiction":"{place}","note":"","source":"profile"}},"staff":false}}'
    ).encode()
    return PersonRow(
        position, pseudonym, email, name, None, language, place, certainty, exposure, _CATEGORIES, record, key,
        sha256(b"\0" + key + record).digest(),
    )  # fmt: skip


class Fed:
    """A cohort whose rows come from a process of their own."""

    def __init__(self, people: int, seed: int) -> None:
        self._command = [sys.executable, "-m", "benchmarks.people", str(people), str(seed)]
        self.without_email = people // NO_ADDRESS_EVERY
        self.commitment = self.told_sha256 = ""

    def rows(self) -> Iterator[PersonRow]:
        """Stream the rows in order of position; then what is committed to is known."""
        with subprocess.Popen(self._command, stdout=subprocess.PIPE, bufsize=AHEAD, pipesize=AHEAD) as maker:
            if maker.stdout is None:
                raise SystemExit("nobody makes people")
            while isinstance(frame := self._frame(maker.stdout), list):
                yield from map(PersonRow._make, frame)
        self.commitment, self.told_sha256 = frame

    def _frame(self, pipe: IO[bytes]) -> list | tuple[str, str]:
        (size,) = struct.unpack("<I", pipe.read(4))
        return marshal.loads(pipe.read(size))


def main() -> None:
    """Write the rows of a cohort to standard output for `Fed`."""
    cohort, out = Cohort(int(sys.argv[1]), int(sys.argv[2])), sys.stdout.buffer
    rows = cohort.rows()
    while some := [tuple(row) for row in islice(rows, CHUNK)]:
        _write(out, some)
    _write(out, (cohort.tree.root().hex(), cohort.told.hexdigest()))


def _write(out: IO[bytes], frame: object) -> None:
    raw = marshal.dumps(frame)
    out.write(struct.pack("<I", len(raw)) + raw)


def document(people: int, seed: int) -> bytes:
    """Return the canonical header of such a cohort."""
    return json.dumps({"format": "tocsin-cohort/1", "people": people, "seed": seed}, sort_keys=True).encode()


if __name__ == "__main__":
    main()
