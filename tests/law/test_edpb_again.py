"""The examples of the EDPB, coded by others and with one fact changed: the rules carry them, no list does."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core.risk import propose_risk
from incident.core.risk_facts import Access, Recipients, RiskFacts
from incident.core.vocabulary import DataCategory, Loss, RiskLevel

TOLD = tomllib.loads((Path(__file__).parent / "edpb_again" / "paraphrased.toml").read_text(encoding="utf-8"))
AWARE = {"became_aware_at": "2026-03-10T07:00:00+00:00", "role": "controller"}


def retold() -> list[Any]:
    return [
        pytest.param({**AWARE, **way}, each["level"], id=f"no. {each['number']}, coding {place}")
        for each in TOLD["retold"]
        for place, way in enumerate(each["ways"], 1)
    ]


@pytest.mark.parametrize(("facts", "level"), retold())
def test_however_an_example_is_coded_its_level_is_the_guideline_s(facts: dict[str, Any], level: str) -> None:
    proposed = propose_risk(RiskFacts.from_json(facts))
    assert proposed.level.value == level, proposed.reasons


@pytest.mark.parametrize("each", TOLD["changed"], ids=lambda each: each["told"])
def test_one_fact_makes_the_difference(each: dict[str, Any]) -> None:
    proposed = propose_risk(RiskFacts.from_json({**AWARE, **each["facts"]}))
    assert proposed.level.value == each["level"], proposed.reasons


def test_every_example_is_retold_at_least_twice() -> None:
    assert [each["number"] for each in TOLD["retold"]] == list(range(1, 19))
    assert all(len(each["ways"]) > 1 for each in TOLD["retold"])


FLAG = st.sampled_from([None, True, False])
FACTS = st.builds(
    RiskFacts,
    data=st.frozensets(st.sampled_from(DataCategory), min_size=1, max_size=5),
    loss=st.frozensets(st.sampled_from(Loss)),
    people=st.none() | st.integers(1, 200_000),
    encrypted=FLAG,
    key_compromised=FLAG,
    recipients=st.none() | st.sampled_from(Recipients),
    malicious=FLAG,
    access=st.none() | st.sampled_from(Access),
    altered_for_good=FLAG,
    essential_service=FLAG,
    vulnerable_people=FLAG,
    targeted=FLAG,
)
RANK = [RiskLevel.UNLIKELY, RiskLevel.RISK, RiskLevel.HIGH]
SPREAD = [Recipients.NOBODY, Recipients.TRUSTED, Recipients.KNOWN, Recipients.UNKNOWN, Recipients.ATTACKER]


def level(facts: RiskFacts) -> int:
    return RANK.index(propose_risk(facts).level)


@settings(max_examples=150, deadline=None)
@given(facts=FACTS, more=st.sampled_from(DataCategory), people=st.integers(1, 200_000))
def test_what_is_worse_never_comes_out_better(facts: RiskFacts, more: DataCategory, people: int) -> None:
    assert level(facts) <= level(replace(facts, data=facts.data | {more}))
    if facts.people is not None and facts.people > 1:
        assert level(facts) <= level(replace(facts, people=facts.people + people))
    assert level(replace(facts, encrypted=True, key_compromised=False)) <= level(facts)
    assert level(replace(facts, malicious=False)) <= level(replace(facts, malicious=True))
    assert level(replace(facts, vulnerable_people=False)) <= level(replace(facts, vulnerable_people=True))
    assert level(replace(facts, targeted=False)) <= level(replace(facts, targeted=True))
    spread = [level(replace(facts, recipients=who)) for who in SPREAD]
    assert spread == sorted(spread)
    held = [level(replace(facts, access=access)) for access in Access]
    assert held == sorted(held)
    if facts.loss:
        assert level(facts) <= level(replace(facts, loss=frozenset()))
