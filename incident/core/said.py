"""Words that remember how they were made: English as it stands, and sayable in any other language by their key.

A `Said` is the English text, with its key and the values in it; a page in another language looks the key up in its
catalogue and puts the same values in. What people wrote, names and citations stay as they are in every language.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Self

from incident.core.places import place
from incident.core.spoken_times import day, when
from incident.core.wording import status


class Words(str):
    """A text that knows more of itself; copied and stored, it is the text alone."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """Leave only the English text behind."""
        return str, (str(self),)


class Said(Words):
    """A sentence or a part of one, in English, with its key and what was put in."""

    key: str
    values: Mapping[str, object]
    __slots__ = ("key", "values")

    def __new__(cls, key: str, english: str, values: Mapping[str, object]) -> Self:
        """Put the values into the English words."""
        self = super().__new__(cls, english.format(**{name: in_english(one) for name, one in values.items()}))
        self.key, self.values = key, values
        return self


class Term(Words):
    """A code in English words, with the code: the name of a place, a status, a fact."""

    family: str
    code: str
    __slots__ = ("code", "family")

    def __new__(cls, family: str, code: str, english: str) -> Self:
        """Keep the code beside its words."""
        self = super().__new__(cls, english)
        self.family, self.code = family, code
        return self


class Joined(Words):
    """Parts set one after the other."""

    parts: tuple[object, ...]
    between: str
    __slots__ = ("between", "parts")

    def __new__(cls, parts: Iterable[object], between: str = ", ") -> Self:
        """Join the parts, said in English."""
        kept = tuple(parts)
        self = super().__new__(cls, between.join(in_english(one) for one in kept))
        self.parts, self.between = kept, between
        return self


def say(key: str, english: str, /, **values: object) -> Said:
    """Say something: under this key in other languages, in these words in English."""
    return Said(key, english, values)


def in_english(value: object) -> str:
    """Write a value: numbers with their thousands apart, times with their zone, texts as they are."""
    match value:
        case datetime():
            return when(value)
        case date():
            return day(value)
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def status_of(code: str) -> Term:
    """Say a status."""
    return Term("status", code, status(code))


def place_of(code: str) -> Term:
    """Say a jurisdiction."""
    return Term("place", code, place(code))


def code_of(family: str, code: str) -> Term:
    """Say a code that has no English words but its own, without its underscores."""
    return Term(family, code, code.replace("_", " "))


def people(count: int) -> Said:
    """Count people."""
    return number(count, "person", "people")


def number(count: int, one: str, many: str | None = None) -> Said:
    """Count things; in other languages the noun has a word for one and a word for several."""
    if count == 1:
        return Said(f"one.{one}", f"{{n}} {one}", {"n": count})
    return Said(f"several.{one}", f"{{n}} {many or one + 's'}", {"n": count})


def clean(text: str) -> str:
    """Return what somebody wrote on one line, without its last full stop."""
    return " ".join(text.split()).rstrip(".")


NOTHING = say("nothing", "")
"""A part of a sentence that is not there."""
