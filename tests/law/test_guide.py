"""The worked file and its twin in docs/adding-a-jurisdiction.md are what they say."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.obligations import assess
from incident.law.loader import book_of, read_regime
from tests.architecture.tree import CHECKOUT
from tests.law.test_cases import CONTAINED, facts_of

GUIDE = (CHECKOUT / "docs/adding-a-jurisdiction.md").read_text(encoding="utf-8")


def block(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```toml\n(.*?)\n```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


BOOK = book_of([read_regime(block("worked-file"), "xx_law.toml")])
TWIN = tomllib.loads(block("worked-twin"))


@pytest.mark.parametrize("case", TWIN["cases"], ids=lambda case: case["name"])
def test_a_row_of_the_worked_twin_holds(case: dict[str, Any]) -> None:
    answer = assess(facts_of(TWIN["base"], case), BOOK, holidays=PublicHolidays(), on=date(2026, 11, 23))
    found = {one.key: one.to_json() for one in answer.obligations}
    for expected in case["expect"]:
        duty = found[expected["key"]]
        for key, value in expected.items():
            if key in CONTAINED:
                assert value in str(duty[key])
            else:
                assert duty[key] == value
    for question in case.get("questions", []):
        assert any(question in asked for asked in answer.questions)


def test_every_rule_of_the_worked_file_has_a_row() -> None:
    rows = {expected["key"].split("@")[0] for case in TWIN["cases"] for expected in case["expect"]}
    assert {rule.id for regime in BOOK.regimes for rule in regime.rules} == rows


def test_the_guide_names_only_keys_and_files_that_are_there() -> None:
    for name in re.findall(r"`((?:incident|tests|docs)/[\w/.]+)`", GUIDE):
        if "xx_law" not in name:
            assert (CHECKOUT / name).exists(), name
