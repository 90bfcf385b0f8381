"""Guards over all templates: no value goes around the escaping, nothing is loaded, every letter is complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from incident.adapters.render import JinjaRenderer
from incident.core.letters import LETTER_LANGUAGES
from incident.core.wording import CATEGORIES, LANGUAGES, STATUSES, Words

ROOT = Path(__file__).parents[2] / "templates"
OURS = sorted(p for folder in ("notices", "postmortem") for p in (ROOT / folder).rglob("*") if p.is_file())
LETTERS = [(r, lang) for r, langs in LETTER_LANGUAGES.items() for lang in langs]
BUDGET_LINES = 150


@pytest.mark.parametrize("path", OURS, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_template_switches_escaping_off(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"\|\s*safe\b|autoescape|Markup|\bself\._|__", source)
    assert not re.search(
        r"<(img|script|iframe|object|embed|link|form|video|audio)\b|url\(|@import|http://", source
    )
    assert not re.search(r"privacy[ -]shield|\.aid\b", source, re.IGNORECASE)
    assert len(source.splitlines()) <= BUDGET_LINES


@pytest.mark.parametrize(("regime", "language"), LETTERS)
def test_every_letter_has_its_three_templates_and_a_version(regime, language):
    renderer = JinjaRenderer()
    versions = {
        renderer.version(f"notices/{regime}/{language}/{p}") for p in ("subject.txt", "body.txt", "body.html")
    }
    assert len(versions) == 3


def test_every_folder_of_letters_is_known():
    found = {(p.parent.parent.name, p.parent.name) for p in ROOT.glob("notices/*/*/body.txt")}
    assert found == set(LETTERS)


def test_both_printers_have_the_same_macros():
    def macros(name):
        return re.findall(r"{% macro (\w+\([^)]*\)) %}", (ROOT / "notices" / name).read_text())

    assert macros("printer.txt") == macros("printer.html")


@pytest.mark.parametrize("part", ["", "_advice", "_complaint", "_standard"])
def test_every_language_has_the_same_parts(part):
    found = {
        language: re.findall(
            r"{% macro (\w+\([^)]*\)) %}", (ROOT / f"notices/parts/{language}{part}.jinja").read_text()
        )
        for language in LANGUAGES
    }
    assert len({tuple(macros) for macros in found.values()}) == 1


@pytest.mark.parametrize(
    "words", [w for _, w in CATEGORIES.values()] + list(STATUSES.values()), ids=lambda w: w.en[:30]
)
def test_wording_has_both_languages_and_no_code(words: Words):
    for text in (words.en, words.de):
        assert text.strip() == text != ""
        assert "_" not in text
    assert words.en != words.de


def test_every_delivery_state_has_words():
    deliveries = pytest.importorskip("incident.core.deliveries", reason="delivery states are not built yet")
    assert {s.value for s in deliveries.DeliveryState} <= set(STATUSES)


def test_every_data_category_of_the_law_has_words():
    vocabulary = pytest.importorskip(
        "incident.core.vocabulary", reason="the law's vocabulary is not built yet"
    )
    assert {c.value for c in vocabulary.DataCategory} == set(CATEGORIES)


def test_the_fonts_come_with_their_licence():
    assert "Bitstream" in (ROOT / "fonts/LICENSE.txt").read_text(encoding="utf-8")
