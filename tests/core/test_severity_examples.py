"""Severity by ENISA's method of December 2013, on the kinds of example that its annexes give.

Annex A scores kinds of data in their context, B how easily people are found, C what happened; a row here is one
of them, in our own words. The rows of scores are the formula done by hand.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from incident.core.risk import BASIC, INDIRECT, PERSONAL, SERIOUS, SPECIAL
from incident.core.risk_facts import RiskFacts
from incident.core.severity import Band, ClassScore, DataClass, Degree, Ease, SeverityInputs, score_severity
from incident.core.severity_proposal import not_scorable, propose_severity
from incident.core.vocabulary import DataCategory

S, B, F, X = DataClass.SIMPLE, DataClass.BEHAVIORAL, DataClass.FINANCIAL, DataClass.SENSITIVE
N, L, G, M = Ease.NEGLIGIBLE, Ease.LIMITED, Ease.SIGNIFICANT, Ease.MAXIMUM
NO, SOME, ALL = Degree.NONE, Degree.SOME, Degree.FULL

CONTEXTS = [
    ("customers of a supermarket", S, 0, 1),
    ("customers of a seller of luxury goods", S, +1, 2),
    ("delivery addresses of a shop for adults", S, +2, 3),
    ("names of undercover officers", S, +3, 4),
    ("calls to a provider's help desk", B, -1, 1),
    ("a week of calls", B, 0, 2),
    ("a year of calls", B, +1, 3),
    ("calls to a psychological help line", B, +2, 4),
    ("that somebody is a bank's customer", F, -2, 1),
    ("transactions of a day, without details", F, -1, 2),
    ("balances of a month", F, 0, 3),
    ("statements of a year, in detail", F, +1, 4),
    ("that somebody had a general blood test", X, -3, 1),
    ("that somebody had a blood test in an emergency room", X, -2, 2),
    ("that somebody was tested for a certain disease", X, -1, 3),
    ("the result of that test", X, 0, 4),
    ("no score leaves 1 to 4, upward", X, +3, 4),
    ("no score leaves 1 to 4, downward", S, -3, 1),
]


@pytest.mark.parametrize(
    ("kind", "adjustment", "score"), [row[1:] for row in CONTEXTS], ids=[r[0] for r in CONTEXTS]
)
def test_kinds_of_data_in_their_context(kind: DataClass, adjustment: int, score: int) -> None:
    assert ClassScore(kind, adjustment, "its context").score == score
    found = score_severity(SeverityInputs((ClassScore(kind, adjustment, "its context"),), M))
    assert found.score == score
    assert (f"{adjustment:+d} (its context)" in found.working[0]) is (adjustment != 0)


SCORES = [
    # class, ease, confidentiality, integrity, availability, malicious, score, band
    ("encrypted list, nobody to be found", S, N, NO, NO, NO, False, "0.25", Band.LOW),
    ("customer list to a known firm by mistake", S, M, SOME, NO, NO, False, "1.25", Band.LOW),
    ("customer list on the open web", S, M, ALL, NO, NO, False, "1.5", Band.LOW),
    ("customer list stolen and published", S, M, ALL, NO, NO, True, "2.0", Band.MEDIUM),
    ("habits, found with effort, stolen", B, L, ALL, NO, NO, True, "2.0", Band.MEDIUM),
    ("balances to a wrong customer", F, M, SOME, NO, NO, False, "3.25", Band.HIGH),
    ("balances by number alone, lost for good", F, L, NO, NO, ALL, False, "2.0", Band.MEDIUM),
    ("just below medium", F, L, SOME, NO, NO, False, "1.75", Band.LOW),
    ("just below high", X, L, ALL, SOME, NO, False, "2.75", Band.MEDIUM),
    ("exactly high", X, G, NO, NO, NO, False, "3", Band.HIGH),
    ("just below very high", X, G, SOME, SOME, SOME, False, "3.75", Band.HIGH),
    ("exactly very high", X, M, NO, NO, NO, False, "4", Band.VERY_HIGH),
    ("the most there is", X, M, ALL, ALL, ALL, True, "6.0", Band.VERY_HIGH),
]  # fmt: skip


@pytest.mark.parametrize("row", SCORES, ids=[row[0] for row in SCORES])
def test_scores_and_bands(row: tuple) -> None:
    _, kind, ease, confidentiality, integrity, availability, malicious, score, band = row
    inputs = SeverityInputs((ClassScore(kind),), ease, confidentiality, integrity, availability, malicious)
    found = score_severity(inputs)
    assert (found.score, found.band) == (Decimal(score), band)
    assert found.score == found.dpc * found.ei + found.cb
    assert found.working[-1].endswith(band.value.replace("_", " "))


@pytest.mark.parametrize(
    ("people", "unreadable", "flags"),
    [(100, False, 0), (101, False, 1), (None, False, 1), (101, True, 2)],
)
def test_flags_stand_beside_the_score(people: int | None, unreadable: bool, flags: int) -> None:
    plain = score_severity(SeverityInputs((ClassScore(S),), M, individuals=1))
    found = score_severity(SeverityInputs((ClassScore(S),), M, individuals=people, unintelligible=unreadable))
    assert len(found.flags) == flags
    assert found.score == plain.score


def test_of_several_classes_the_highest_counts() -> None:
    found = score_severity(
        SeverityInputs((ClassScore(S, +2, "shop"), ClassScore(B), ClassScore(F, -2, "bank")), M)
    )
    assert found.dpc == 3
    assert len([line for line in found.working if " data: " in line]) == 3


def test_every_kind_of_data_is_graded_for_risk_exactly_once() -> None:
    tiers = (SPECIAL, SERIOUS, PERSONAL, BASIC, INDIRECT)
    assert {code: sum(code in tier for tier in tiers) for code in DataCategory} == dict.fromkeys(
        DataCategory, 1
    )


@pytest.mark.parametrize("code", list(DataCategory))
def test_every_kind_of_data_gets_a_proposal_of_severity(code: DataCategory) -> None:
    inputs, scored = propose_severity(
        RiskFacts.from_json({"data": [code.value], "loss": ["confidentiality"]})
    )
    assert inputs.classes
    assert Decimal("0.75") <= scored.score <= Decimal("4.5")


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"data": []}, ("data", "loss")),
        ({"data": ["email"]}, ("loss",)),
        ({"data": [], "loss": ["confidentiality"]}, ("data",)),
        ({"data": ["email"], "loss": ["confidentiality"]}, ()),
    ],
)
def test_what_is_not_known_is_not_scored(facts: dict, missing: tuple[str, ...]) -> None:
    assert not_scorable(RiskFacts.from_json(facts)) == missing


def test_what_a_score_takes_for_granted_is_said() -> None:
    silent = {"data": ["email"], "loss": ["confidentiality"]}
    flags = propose_severity(RiskFacts.from_json(silent))[1].flags
    assert any("meant" in flag for flag in flags)
    assert any("who has it" in flag for flag in flags)
    said = silent | {"circumstances": {"malicious": False, "recipients": "known"}}
    assert not any(
        "not known: counted" in flag for flag in propose_severity(RiskFacts.from_json(said))[1].flags
    )
