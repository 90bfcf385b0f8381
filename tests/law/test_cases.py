"""Every regime's twin case file, row by row: facts in, duties out."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligations import assess
from incident.core.rules import Status
from incident.law.loader import load_book

CASES = Path(__file__).parent / "cases"
EXACT = {
    "required",
    "due_at",
    "due_on",
    "number_in_law",
    "clock",
    "authority",
    "confidence",
    "channel",
    "recipient",
    "version_from",
    "qualifier",
    "waiting_for",
}
CONTAINED = {"because", "derivation", "extended_reading"}
BOOK = load_book()


def rows() -> list[Any]:
    found = []
    for file in sorted(CASES.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [
            pytest.param(table["base"], case, id=f"{file.stem}: {case['name']}") for case in table["cases"]
        ]
    return found


def facts_of(base: dict[str, Any], case: dict[str, Any]) -> AssessmentFacts:
    facts = {**base, **case["facts"]}
    facts["people"] = {code: None if number == "?" else number for code, number in facts["people"].items()}
    if facts.get("risk") is False:
        facts["risk"] = None
    return AssessmentFacts.from_json(facts)


@pytest.mark.parametrize(("base", "case"), rows())
def test_case(base: dict[str, Any], case: dict[str, Any]) -> None:
    answer = assess(facts_of(base, case), BOOK, holidays=PublicHolidays()).to_json()
    found = {duty["key"]: duty for duty in answer["obligations"]}  # type: ignore[attr-defined]
    assert case["expect"] or case.get("not_covered"), "a case that expects nothing tests nothing"
    for expected in case["expect"]:
        duty = found[expected["key"]]
        for key, value in expected.items():
            if key in CONTAINED:
                assert value in (duty[key] or ""), (expected["key"], key, duty[key])
                assert value or not duty[key], (expected["key"], key, duty[key])
            elif key != "key":
                assert key in EXACT, f"a case cannot ask for {key}"
                assert duty[key] == value, (expected["key"], key)
    for key in case.get("absent", []):
        assert key not in found
    assert set(case.get("not_covered", [])) <= set(answer["not_covered"])  # type: ignore[call-overload]
    assert set(case.get("missing_facts", [])) <= set(answer["missing_facts"])  # type: ignore[call-overload]
    for question in case.get("questions", []):
        assert any(question in asked for asked in answer["questions"]), question  # type: ignore[attr-defined]


def expectations() -> list[dict[str, Any]]:
    return [
        expected
        for file in CASES.glob("*.toml")
        for case in tomllib.loads(file.read_text(encoding="utf-8"))["cases"]
        for expected in case["expect"]
    ]


def test_every_regime_has_a_twin_and_every_rule_a_row_that_decides_it() -> None:
    files = {regime.file for regime in BOOK.regimes}
    assert files == {file.name for file in CASES.glob("*.toml")}
    rows = expectations()
    required = {row["key"].split("@")[0] for row in rows if row.get("required")}
    refused = {
        row["key"].split("@")[0] for row in rows if row.get("required") is False and row.get("because")
    }
    binding = {
        rule.id
        for regime in BOOK.regimes
        for rule in regime.rules
        if any(version.no_duty is None and version.status is Status.IN_FORCE for version in rule.versions)
    }
    every = {rule.id for regime in BOOK.regimes for rule in regime.rules}
    assert binding <= required
    assert every - binding <= refused
