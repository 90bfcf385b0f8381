"""The examples of EDPB Guidelines 01/2021 come out as the guideline says, from the general rules."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.edpb_examples import EXAMPLES
from incident.core.obligations import assess
from incident.core.risk import propose_risk
from incident.core.risk_facts import RiskFacts
from incident.core.vocabulary import Recipient
from incident.law.loader import load_book

FILES = sorted((Path(__file__).parent / "edpb").glob("*.toml"))
TOLD = [example for file in FILES for example in tomllib.loads(file.read_text(encoding="utf-8"))["examples"]]
# Tue 10 March 2026, 08:00 in Berlin
AWARE = {"became_aware_at": "2026-03-10T07:00:00+00:00", "role": "controller"}


def described() -> list[Any]:
    """Return every example as it is told, and as it might be told by somebody else."""
    return [
        pytest.param(
            {**AWARE, **example["facts"], **variant}, example, id=f"no. {example['number']}, way {way}"
        )
        for example in TOLD
        for way, variant in enumerate([{}, *example.get("variants", [])], 1)
    ]


@pytest.mark.parametrize(("facts", "example"), described())
def test_an_example_comes_out_as_the_guideline_says(facts: dict[str, Any], example: dict[str, Any]) -> None:
    proposed = propose_risk(RiskFacts.from_json(facts))
    assert proposed.level.value == example["level"], proposed.reasons
    assert proposed.reasons

    known = AssessmentFacts.from_json({**facts, "risk": proposed.level.value})
    duties = [one for one in assess(known, load_book(), holidays=PublicHolidays()).obligations if one.regime == "eu-gdpr"]  # fmt: skip
    told = {one.recipient for one in duties if one.required}
    assert (Recipient.AUTHORITY in told) is example["authority"]
    assert (Recipient.INDIVIDUALS in told) is example["individuals"]


def test_all_eighteen_are_told_and_agree_with_the_list_of_examples() -> None:
    assert [example["number"] for example in TOLD] == list(range(1, 19))
    assert [example["level"] for example in TOLD] == [example.level.value for example in EXAMPLES]


@pytest.mark.parametrize("example", TOLD, ids=lambda example: f"no. {example['number']}")
def test_the_level_follows_from_rules_and_not_from_the_example(example: dict[str, Any]) -> None:
    """Another number of people in another country, with the kinds of data in another order, changes nothing."""
    facts = {**AWARE, **example["facts"]}
    number = sum(facts["people"].values())
    moved = {
        **facts,
        "people": {"FR": number - 1 if number > 1 else number},
        "data": list(reversed(facts["data"])),
    }
    assert propose_risk(RiskFacts.from_json(moved)).level.value == example["level"]
