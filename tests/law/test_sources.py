"""No value without a source, and no number that its sources do not hold."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest

from incident.core.rules import Version
from incident.core.vocabulary import Confidence
from incident.law.loader import load_book

BOOK = load_book()
VERSIONS = [
    pytest.param(version, id=f"{rule.id} {version.in_force_from}")
    for regime in BOOK.regimes
    for rule in regime.rules
    for version in rule.versions
]
OFFICES = [
    pytest.param(office, id=f"{regime.id} {office.code}")
    for regime in BOOK.regimes
    for office in regime.authorities.values()
]
WORDS = {
    1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 10: "ten",
    12: "twelve", 14: "fourteen", 15: "fifteen", 20: "twenty", 24: "twenty-four", 30: "thirty", 36: "thirty-six",
    45: "forty-five", 48: "forty-eight", 60: "sixty", 72: "seventy-two", 90: "ninety",
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_says_where_it_was_read(version: Version) -> None:
    for source in version.sources:
        assert source.citation
        assert source.url.startswith("http")
        assert 0 < len(source.quote) < 300, "quote short"
        assert date(2026, 1, 1) <= source.checked_on <= version.review_by
    assert version.review_by - version.checked_on <= timedelta(days=400)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_number_stands_in_the_words_it_is_taken_from_or_is_doubted(version: Version) -> None:
    texts = [version.deadline.qualifier, *(source.quote for source in version.sources)]
    for period in (version.deadline.period, version.deadline.cap):
        if period is None:
            continue
        number = rf"(?<!\d){period.value}(?!\d)|\b{WORDS.get(period.value, '0')}\b"
        held = any(re.search(number, text, re.IGNORECASE) for text in texts)
        assert held or version.confidence is not Confidence.HIGH, (period, texts)


@pytest.mark.parametrize("office", OFFICES)
def test_every_office_says_when_it_was_checked(office) -> None:
    assert office.name
    assert office.source
    assert date(2026, 1, 1) <= office.checked_on
    assert office.channel in {"portal", "form", "email", "post", "unknown"}
    if not office.source.startswith("http"):
        assert office.source == "general knowledge, not read"
        assert office.question, "an office that nobody read asks, so that the answer is of low confidence"


def test_every_national_law_says_where_it_was_read() -> None:
    local = [each for regime in BOOK.regimes for each in regime.local]
    assert local
    for each in local:
        assert each.law
        assert each.source.url.startswith("http")
        assert 0 < len(each.source.quote) < 300
        assert date(2026, 1, 1) <= each.source.checked_on


def test_all_thirty_states_and_sixteen_laender_have_an_authority() -> None:
    regime = BOOK.regime("eu-gdpr")
    assert regime is not None
    assert len(regime.jurisdictions) == 30
    assert set(regime.jurisdictions) <= set(regime.authorities)
    assert len({code for code in regime.authorities if re.fullmatch(r"DE-[A-Z]{2}", code)}) == 16
