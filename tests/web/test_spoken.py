"""What the core says is in the other language's catalogue, whole, and nothing of it stays English on a German page."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime

import pytest

from incident.core.events import REGISTRY
from incident.core.places import COUNTRIES
from incident.core.places_german import COUNTRIES_DE
from incident.core.said import Joined, Term, number, people, say
from incident.core.sentences import sentence
from incident.core.vocabulary import ClockName, DataCategory
from incident.web.texts import LANGUAGES, texts_in
from tests.architecture.tree import CHECKOUT
from tests.core.test_sentences import sample

OTHERS = sorted(set(LANGUAGES) - {"en"})
AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)


def said_in_core() -> dict[str, str]:
    """Read every key with its English words out of the program; the same key always has the same words."""
    found: dict[str, str] = {}
    for path in sorted((*(CHECKOUT / "incident").rglob("*.py"), *(CHECKOUT / "flows").rglob("*.py"))):
        for key, words in calls(ast.parse(path.read_text(encoding="utf-8"))):
            assert found.setdefault(key, words) == words, (path, key)
    return found


def calls(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)):
        given = [one.value for one in call.args if isinstance(one, ast.Constant)]
        texts = [one for one in given if isinstance(one, str)]
        if call.func.id == "say" and len(texts) == 2 and len(call.args) == 2:
            yield texts[0], texts[1]
        if call.func.id == "number" and texts:
            yield from ((f"one.{texts[0]}", "{n}"), (f"several.{texts[0]}", "{n}"))


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_of_the_core_is_in_the_catalogue(language: str) -> None:
    english, other = said_in_core(), texts_in(language).said
    people = {f"{n}.person": "{n}" for n in ("one", "several")}
    expected = english | people
    assert len(expected) > 150
    assert {key for key in other if not key.startswith("term.")} == set(expected)
    assert not {key for key, text in expected.items() if holes(text) != holes(other[key])}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_entry_is_said_in_the_language(kind: str, empty: bool, language: str) -> None:
    event, texts = sample(REGISTRY[kind], empty=empty), texts_in(language)
    text = texts.spoken(sentence(event))
    assert text != sentence(event)
    assert text.endswith(".")
    for raw in ("_", "None", "{", "}", "  ", "..", " were ", " the ", "March", "people"):
        assert raw not in text, text


@pytest.mark.parametrize("language", OTHERS)
def test_codes_of_the_core_have_words(language: str) -> None:
    texts = texts_in(language)
    assert not {one.value for one in ClockName if f"clock.{one.value}" not in texts.words}
    assert not {one.value for one in DataCategory if f"category.{one.value}" not in texts.words}
    assert set(COUNTRIES_DE) == set(COUNTRIES)


def test_values_keep_their_kind_in_german() -> None:
    german = texts_in("de")
    assert german.spoken(number(1, "batch", "batches")) == "1 Paket"
    assert german.spoken(people(1_234_567)) == "1.234.567 Personen"
    assert german.spoken(AT) == "10. März 2026, 05:00 Uhr UTC"
    assert german.spoken(AT.date()) == "10. März 2026"
    assert german.spoken(Term("place", "US-CA", "California (US)")) == "Kalifornien (US)"
    assert german.spoken(Joined((Term("place", "FR", "France"), 1000), " ")) == "Frankreich 1.000"
    assert german.spoken("as somebody wrote it, {with} braces") == "as somebody wrote it, {with} braces"


def test_what_somebody_wrote_is_never_read_as_a_pattern() -> None:
    hostile = say("paused", "Sending is paused: {why}.", why="{why.__class__} {0} %s")
    assert hostile == "Sending is paused: {why.__class__} {0} %s."
    assert texts_in("de").spoken(hostile) == "Der Versand ruht: {why.__class__} {0} %s."


def test_english_is_the_sentence_itself_and_a_copy_is_plain_text() -> None:
    text = sentence(sample(REGISTRY["incident:opened"], empty=False))
    assert texts_in("en").spoken(text) == text
    assert type(deepcopy(text)) is str
    assert deepcopy(text) == text
