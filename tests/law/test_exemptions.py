"""Clauses that take a sector out of a duty, limbs of which one is enough, findings of no harm: the reading of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligation import Assessment, Obligation
from incident.core.obligations import assess
from incident.core.vocabulary import (
    ClockName,
    Compliance,
    Confidence,
    DataCategory,
    Loss,
    Medium,
    RiskLevel,
    Sector,
)
from incident.errors import BadInputError, LawFileError
from incident.law.loader import book_of, read_regime

LAW = """
id = "xx-test"
name = "A law"
citation = "A law, s. 1"
home = "XX"
zone = "Europe/Paris"

[jurisdictions]
XX = "Europe/Paris"

[exemptions.banks]
sectors = ["bank", "insurance"]
rules = ["people"]
reason = "a bank is exempt"
confidence = "high"
[exemptions.banks.source]
citation = "s. 4(1)"
url = "https://example.org/law"
quote = "a bank need not"
kind = "statute"
checked_on = 2026-11-23

[exemptions.hospitals]
sectors = ["health_provider"]
rules = ["people"]
reason = "those who keep to HIPAA are deemed to comply"
rests_on = "hipaa"
confidence = "high"
[exemptions.hospitals.source]
citation = "s. 4(2)"
url = "https://example.org/law"
quote = "deemed to be in compliance"
kind = "statute"
checked_on = 2026-11-23

[definitions.protected]
limbs = [{ label = "a number", groups = [["ssn"]] }]

[[rules]]
id = "people"
title = "Tell the people"
recipient = "individuals"
stage = "initial"
[[rules.versions]]
status = "in_force"
in_force_from = 2020-01-01
review_by = 2027-05-31
[rules.versions.condition]
data = "protected"
risk_test = "unless_unlikely"
finding = { citation = "s. 5", written = true, years = 5, consult = "the police" }
[rules.versions.deadline]
clock = "became_aware_at"
qualifier = "without delay"
[[rules.versions.sources]]
citation = "s. 1"
url = "https://example.org/law"
quote = "without delay"
kind = "statute"
checked_on = 2026-11-23

[[rules]]
id = "office"
title = "Tell the office"
recipient = "authority"
stage = "initial"
[[rules.versions]]
status = "in_force"
in_force_from = 2020-01-01
review_by = 2027-05-31
[rules.versions.condition]
data = "protected"
any_of = [
  { thresholds = [{ operator = ">=", count = 250, of = "residents" }] },
  { established = true },
  { malicious = "Was it done on purpose?" },
]
[rules.versions.deadline]
clock = "became_aware_at"
qualifier = "without delay"
[[rules.versions.sources]]
citation = "s. 2"
url = "https://example.org/law"
quote = "250 or more"
kind = "statute"
checked_on = 2026-11-23

