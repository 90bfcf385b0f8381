"""Every text is there in every language, is used, and every text that is used is there."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from incident.web.texts import LANGUAGES, chosen, texts_in
from tests.architecture.tree import CHECKOUT

TEMPLATES = sorted((CHECKOUT / "templates/console").rglob("*.html"))
CODE = sorted((CHECKOUT / "incident/web").rglob("*.py"))
LITERAL = re.compile(r"""\b(?:t|texts)\(\s*["']([a-z0-9_.]+)["']\s*[,)]""")
FAMILY = re.compile(r"""["']([a-z0-9_]+\.)["'] ~ """)


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"en"}))
def test_every_language_has_the_same_keys_and_holes(language: str) -> None:
    english, other = texts_in("en").words, texts_in(language).words
    assert set(english) == set(other)
    assert not {key for key in english if holes(english[key]) != holes(other[key])}
    assert not {key for key, text in other.items() if not text.strip()}


@pytest.mark.parametrize("path", [*TEMPLATES, *CODE], ids=lambda p: p.name)
def test_a_text_that_is_asked_for_is_there(path: Path) -> None:
    words = texts_in("en").words
    text = path.read_text(encoding="utf-8")
    assert not {key for key in LITERAL.findall(text) if key not in words}
    assert not {f for f in FAMILY.findall(text) if not any(key.startswith(f) for key in words)}


@pytest.mark.parametrize(
    ("cookie", "accepted", "expected"),
    [
        (None, "", "en"),
        (None, "de-AT,de;q=0.9,en;q=0.5", "de"),
        (None, "fr,pl", "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
    ],
)
def test_the_language_is_the_chosen_one_or_the_browsers(
    cookie: str | None, accepted: str, expected: str
) -> None:
    assert chosen(cookie, accepted) == expected
