"""Texts of the console in every language it speaks, from catalogues; a key without words is refused, never shown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from incident.workspace import shipped

LANGUAGES = {"en": "English", "de": "Deutsch"}
FALLBACK = "en"


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts in one language."""

    language: str
    words: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """Return the text of a key, with values put in."""
        text = self.words[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there are words for a key."""
        return key in self.words

    def code(self, family: str, code: str) -> str:
        """Say a code of a family; one without words of its own is said with blanks."""
        return self.words.get(f"{family}.{code}", code.replace("_", " "))


@cache
def texts_in(language: str) -> Texts:
    """Return the texts in a language of `LANGUAGES`."""
    folder = shipped("templates") / "console" / "texts"
    words: dict[str, str] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(f".{language}.toml"):
            words |= _flat("", tomllib.loads(file.read_text(encoding="utf-8")))
    return Texts(language, words)


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