[[rules]]
id = "finding"
title = "Send the finding to the office"
recipient = "authority"
stage = "initial"
[[rules.versions]]
status = "in_force"
in_force_from = 2020-01-01
review_by = 2027-05-31
[rules.versions.condition]
data = "protected"
risk_test = "only_unlikely"
[rules.versions.deadline]
clock = "assessed_at"
qualifier = "within 30 days of the finding"
period = { value = 30, unit = "days", clock = "assessed_at" }
[[rules.versions.sources]]
citation = "s. 5"
url = "https://example.org/law"
quote = "within 30 days"
kind = "statute"
checked_on = 2026-11-23
"""
BOOK = book_of([read_regime(LAW, "xx_test.toml")])


def ask(**known: Any) -> tuple[dict[str, Obligation], Assessment]:
    facts: dict[str, Any] = {
        "clocks": {ClockName.BECAME_AWARE: datetime(2026, 3, 10, 5, tzinfo=UTC)},
        "people": {"XX": 12},
        "data": frozenset({DataCategory.SSN}),
        "medium": Medium.ELECTRONIC,
        "loss": frozenset({Loss.CONFIDENTIALITY}),
        "risk": RiskLevel.HIGH,
        **known,
    }
    answer = assess(AssessmentFacts(**facts), BOOK, holidays=PublicHolidays())
    return {duty.rule.rpartition("/")[2]: duty for duty in answer.obligations}, answer


def test_an_outright_clause_frees_with_its_reason_and_citation() -> None:
    duties, answer = ask(sectors=frozenset({Sector.BANK}))
    assert not duties["people"].required
    assert duties["people"].because == "not owed by our sector (bank): a bank is exempt (s. 4(1))"
    assert duties["people"].confidence is Confidence.HIGH
    assert "complies" not in str(answer.missing_facts)


@pytest.mark.parametrize(
    ("complies", "required", "confidence"),
    [
        ({}, False, Confidence.LOW),
        ({Compliance.HIPAA: True}, False, Confidence.HIGH),
        ({Compliance.HIPAA: False}, True, Confidence.HIGH),
        ({Compliance.GLBA: True}, False, Confidence.LOW),
    ],
)
def test_a_deeming_clause_rests_on_a_fact_and_asks_for_it(
    complies: dict[Compliance, bool], required: bool, confidence: Confidence
) -> None:
    duties, answer = ask(sectors=frozenset({Sector.HEALTH_PROVIDER}), complies=complies)
    assert duties["people"].required is required
    assert duties["people"].confidence is confidence
    assert "s. 4(2)" in duties["people"].because
    asked = Compliance.HIPAA not in complies
    assert ("complies.hipaa" in answer.missing_facts) is asked
    assert any("we are not freed by s. 4(2)" in question for question in answer.questions) is asked


def test_a_clause_asks_nothing_where_the_duty_would_not_arise_anyway_nor_of_other_sectors() -> None:
    duties, answer = ask(sectors=frozenset({Sector.HEALTH_PROVIDER}), data=frozenset({DataCategory.EMAIL}))
    assert "none of the protected kinds" in duties["people"].because
    assert not [fact for fact in answer.missing_facts if fact.startswith("complies")]
    duties, _ = ask(sectors=frozenset({Sector.TELECOM}))
    assert duties["people"].required


@pytest.mark.parametrize(
    ("known", "required", "says"),
    [
        ({"people": {"XX": 250}}, True, "250 residents are affected"),
        ({"establishments": ("XX",)}, True, ""),
        ({"circumstances": {"malicious": True}}, True, "on purpose"),
        ({"establishments": ("YY",), "circumstances": {"malicious": False}}, False, "starts at at least 250"),
        ({"establishments": ("YY",), "circumstances": {"malicious": False}}, False, "established elsewhere"),
        (
            {"establishments": ("YY",), "circumstances": {"malicious": False}},
            False,
            "nobody did it on purpose",
        ),
    ],
)
def test_one_limb_is_enough_and_all_reasons_are_given_when_none_holds(
    known: dict[str, Any], required: bool, says: str
) -> None:
    office = ask(**known)[0]["office"]
    assert office.required is required
    assert says in office.because
    assert office.confidence is Confidence.HIGH


def test_open_limbs_ask() -> None:
    duties, answer = ask()
    assert duties["office"].required
    assert duties["office"].confidence is Confidence.LOW
    assert {"establishments", "circumstances.malicious"} <= set(answer.missing_facts)
    duties, answer = ask(establishments=("YY",))
    assert not duties["office"].required
    assert "Was it done on purpose?" in answer.questions


def test_a_duty_is_presumed_until_a_finding_which_is_recorded_and_sent() -> None:
    duties, answer = ask(risk=None)
    assert duties["people"].required
    assert duties["people"].confidence is Confidence.HIGH
    assert "presumed" in duties["people"].because
    assert not duties["finding"].required
    assert "risk" in answer.missing_facts
    assert not ask(risk=RiskLevel.RISK)[0]["finding"].required
    found = {
        ClockName.BECAME_AWARE: datetime(2026, 3, 10, 5, tzinfo=UTC),
        ClockName.ASSESSED: datetime(2026, 3, 12, 5, tzinfo=UTC),
    }
    duties, _ = ask(risk=RiskLevel.UNLIKELY, clocks=found)
    kept = "the finding is made in writing, after consulting the police, kept for 5 years (s. 5)"
    assert not duties["people"].required
    assert duties["people"].record == kept
    assert kept in duties["people"].because
    assert duties["finding"].required
    assert str(duties["finding"].due_on) == "2026-04-11"
    assert duties["finding"].to_json()["record"] is None


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('rules = ["people"]', 'rules = ["peple"]', "exemptions.banks.rules", "unknown code 'peple'"),
        ('rules = ["people"]', "rules = []", "exemptions.banks.rules", "no such rule"),
        ('sectors = ["bank", "insurance"]', "sectors = []", "exemptions.banks.sectors", "is missing"),
        ('sectors = ["bank", "insurance"]', 'sectors = ["shop"]', "exemptions.banks.sectors", "unknown code 'shop'"),
        ('rests_on = "hipaa"', 'rests_on = "hope"', "exemptions.hospitals.rests_on", "unknown code 'hope'"),
        ('quote = "a bank need not"', 'quote = "s. 4(1), not read"', "exemptions.banks.confidence", "more than the source earns"),
        ("years = 5", "years = 0", "rules[0].versions[0].condition.finding.years", "above zero"),
        ("{ established = true }", "{ stablished = true }", "rules[1].versions[0].condition.any_of[1].stablished", "not a known key"),
    ],
)  # fmt: skip
def test_a_wrong_clause_is_named(old: str, new: str, key: str, reason: str) -> None:
    assert old in LAW
    with pytest.raises(LawFileError) as caught:
        read_regime(LAW.replace(old, new, 1), "xx_test.toml")
    assert caught.value.key == key
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("complies", "field"),
    [
        ({"hope": True}, "complies.hope"),
        ({"hipaa": "yes"}, "complies.hipaa"),
        ([], "complies"),
    ],
)
def test_wrong_facts_of_compliance_are_refused(complies: object, field: str) -> None:
    facts = {"became_aware_at": "2026-03-10T05:00:00+00:00", "people": {}, "data": [], "complies": complies}
    with pytest.raises(BadInputError) as caught:
        AssessmentFacts.from_json(facts)
    assert caught.value.field == field
