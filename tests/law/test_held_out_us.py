"""Rows written from the statutes, not from the law files: who is told, by when, and who is not.

`authority` is any office of the state, `any` whoever it is. A want is one short sentence: `individuals by 2026-04-24`, `individuals, no number`, `authority`, `authority waits`
(for something we have yet to do), `no credit_agencies`, `no individuals, says 1349.19(F)(1)`, `authority at
2026-03-11T01:00:00Z`. `silent` means that the law considers nothing at all.
"""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligations import assess
from incident.law.loader import load_book

if TYPE_CHECKING:
    from incident.core.obligation import Obligation

HELD_OUT = Path(__file__).parent / "held_out_us"
BOOK, HOLIDAYS = load_book(), PublicHolidays()
CLOCKS = ("discovered_at", "determined_at", "confirmed_at", "assessed_at")
USUAL = {
    "role": "controller",
    "sectors": [],
    "data": ["name", "ssn"],
    "medium": "electronic",
    "loss": ["confidentiality"],
    "encrypted": False,
    "key_compromised": False,
    "risk": "high",
}
WANT = re.compile(
    r"(?P<no>no )?(?P<who>[a-z_]+)"
    r"(?: by (?P<on>\d{4}-\d{2}-\d{2})| at (?P<at>\S+Z)|(?P<waits> waits)|(?P<unnumbered>, no number))?"
    r"(?:, says (?P<says>.+))?"
)


def rows() -> list[Any]:
    found = []
    for file in sorted(HELD_OUT.glob("*.toml")):
        for number, row in enumerate(tomllib.loads(file.read_text(encoding="utf-8"))["rows"]):
            told = ", ".join(f"{count} in {place}" for place, count in row["people"].items())
            found.append(pytest.param(row, id=f"{file.stem} {number}: {row['law']}, {told}, {row['at']}"))
    return found


def facts_of(row: dict[str, Any]) -> AssessmentFacts:
    clocks = dict.fromkeys(CLOCKS, row["at"]) | row.get("clocks", {})
    given = {key: value for key, value in row.items() if key not in {"law", "at", "want", "clocks", "why"}}
    known = {clock: at for clock, at in clocks.items() if at != "unknown"}
    return AssessmentFacts.from_json({**USUAL, "became_aware_at": row["at"], "clocks": known, **given})


def meets(duties: list[Obligation], want: str) -> bool:
    said = WANT.fullmatch(want)
    assert said, f"a row cannot want {want!r}"
    duties = [
        duty for duty in duties if said["says"] is None or said["says"] in f"{duty.because} {duty.derivation}"
    ]
    required = [duty for duty in duties if duty.required]
    if said["no"]:
        return not required and (said["says"] is None or bool(duties))
    if said["on"]:
        return any(str(duty.due_on) == said["on"] for duty in required)
    if said["at"]:
        return any(duty.due_at == datetime.fromisoformat(said["at"]) for duty in required)
    if said["waits"]:
        return any(duty.due_on is None and duty.waiting_for for duty in required)
    if said["unnumbered"]:
        return bool(required) and not any(duty.number_in_law or duty.due_on for duty in required)
    return bool(required)


def _is(recipient: str, who: str) -> bool:
    return who in {"any", recipient} or (who, recipient) == ("authority", "police")


@pytest.mark.parametrize("row", rows())
def test_row(row: dict[str, Any]) -> None:
    answer = assess(facts_of(row), BOOK, holidays=HOLIDAYS)
    duties = [duty for duty in answer.obligations if duty.regime == row["law"]]
    assert row["want"], "a row that wants nothing tests nothing"
    if row["want"] == ["silent"]:
        assert duties == []
        return
    for want in row["want"]:
        said = WANT.fullmatch(want)
        who = said["who"] if said else ""
        ours = [duty for duty in duties if duty.stage != "finding" and _is(duty.recipient.value, who)]
        shown = [
            (duty.rule, duty.required, str(duty.due_on), duty.confidence.value, duty.because) for duty in ours
        ]
        assert meets(ours, want), (want, shown)


def test_the_rows_are_many_and_reach_every_state() -> None:
    every = [row.values[0] for row in rows()]
    assert len(every) >= 500
    laws = {row["law"] for row in every}
    assert {regime.id for regime in BOOK.regimes if regime.home.startswith("US-") and regime.general} <= laws
