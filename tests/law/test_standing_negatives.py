"""A standing negative: considered each time, never required, with its reason and its source."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligations import assess
from incident.core.vocabulary import ClockName, DataCategory, RiskLevel, Sector
from incident.errors import LawFileError
from incident.law.loader import book_of, read_regime

REGIME = """
id = "xx-test"
name = "A law"
citation = "A law, s. 1"
home = "XX"
zone = "Europe/Paris"

[jurisdictions]
XX = "Europe/Paris"

[[rules]]
id = "authority"
title = "No notice to an authority"
recipient = "authority"
stage = "initial"

[[rules.versions]]
status = "in_force"
in_force_from = 2020-01-01
review_by = 2027-05-31
no_duty = "the statute names no office that is told"
{extra}

[[rules.versions.sources]]
citation = "A law, s. 1"
url = "https://example.org/law"
quote = "no office"
kind = "statute"
checked_on = 2026-11-23
"""


def facts(*, sectors: frozenset[Sector] = frozenset()) -> AssessmentFacts:
    return AssessmentFacts(
        clocks={ClockName.BECAME_AWARE: datetime(2026, 3, 10, 5, tzinfo=UTC)},
        people={"XX": 12},
        data=frozenset({DataCategory.NAME}),
        sectors=sectors,
        risk=RiskLevel.HIGH,
    )


def test_is_considered_and_refused_with_its_reason() -> None:
    book = book_of([read_regime(REGIME.format(extra=""), "xx_test.toml")])
    answer = assess(facts(), book, holidays=PublicHolidays())
    (duty,) = answer.obligations
    assert not duty.required
    assert duty.because == "the statute names no office that is told"
    assert (duty.citation, duty.due_at, duty.derivation) == ("A law, s. 1", None, "")
    assert answer.not_covered == ()


@pytest.mark.parametrize(("sectors", "considered"), [(frozenset(), 0), (frozenset({Sector.BANK}), 1)])
def test_of_a_sector_is_silent_without_it(sectors: frozenset[Sector], considered: int) -> None:
    text = REGIME.format(extra='condition = { sectors = ["bank"] }')
    book = book_of([read_regime(text, "xx_test.toml")])
    assert len(assess(facts(sectors=sectors), book, holidays=PublicHolidays()).obligations) == considered


@pytest.mark.parametrize(
    ("extra", "key"),
    [
        ('condition = { risk_test = "high" }', "condition"),
        ('deadline = { clock = "became_aware_at", qualifier = "at once" }', "deadline"),
    ],
)
def test_holds_no_deadline_and_no_further_condition(extra: str, key: str) -> None:
    with pytest.raises(LawFileError) as refused:
        read_regime(REGIME.format(extra=extra), "xx_test.toml")
    assert key in str(refused.value)
