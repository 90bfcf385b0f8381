"""Texts of the console in every language it speaks, from catalogues; a key without words is refused, never shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache

from incident.core.places import place
from incident.core.said import Joined, Said, Term, Words, in_english
from incident.core.spoken_times import day, when
from incident.core.wording import status
from incident.web.hearing import Hearing, Piece
from incident.workspace import shipped

LANGUAGES = {"en": "English", "de": "Deutsch"}
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts in one language."""

    language: str
    words: Mapping[str, str]
    said: Mapping[str, str]
    """Sentences of the core in a language that is not its own, by their key."""
    hearing: Hearing | None = None
    """Knows what was recorded or raised as plain English again."""

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key, with values put in."""
        text = self.words[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self.words

    def code(self, family: str, code: str) -> str:
        """Say a code of a family; one without words of its own is said with blanks."""
        name = (
            f"category.{code}"
            if family == "value" and f"category.{code}" in self.words
            else f"{family}.{code}"
        )
        return self.words.get(name) or self.said.get(f"term.{name}") or code.replace("_", " ")

    def spoken(self, value: object) -> str:
        """Say what the core said, in this language; texts that people wrote stay as they are."""
        if self.language == FALLBACK:
            return in_english(value)
        match value:
            case Said() if value.key in self.said:
                values = {name: self.spoken(one) for name, one in value.values.items()}
                return self.said[value.key].format(**values)
            case Joined():
                return value.between.join(self.spoken(one) for one in value.parts)
            case Term():
                return self._term(value)
            case datetime():
                return when(value, self.language)
            case date():
                return day(value, self.language)
            case int():
                return f"{value:,}".replace(",", ".")
            case _:
                pieces = self.pieces(str(value))
                return str(value) if any(one.english for one in pieces) else "".join(p.text for p in pieces)

    def pieces(self, value: object) -> tuple[Piece, ...]:
        """Say something in pieces, of which those that stay English are marked."""
        if self.hearing is None or isinstance(value, Words):
            return (Piece(self.spoken(value)),)
        return self.hearing.hear(str(value)) or (Piece(str(value), english=True),)

    def _term(self, term: Term) -> str:
        if term.family == "place":
            return place(term.code, self.language)
        if term.family == "status":
            return status(term.code, self.language)
        return self.code(term.family, term.code)


@cache
def texts_in(language: str) -> Texts:
    """Return the texts in a language of `LANGUAGES`."""
    folder = shipped("templates") / "console" / "texts"
    words: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(f".{language}.toml"):
            words |= _flat("", tomllib.loads(file.read_text(encoding="utf-8")))
    said = folder / "said" / f"{language}.toml"
    if not said.is_file():
        return Texts(language, words, {})
    plain = Texts(language, words, _flat("", tomllib.loads(said.read_text(encoding="utf-8"))))
    heard = tomllib.loads((folder / "heard" / f"{language}.toml").read_text(encoding="utf-8"))
    known = Hearing(heard["patterns"], heard["weekdays"], heard["between"], plain.code)
    return replace(plain, hearing=known)


def chosen(cookie: str | None, accepted: str) -> str:
    """Return the language to speak: the one chosen before, else the browser's first that we have."""
    if cookie in LANGUAGES:
        return cookie
    for part in accepted.split(","):
        language = part.split(";")[0].strip().lower().partition("-")[0]
        if language in LANGUAGES:
            return language
    return FALLBACK


def _flat(prefix: str, table: Mapping[str, object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping):
            found |= _flat(name, value)
        else:
            found[name] = str(value)
    return found
