"""Nothing is held with high confidence that was not read in the law itself, or in two independent places."""

from __future__ import annotations

import re
from datetime import date

import pytest

from incident.core.law_index import entries
from incident.core.rule_confidence import earned, earned_by, in_words, numbers_of, says
from incident.core.rules import Source, SourceKind
from incident.core.vocabulary import Confidence
from incident.errors import LawFileError
from incident.law.loader import load_book, read_regime
from tests.law.test_loader import GOOD

BOOK = load_book()


def source(kind: SourceKind, url: str, quote: str) -> Source:
    return Source("s. 1", url, quote, kind, date(2026, 11, 23))


OWN = source(SourceKind.STATUTE, "https://a.example/1", "within 30 days where 1,000 residents")
UNREAD = source(SourceKind.STATUTE, "https://a.example/1", "s. 1, not read: 30 days")
FIRST = source(SourceKind.COMMENTARY, "https://www.b.example/1", "thirty days, 1000 residents")
AGAIN = source(SourceKind.COMMENTARY, "https://b.example/2", "30 days")
SECOND = source(SourceKind.COMMENTARY, "https://c.example/2", "30 days")


def test_every_version_of_the_catalogue_claims_no_more_than_it_earns() -> None:
    high = [entry for entry in entries(BOOK) if entry.version.confidence is Confidence.HIGH]
    assert len(high) > 150
    for entry in high:
        read = [each for each in entry.version.sources if "not read" not in each.quote]
        own = [each for each in read if each.kind is not SourceKind.COMMENTARY]
        hosts = {each.url.split("/")[2].removeprefix("www.") for each in read}
        assert own or len(hosts) >= 2, entry.rule.id


UNREAD_WORDS = re.compile(r"not read|from memory|remembered|general knowledge|own knowledge", re.IGNORECASE)


def test_what_nobody_read_is_of_low_confidence() -> None:
    seen = 0
    for entry in entries(BOOK):
        if all(UNREAD_WORDS.search(source.quote) for source in entry.version.sources):
            seen += 1
            assert entry.version.confidence is Confidence.LOW, entry.rule.id
        for clause in entry.version.condition.exemptions:
            if UNREAD_WORDS.search(clause.source.quote):
                assert clause.confidence is Confidence.LOW, (entry.rule.id, clause.name)
    assert seen > 30


def test_every_clause_that_frees_for_certain_claims_no_more_than_it_earns() -> None:
    clauses = {
        (entry.regime.id, each.name): each
        for entry in entries(BOOK)
        for each in entry.version.condition.exemptions
    }
    for each in clauses.values():
        if each.confidence is Confidence.HIGH:
            assert earned_by([each.source]) is Confidence.HIGH


@pytest.mark.parametrize(
    ("sources", "numbers", "qualifier", "confidence"),
    [
        ([OWN], (), "", Confidence.HIGH),
        ([OWN], (30, 1000), "", Confidence.HIGH),
        ([OWN], (45,), "", Confidence.MEDIUM),
        ([OWN], (45,), "within forty-five days", Confidence.HIGH),
        ([UNREAD], (), "", Confidence.LOW),
        ([], (), "", Confidence.LOW),
        ([UNREAD, FIRST], (), "", Confidence.MEDIUM),
        ([FIRST], (), "", Confidence.MEDIUM),
        ([FIRST, AGAIN], (), "", Confidence.MEDIUM),
        ([FIRST, SECOND], (30,), "", Confidence.HIGH),
        ([FIRST, SECOND], (1000,), "more than 1000", Confidence.MEDIUM),
    ],
)
def test_what_sources_earn(
    sources: list[Source], numbers: tuple[int, ...], qualifier: str, confidence: Confidence
) -> None:
    assert earned_by(sources, numbers, qualifier) is confidence


@pytest.mark.parametrize(
    ("number", "text", "held"),
    [
        (1000, "more than 1,000 residents", True),
        (1000, "more than one thousand (1,000)", True),
        (1000, "one thousand persons", True),
        (1000, "11,000 residents", False),
        (1000, "1,000,000 residents", False),
        (250, "two hundred and fifty", True),
        (45, "forty five days", True),
        (45, "145 days", False),
        (10000, "ten thousand", True),
        (15, "fifteen", True),
        (5, "five", True),
        (5, "forty-five", False),
    ],
)
def test_numbers_are_found_in_digits_and_words(number: int, text: str, held: bool) -> None:
    assert says(number, text) is held


def test_numbers_in_words() -> None:
    assert [in_words(number) for number in (0, 12, 20, 72, 500, 1001, 250_000)] == [
        "zero", "twelve", "twenty", "seventy-two", "five hundred", "one thousand one", "two hundred fifty thousand",
    ]  # fmt: skip


def test_a_file_may_claim_less_but_not_more() -> None:
    rule = read_regime(GOOD, "xx.toml").rules[0]
    assert numbers_of(rule.versions[0]) == {3, 5}
    assert earned(rule.versions[0]) is Confidence.MEDIUM  # the 5 people stand in no quote
    quoted = GOOD.replace('quote = "within 3 days"', 'quote = "within 3 days, of more than 5"')
    assert read_regime(quoted, "xx.toml").rules[0].versions[0].confidence is Confidence.HIGH
    lower = quoted.replace('status = "in_force"', 'status = "in_force"\nconfidence = "low"')
    assert read_regime(lower, "xx.toml").rules[0].versions[0].confidence is Confidence.LOW
    with pytest.raises(LawFileError, match="more than the sources earn") as refused:
        read_regime(
            GOOD.replace('status = "in_force"', 'status = "in_force"\nconfidence = "high"'), "xx.toml"
        )
    assert refused.value.key == "rules[0].versions[0].confidence"
