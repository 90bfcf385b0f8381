"""Batches of a notice: what binds each to the approved cohort, and the port that keeps their rows.

A batch row holds the state of up to a thousand people; a person has a row of their own only once they differ. What
states mean is `deliveries`; how an answer moves them is `answering`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol, overload

from incident.core.addressees import Addressees
from incident.core.pacing import PaceRow
from incident.core.people import BatchRow

SPLIT = "split"
"""The state of a batch whose people are in newer batches."""
UNRESOLVED = frozenset({"intent", "uncertain"})
"""States of a batch over which nothing more of it is sent."""
NOBODY = -1
"""The batch of people who were never laid out."""


class Reading(NamedTuple):
    """What a letter needs of one person: the columns that were committed to, and nothing else."""

    position: int
    email: str
    name: str | None
    language: str


class Positions(Sequence[int]):
    """Positions in order, kept as they are written and read when asked for: most are only written again."""

    __slots__ = ("texts",)

    def __init__(self, texts: list[str]) -> None:
        self.texts = texts

    def ascend(self) -> bool:
        """Whether they are in order; numbers of one length are ordered as their texts are."""
        if len(set(map(len, self.texts))) == 1:
            return self.texts == sorted(self.texts)
        return list(self) == sorted(self)

    def __len__(self) -> int:
        return len(self.texts)

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        """Read one, or several."""
        return list(map(int, self.texts[place])) if isinstance(place, slice) else int(self.texts[place])

    def __iter__(self) -> Iterator[int]:
        return map(int, self.texts)


class Readings(Sequence[Reading]):
    """What a letter needs of many people, in order, kept column by column; somebody without a name has an empty one.

    `text` is a line of `stretches.line` for each: what is hashed of them.
    """

    __slots__ = ("emails", "languages", "names", "positions", "text")

    def __init__(self, text: str, columns: Sequence[list[str]]) -> None:
        self.text = text
        self.positions = Positions(columns[0])
        self.emails, self.names, self.languages = columns[1:]

    @classmethod
    def read(cls, text: str, people: int) -> Readings | None:
        """Read the lines of `people`, in order; None where they are not, or a value holds what ends one."""
        fields = text[:-1].replace("\n", "\t").split("\t") if people else []
        if len(fields) != len(Reading._fields) * people or text.count("\n") != people:
            return None
        found = cls(text, [fields[column :: len(Reading._fields)] for column in range(len(Reading._fields))])
        return found if found.positions.ascend() else None

    def __len__(self) -> int:
        return len(self.positions)

    @overload
    def __getitem__(self, place: int) -> Reading: ...
    @overload
    def __getitem__(self, place: slice) -> list[Reading]: ...
    def __getitem__(self, place: int | slice) -> Reading | list[Reading]:
        """Return one person, or several."""
        if isinstance(place, slice):
            return list(self)[place]
        email, name = self.emails[place], self.names[place]
        return Reading(self.positions[place], email, name or None, self.languages[place])

    def __iter__(self) -> Iterator[Reading]:
        names = (name or None for name in self.names)
        return map(Reading._make, zip(self.positions, self.emails, names, self.languages, strict=True))

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Readings({len(self)} people)"


def people_sha256(people: Iterable[Reading], salt: bytes) -> str:
    """Hash what each person is told with, in order of position; sha256, hex.

    The salt is in no entry: who is given the hash and guesses an address cannot see whether the guess is right.
    """
    if isinstance(people, Readings):
        return lines_sha256((people.text,), salt)
    lines = [f"{position}\t{email}\t{name or ''}\t{language}\n" for position, email, name, language in people]
    return lines_sha256(lines, salt)


def lines_sha256(lines: Iterable[str], salt: bytes) -> str:
    """Hash what each person is told with, as `stretches.line` writes it."""
    return hashlib.sha256(salt + "".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def batch_line(number: int, letter_id: str, positions: str, people_hash: str) -> bytes:
    """Write what is committed to of one batch: its letter, its people and the hash over what they are told with."""
    return f"{number}\t{letter_id}\t{positions}\t{people_hash}\n".encode()


class Looking(NamedTuple):
    """What a turn wants to see: batches of a notice by number, and the pace of a provider."""

    notice_id: str
    numbers: tuple[int, ...]
    provider: str


class Look(NamedTuple):
    """What a turn goes by: batches by number, who of them has a row of their own and its state, and the pace."""

    rows: Mapping[int, BatchRow]
    apart: Mapping[int, Mapping[int, str]]
    pace: PaceRow | None


class Batches(Protocol):
    """Rows of batches inside one transaction."""

    def plan(self, rows: Iterable[BatchRow]) -> None:
        """Keep new batches, and who is in each."""
        ...

    def put(self, rows: Sequence[BatchRow]) -> None:
        """Write what changed about batches that are there; positions never do."""
        ...

    def split(self, parent: BatchRow, children: Sequence[BatchRow]) -> None:
        """Give people of a batch to new ones; `parent` is what becomes of it."""
        ...

    def rows(
        self,
        notice_id: str,
        *,
        states: Sequence[str] = (),
        numbers: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[BatchRow]:
        """Return one page of batches by number; empty filters let everything through."""
        ...

    def look(self, looking: Looking) -> Look:
        """Return what a turn over these batches goes by; what a transaction began by looking at is there already."""
        ...

    def count(self, notice_id: str, *, states: Sequence[str]) -> int:
        """Count the batches in these states."""
        ...

    def next_number(self, notice_id: str) -> int:
        """Return the first number that no batch has."""
        ...

    def people_by_state(self, notice_id: str) -> Mapping[str, int]:
        """Return how many people are in batches of each state, those with rows of their own counted with them."""
        ...

    def of_messages(self, message_ids: Sequence[str]) -> Mapping[str, BatchRow]:
        """Return the batches that the provider took under these ids."""
        ...

    def holders(self, notice_id: str, positions: Sequence[int]) -> Mapping[int, int]:
        """Return the batch number of each position that is laid out."""
        ...

    def addressed(self, cohort_id: str, first: int, last: int) -> Addressees:
        """Return everyone from position `first` to `last` as letters are laid out, in order."""
        ...

    def readings(self, cohort_id: str, positions: str) -> Sequence[Reading]:
        """Return what letters to these people (ranges) need, in order; people without an address are left out."""
        ...

    def readings_of(self, cohort_id: str, batches: Sequence[str]) -> Sequence[Sequence[Reading]]:
        """Return the same of the people of several batches."""
        ...

    def pace(self, provider: str) -> PaceRow | None:
        """Return how fast a provider is called now; None when nobody called it yet."""
        ...

    def put_pace(self, row: PaceRow) -> None:
        """Write how fast a provider is called from now on."""
        ...
