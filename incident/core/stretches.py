"""Stretches of a frozen cohort: neighbors of one place, language, certainty and exposure, so of one letter.

A cohort is ordered so that they are long. What letters to the told go by, their stretches and of each person the
address, the name and the language, is hashed once when the cohort is frozen; who lays letters out compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from incident.core.people import PersonRow

Kind = tuple[str, str, str, str]
"""Language, jurisdiction, certainty, exposure: in the order of `PersonRow`."""


class Stretch(NamedTuple):
    """People from position `first` to `last` of a cohort."""

    first: int
    last: int
    language: str
    jurisdiction: str
    certainty: str
    exposure: str

    @property
    def kind(self) -> Kind:
        """Return what they have in common."""
        return self[2:]


class Told:
    """The hash over what letters to the told go by; people are added in order of position.

    `salt` is the key of the first person, which is in no entry: who sees the hash cannot try addresses against it.
    """

    def __init__(self, salt: bytes) -> None:
        self._hash = hashlib.sha256(salt)
        self._kind: Kind | None = None

    def add(self, kind: Kind, lines: Iterable[str]) -> None:
        """Add neighbors of one kind, each as `line` writes them."""
        text = "".join(lines)
        if text and kind != self._kind:
            self._kind = kind
            text = "\t".join(("", *kind)) + "\n" + text
        self._hash.update(text.encode("utf-8", "surrogatepass"))

    def hexdigest(self) -> str:
        """Return the hash so far."""
        return self._hash.hexdigest()


def line(position: int, email: str | None, name: str | None, language: str) -> str:
    """Write what a letter to one person goes by."""
    return f"{position}\t{email or ''}\t{name or ''}\t{language}\n"


def kind_of(row: PersonRow) -> Kind:
    """Return what a letter to a person is chosen by."""
    return row[5:9]


class Stretching:
    """Finds the stretches of people who come in order of position, some at a time."""

    def __init__(self) -> None:
        self.found: list[Stretch] = []

    def add(self, positions: Sequence[int], kinds: Sequence[Sequence[str]]) -> None:
        """Add some people: where they stand, and their languages, jurisdictions, certainties and exposures."""
        first, last = positions[0], positions[-1]
        alike = all(column.count(column[0]) == len(column) for column in kinds)
        if alike and last - first + 1 == len(positions):
            self._extend(first, last, [column[0] for column in kinds])
            return
        for position, *kind in zip(positions, *kinds, strict=True):
            self._extend(position, position, kind)

    def _extend(self, first: int, last: int, kind: Sequence[str]) -> None:
        before = self.found[-1] if self.found else None
        if before is not None and before.last == first - 1 and before.kind == tuple(kind):
            self.found[-1] = before._replace(last=last)
        else:
            self.found.append(Stretch(first, last, *kind))


def stretches_of(rows: Sequence[PersonRow]) -> list[Stretch]:
    """Return the stretches of people who stand in order of position."""
    stretching = Stretching()
    if rows:
        columns = list(zip(*rows, strict=True))
        stretching.add(columns[0], columns[5:9])
    return stretching.found


def noting(rows: Iterable[PersonRow], named: frozenset[str], places: dict[str, int]) -> Iterator[PersonRow]:
    """Pass people on; `places` has where those stand whose pseudonyms are named."""
    for row in rows:
        if row[1] in named:
            places[row[1]] = row[0]
        yield row


def counted(found: Iterable[Stretch], *, told: int) -> dict[tuple[str, str, str], int]:
    """Count the people before position `told` by jurisdiction, language and exposure."""
    counts: dict[tuple[str, str, str], int] = {}
    for one in found:
        people = min(one.last, told - 1) - one.first + 1
        if people > 0:
            key = (one.jurisdiction, one.language, one.exposure)
            counts[key] = counts.get(key, 0) + people
    return counts


def ranges(
    found: Iterable[Stretch], *, jurisdiction: str | None, certainty: str | None
) -> Sequence[tuple[int, int]]:
    """Return where people of a place and a certainty stand, as (first, last), neighbors joined."""
    joined: list[tuple[int, int]] = []
    for one in found:
        if jurisdiction in {None, one.jurisdiction} and certainty in {None, one.certainty}:
            if joined and joined[-1][1] == one.first - 1:
                joined[-1] = (joined[-1][0], one.last)
            else:
                joined.append((one.first, one.last))
    return joined
