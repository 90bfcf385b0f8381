"""The substitute notice says what the approved letter says, and names nobody."""

from __future__ import annotations

import pytest

from incident.core.letters import letter_from
from incident.core.substitute import Publisher, as_text, substitute_notice

COMPANY = Publisher("Lampe GmbH", "Lampe", "datenschutz@lampe.example")


def text_of(scene, language: str) -> str:
    """Return the notice made of one of the scene's letters, told in a language."""
    from dataclasses import replace

    letter = letter_from(scene.house.vault.read(next(iter(scene.state.letters.values())).sha256))
    return as_text(substitute_notice(replace(letter, language=language), COMPANY, drill=True))


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Public notice: "), ("de", "Öffentliche Bekanntmachung: "), ("pl", "Public notice: ")],
)
def test_it_speaks_to_everybody_and_asks_them_to_write(played, language, title):
    text = text_of(played("to_approved"), language)
    assert text.startswith(title)
    assert COMPANY.contact in text
    assert COMPANY.name in text


def test_it_has_what_the_letter_says_and_nothing_that_names_somebody(played):
    scene = played("to_approved")
    letter = letter_from(scene.house.vault.read(next(iter(scene.state.letters.values())).sha256))
    text = text_of(scene, "en")
    assert "Dear" not in text
    assert "%name%" not in text
    assert "%reference%" not in text
    assert "\0" not in text
    for said in [line for line in letter.text.splitlines() if line.startswith("- ")]:
        assert said.strip() in text
    assert "DRILL" in text
