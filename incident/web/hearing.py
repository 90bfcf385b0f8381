"""English that was recorded or raised as plain text, known again by its pattern, so that it can be said anew.

Reasons of the law, findings of the letter check and refusals are made in English, and most are kept so in the ledger.
A catalogue of patterns (`texts/heard/<language>.toml`) says each in another language, with the same values in its
holes. What no pattern knows stays English and is marked so; so are values from holes that end in `_en`: a law's words.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from incident.core.said import Words

BETWEEN = "; "
JOINT = re.compile(" and ")
WORD = re.compile(r"\w+")
WEEKDAY = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?=\d{4}-\d\d-\d\d)")
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d"
SHAPES = {
    "n": r"[\d.,]+",
    "clock": "[a-z]+(?:_[a-z]+)*_at",
    "handle": r"\S+",
    "rule": r"[^\s:;]+[^:;]*",
    "at": rf"{_DAY} \d\d:\d\d:\d\d UTC",
    "day": _DAY,
    "of": "residents|people",
    "any": ".+?",
    "known": ".+?",
    "on": r"\d{4}-\d\d-\d\d",
    "more": r"(?:; and \d+ more)?",
    "then": "(?: as of then)?",
    "data": r"\w+(?:(?:/| with )\w+)*",
}
"""What a hole takes, by how its name begins; any other takes what stands between two `; `."""
PART = "(?:(?!; ).)+?"
FAMILIES = {
    "data": "category", "losses": "value", "media": "value", "roles": "value", "sectors": "value", "staff": "role",
}  # fmt: skip
"""Holes that hold lists of codes, and the family of their words."""
FOREIGN, KNOWN = "_en", "known"
DEEPEST, MOST_KEPT = 6, 5000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and whether it stayed English."""

    text: str
    english: bool = False


def spoken_by(error: Exception) -> object:
    """Return what an error says: the sentence with its key where it has one, else the English text."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, Words) else str(error)


@dataclass(frozen=True, slots=True)
class _Pattern:
    fits: re.Pattern[str]
    says: tuple[tuple[str, str], ...]
    """Pairs of literal text and the hole after it."""


@dataclass(slots=True)
class Hearing:
    """Knows sentences again; `code` says a code of a family in the language, or returns it unchanged."""

    patterns: Mapping[str, str]
    weekdays: Mapping[str, str]
    between: Mapping[str, str]
    """Words between the codes of a list."""
    code: Callable[[str, str], str]
    _kept: dict[str, tuple[Piece, ...] | None] = field(default_factory=dict)
    _plain: dict[str, _Pattern] = field(init=False, default_factory=dict)
    _holed: list[_Pattern] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        """Read the patterns; the one with most words of its own is tried first."""
        for english in sorted(self.patterns, key=_own_words, reverse=True):
            read = _Pattern(re.compile(pattern_of(english), re.DOTALL), tuple(_pairs(self.patterns[english])))
            if any(hole for _text, hole in _pairs(english)):
                self._holed.append(read)
            else:
                self._plain[english] = read

    def hear(self, text: str) -> tuple[Piece, ...] | None:
        """Say a text in the language; None when nothing of it is known."""
        if text not in self._kept:
            if len(self._kept) > MOST_KEPT:
                self._kept.clear()
            self._kept[text] = self._hear(text, DEEPEST)
        return self._kept[text]

    def _hear(self, text: str, deep: int) -> tuple[Piece, ...] | None:
        whole = self._whole(text, deep) or self._both(text, deep)
        if whole is not None or BETWEEN not in text:
            return whole
        parts, found, known, at = text.split(BETWEEN), [], False, 0
        while at < len(parts):
            ends = range(len(parts), at, -1)
            tries = ((end, self._whole(BETWEEN.join(parts[at:end]), deep)) for end in ends)
            end, heard = next(((e, h) for e, h in tries if h is not None), (at + 1, None))
            known = known or heard is not None
            found += [*([Piece(BETWEEN)] if at else []), *(heard or (Piece(parts[at], english=True),))]
            at = end
        return tuple(found) if known else None

    def _both(self, text: str, deep: int) -> tuple[Piece, ...] | None:
        """Say two reasons that are joined, when both are known to their last part."""
        for place in JOINT.finditer(text) if deep else ():
            sides = text[: place.start()], text[place.end() :]
            first, second = (self._hear(side, deep - 1) for side in sides)
            if first and second and not any(one.english for one in (*first, *second)):
                return (*first, Piece(f" {self.between['and']} "), *second)
        return None

    def _whole(self, text: str, deep: int) -> tuple[Piece, ...] | None:
        if text in self._plain:
            return (Piece(self._plain[text].says[0][0]),)
        for pattern in self._holed:
            fit = pattern.fits.fullmatch(text)
            if fit is not None and self._trusted(fit.groupdict(), deep):
                return tuple(self._said(pattern, fit.groupdict(), deep))
        return None

    def _trusted(self, values: Mapping[str, str], deep: int) -> bool:
        """Whether what has to be known is: a pattern of few words of its own fits too much."""
        asked = [value for hole, value in values.items() if hole.startswith(KNOWN)]
        return not asked or (deep > 0 and all(self._hear(value, deep - 1) is not None for value in asked))

    def _said(self, pattern: _Pattern, values: Mapping[str, str], deep: int) -> Iterator[Piece]:
        for literal, hole in pattern.says:
            if literal:
                yield Piece(literal)
            if hole:
                yield from self._value(hole, values[hole], deep)

    def _coded(self, family: str, word: str) -> str:
        return self.between.get(word) or self.code(family, word)

    def _value(self, hole: str, value: str, deep: int) -> Iterator[Piece]:
        name = hole.rstrip("0123456789")
        if name in FAMILIES:
            yield Piece(WORD.sub(lambda one: self._coded(FAMILIES[name], one.group()), value))
        elif (coded := self.code(name, value)) != value.replace("_", " "):
            yield Piece(coded)
        elif (heard := self._hear(value, deep - 1) if deep else None) is not None:
            yield from heard
        else:
            text = WEEKDAY.sub(lambda day: f"{self.weekdays[day.group(1)]} ", value)
            yield Piece(text, english=hole.endswith(FOREIGN))


def pattern_of(english: str) -> str:
    """Return the regular expression of a pattern; the same hole twice has to hold the same."""
    made, seen = "", set()
    for literal, hole in _pairs(english):
        made += re.escape(literal)
        if hole in seen:
            made += f"(?P={hole})"
        elif hole:
            seen.add(hole)
            made += f"(?P<{hole}>{SHAPES.get(re.split(r'[_0-9]', hole)[0], PART)})"
    return made


def shape(english: str) -> str:
    """Return a pattern with its holes nameless, to compare it with the place where the sentence is made."""
    return "".join(literal + ("{}" if hole else "") for literal, hole in _pairs(english))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for literal, name, _, _ in string.Formatter().parse(text):
        yield literal, name or ""


def _own_words(english: str) -> int:
    return sum(len(literal) for literal, _hole in _pairs(english))
