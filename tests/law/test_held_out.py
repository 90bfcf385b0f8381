"""Held-out cases: facts in, who must be told by when; written from the laws' texts, not from the law files.

A row knows no rule. It says whom (`to`), where (`at`), and what must hold of all duties found there: `required`,
`due` (an instant, at or before which the first is due), `day` (the local day), `number` (false: no number in
law), `office` (words of its name), `because`, `sure` (the confidence), `waits` (the clock it waits for),
`extended` (words of the disputed longer reading; empty: there is none).
`listed = false` asks that such a duty is not even considered. Rows are in `held_out/*.toml`, by region.
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligations import assess
from incident.law.loader import load_book

FOLDER = Path(__file__).parent / "held_out"
BOOK, HOLIDAYS = load_book(), PublicHolidays()
KEYS = {
    "to",
    "at",
    "stage",
    "law",
    "required",
    "due",
    "day",
    "number",
    "office",
    "because",
    "sure",
    "waits",
    "listed",
    "extended",
}
ROW = {"name", "facts", "expect", "not_covered", "questions"}
BASE: dict[str, Any] = {
    "role": "controller",
    "medium": "electronic",
    "loss": ["confidentiality"],
    "data": ["name", "email"],
    "encrypted": False,
    "key_compromised": False,
    "risk": "high",
}


def rows() -> list[Any]:
    return [
        pytest.param(row, id=f"{file.stem}: {row['name']}")
        for file in sorted(FOLDER.glob("*.toml"))
        for row in tomllib.loads(file.read_text(encoding="utf-8"))["rows"]
    ]


def found(duties: list[dict[str, Any]], want: dict[str, Any]) -> list[dict[str, Any]]:
    keys = {"to": "recipient", "at": "jurisdiction", "stage": "stage", "law": "regime"}
    return [
        each
        for each in duties
        if all(each[key] == want[short] for short, key in keys.items() if short in want)
    ]


def first(duties: list[dict[str, Any]], key: str) -> str | None:
    return min((each[key] for each in duties if each[key]), default=None)


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def check(want: dict[str, Any], duties: list[dict[str, Any]]) -> None:
    assert set(want) <= KEYS, f"a row cannot ask for {set(want) - KEYS}"
    if want.get("listed") is False:
        assert not duties
        return
    assert duties, "no such duty was considered"
    owed = [each for each in duties if each["required"]]
    assert bool(owed) is want["required"]
    told = owed or duties
    if "due" in want:
        assert instant(first(told, "due_at")) == instant(want["due"])
    if "day" in want:
        assert first(told, "due_on") == want["day"]
    if want.get("number") is False:
        assert not any(each["number_in_law"] or each["due_at"] for each in told)
    for key, name in (("office", "authority"), ("because", "because"), ("sure", "confidence")):
        if key in want:
            assert any(want[key] in (each[name] or "") for each in told), [each[name] for each in told]
    if "extended" in want:
        assert any(want["extended"] in (each["extended_reading"] or "") for each in told)
        assert want["extended"] or not any(each["extended_reading"] for each in told)
    if "waits" in want:
        assert {each["waiting_for"] for each in told} == {want["waits"]}


@pytest.mark.parametrize("row", rows())
def test_row(row: dict[str, Any]) -> None:
    assert set(row) <= ROW
    assert row.get("expect") or row.get("not_covered"), "a row that expects nothing tests nothing"
    facts = {**BASE, **row["facts"]}
    facts["people"] = {code: None if number == "?" else number for code, number in facts["people"].items()}
    if facts["risk"] is False:
        facts["risk"] = None
    answer: Any = assess(AssessmentFacts.from_json(facts), BOOK, holidays=HOLIDAYS).to_json()
    for want in row.get("expect", []):
        check(want, found(answer["obligations"], want))
    assert set(row.get("not_covered", [])) <= set(answer["not_covered"])
    for question in row.get("questions", []):
        assert any(question in asked for asked in answer["questions"]), question


def test_a_row_that_is_wrong_fails() -> None:
    duty = {
        "recipient": "authority",
        "jurisdiction": "XX",
        "stage": "initial",
        "regime": "xx",
        "required": True,
    }
    duty |= {
        "due_at": "2026-03-13T09:00:00Z",
        "due_on": "2026-03-13",
        "number_in_law": True,
        "authority": "An office",
    }
    duty |= {"because": "", "confidence": "high", "waiting_for": None}
    check({"to": "authority", "at": "XX", "required": True, "due": "2026-03-13T10:00:00+01:00"}, [duty])
    for wrong in (
        {"required": False},
        {"required": True, "due": "2026-03-13T10:00:00+00:00"},
        {"required": True, "day": "2026-03-14"},
        {"required": True, "number": False},
        {"required": True, "office": "Another"},
        {"required": True, "sure": "low"},
        {"listed": False},
    ):
        with pytest.raises(AssertionError):
            check(wrong, [duty])
