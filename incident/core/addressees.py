"""People as letters are laid out, column by column: neighbors in a cohort, those without an address among them.

There are a million of them, so nobody is a row of their own on the way; `Addressees.of` takes rows where few come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Self

from incident.core.columns import places_of, without
from incident.core.stretches import line

Addressed = tuple[int, str | None, str | None, str]
"""One person: position, address, name, language."""


class Addressees:
    """People in order of position; somebody without a name may have an empty one. `lines` are hashed of them.

    `are_text` says whether addresses and names are: SQLite keeps whatever kind of value somebody puts there.
    """

    __slots__ = ("are_text", "emails", "languages", "lines", "names", "positions")

    def __init__(
        self,
        positions: Sequence[int],
        emails: Sequence[str | None],
        names: Sequence[str | None],
        languages: Sequence[str],
        lines: Sequence[str],
        *,
        are_text: bool = True,
    ) -> None:
        self.positions, self.emails, self.names = positions, emails, names
        self.languages, self.lines, self.are_text = languages, lines, are_text

    @classmethod
    def of(cls, people: Iterable[Addressed]) -> Self:
        """Take people one by one."""
        rows = list(people)
        positions, emails, names, languages = zip(*rows, strict=True) if rows else ((), (), (), ())
        are_text = {*map(type, emails), *map(type, names)} <= {str, type(None)}
        return cls(positions, emails, names, languages, [line(*row) for row in rows], are_text=are_text)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read a line of `stretches.line` for each; None where they are not, for a value holds what ends one."""
        people, lines = text.count("\n"), text.splitlines(keepends=True)
        fields = text[:-1].replace("\n", "\t").split("\t") if people else []
        if len(fields) != 4 * people or text.count("\t") != 3 * people:
            return None
        emails, names, languages = (fields[column::4] for column in (1, 2, 3))
        try:
            positions = list(map(int, fields[::4]))
        except ValueError:
            return None
        if len(lines) != people:  # a value holds what ends a line elsewhere
            lines = [one + "\n" for one in text.split("\n")[:-1]]
        known: list[str | None] = [*emails]
        for place in places_of("", emails):
            known[place] = None
        return cls(positions, known, names, languages, lines)

    def __len__(self) -> int:
        return len(self.positions)

    def __iter__(self) -> Iterator[Addressed]:
        names = (name or None for name in self.names)
        return zip(self.positions, self.emails, names, self.languages, strict=True)

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Addressees({len(self)} people)"

    def cut(self, start: int, end: int) -> Addressees:
        """Return those from one place to before another."""
        return Addressees(*(column[start:end] for column in self._columns()))

    def at(self, places: Collection[int]) -> Addressees:
        """Return those in some places, which ascend."""
        return Addressees(*([column[place] for place in places] for column in self._columns()))

    def without(self, places: Collection[int]) -> Addressees:
        """Return all but those in some places, which ascend."""
        return Addressees(*(without(column, places) for column in self._columns())) if places else self

    def _columns(self) -> tuple[Sequence[Any], ...]:
        return self.positions, self.emails, self.names, self.languages, self.lines
