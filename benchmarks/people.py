"""Synthetic people of a cohort: the same for the same seed, addresses in no order, as real lists have them.

They stand as scoping puts them: people of one kind together, by pseudonym. `Fed` has them made, and their commitments
added up, before the clock starts, and reads them from a file, as freezing reads what scoping left on disk.
"""

from __future__ import annotations

import json
import marshal
import random
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, count, repeat
from typing import IO, Any

from incident.core.people import PersonRow, commit
from incident.core.stretches import Kind, Told
from incident.ledger.merkle import CompactRange

PLACES = (("DE", "de"), ("FR", "en"), ("GB", "en"), ("US-CA", "en"))
EXPOSURES = ("email:confirmed;name:confirmed", "email:confirmed;name:confirmed;password_hash:confirmed")
KINDS: tuple[Kind, ...] = tuple(
    (language, place, "confirmed", exposure) for place, language in PLACES for exposure in EXPOSURES
)
CHUNK = 500
AHEAD = 1 << 20
"""Bytes of people that are read at once."""
NO_ADDRESS_EVERY = 1000
"""One in so many has no address, so that the other channels are not empty."""
TAKEN_AT = datetime(2026, 3, 10, 5, tzinfo=UTC)
_CATEGORIES = ("email", "name")

Frame = tuple[int, Kind, list, list, list, list, list, list]
"""First position, kind; pseudonyms, e-mails, names, records, keys, commitments of some people of one kind."""


class Cohort:
    """Makes the rows as they are written, and adds up on the way what is committed to."""

    def __init__(self, people: int, seed: int) -> None:
        self.people, self.seed = people, seed
        self.tree, self.told = CompactRange(), Told(b"")
        self.without_email = people // NO_ADDRESS_EVERY

    def rows(self) -> Iterator[PersonRow]:
        """Stream the rows in order of position."""
        for frame in self.frames():
            yield from _rows(frame)

    def frames(self) -> Iterator[Frame]:
        """Stream people by some hundreds of one kind."""
        chance = random.Random(self.seed)
        ends = [self.people * (n + 1) // len(KINDS) for n in range(len(KINDS))]
        for kind, start, end in zip(KINDS, [0, *ends], ends, strict=False):
            for first in range(start, end, CHUNK):
                yield self._frame(kind, first, min(first + CHUNK, end), chance)

    def _frame(self, kind: Kind, first: int, end: int, chance: random.Random) -> Frame:
        """Make people, all of one column at a time: making must not be slower than what is measured."""
        size, positions = end - first, range(first, end)
        random_bytes, marks = chance.randbytes(32 * size), chance.randbytes(16 * size).hex()
        if first == 0:
            self.told = Told(random_bytes[:32])
        keys = [random_bytes[n : n + 32] for n in range(0, 32 * size, 32)]
        own = [marks[n : n + 32] for n in range(0, 32 * size, 32)]
        emails: list[str | None] = [f"{mark[:14]}@example.org" for mark in own]
        for n in range(-1 - first % NO_ADDRESS_EVERY + NO_ADDRESS_EVERY, size, NO_ADDRESS_EVERY):
            emails[n] = None
        names = [f"Person {mark[:6]}" for mark in own]
        pseudonyms = [f"P-{position:08x}{mark[24:]}" for position, mark in zip(positions, own, strict=True)]
        quoted = [f'"{email}"' if email else "null" for email in emails]
        uids = [mark[8:24] for mark in own]
        text = _filled(_record(kind), [quoted, uids, names, pseudonyms, own, own, positions], size)
        records = text.encode().splitlines()
        commitments = list(map(commit, keys, records))
        self.tree = self.tree.extend(commitments)
        shown = [email or "" for email in emails]
        self.told.add(kind, [_filled(f"%s\t%s\t%s\t{kind[0]}\n", [positions, shown, names], size)])
        return first, kind, pseudonyms, emails, names, records, keys, commitments


def _record(kind: Kind) -> str:
    language, place, _certainty, _exposure = kind
    return (
        '{"certainty":"confirmed","disabled":false,"email":%s,"exclusions":[],"exposures":[],"identities":'
        f'[["uid","%s","strong","firebase_auth"]],"joined_by":[],"language":"{language}","name":"%s",'
        '"person":"%s","phone":null,"records":[["firebase_auth","%s%s",%s]],"residence":'
        f'{{"confidence":"declared","jurisdiction":"{place}","note":"","source":"profile"}},"staff":false}}\n'
    )


def _filled(template: str, columns: Sequence[Sequence[object]], size: int) -> str:
    """Fill a template for everybody at once."""
    values: list[object] = [None] * (size * len(columns))
    for place, column in enumerate(columns):
        values[place :: len(columns)] = column
    return (template * size) % tuple(values)


def _rows(frame: Frame) -> Iterator[PersonRow]:
    first, kind, pseudonyms, emails, names, records, keys, commitments = frame
    columns = (count(first), pseudonyms, emails, names, repeat(None), *map(repeat, kind), repeat(_CATEGORIES))
    whole = zip(*columns, records, keys, commitments, strict=False)
    return map(tuple.__new__, repeat(PersonRow), whole)  # as `_make`, without a call for each


class Fed:
    """A cohort whose rows lie in a file, made by a process of its own: making them is not what is measured."""

    def __init__(self, people: int, seed: int) -> None:
        command = [sys.executable, "-m", "benchmarks.people", str(people), str(seed)]
        self._kept = tempfile.TemporaryFile(buffering=AHEAD)  # noqa: SIM115 - closed when it is read
        subprocess.run(command, stdout=self._kept, check=True)
        self._kept.seek(0)
        self.without_email = people // NO_ADDRESS_EVERY
        self.commitment = self.told_sha256 = ""

    def rows(self) -> Iterator[PersonRow]:
        """Stream the rows in order of position, once; then what is committed to is known."""
        return chain.from_iterable(map(_rows, self._frames()))

    def _frames(self) -> Iterator[Frame]:
        with self._kept:
            while len(frame := self._read()) > len(("commitment", "told_sha256")):
                yield frame
        self.commitment, self.told_sha256 = frame

    def _read(self) -> Any:
        (size,) = struct.unpack("<I", self._kept.read(4))
        return marshal.loads(self._kept.read(size))


def main() -> None:
    """Write the rows of a cohort to standard output for `Fed`."""
    cohort, out = Cohort(int(sys.argv[1]), int(sys.argv[2])), sys.stdout.buffer
    for frame in cohort.frames():
        _write(out, frame)
    _write(out, (cohort.tree.root().hex(), cohort.told.hexdigest()))


def _write(out: IO[bytes], frame: object) -> None:
    raw = marshal.dumps(frame)
    out.write(struct.pack("<I", len(raw)) + raw)


def document(people: int, seed: int) -> bytes:
    """Return the canonical header of such a cohort."""
    return json.dumps({"format": "tocsin-cohort/1", "people": people, "seed": seed}, sort_keys=True).encode()


if __name__ == "__main__":
    main()
