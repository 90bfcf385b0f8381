"""A rule in words: nothing of a law's record goes unsaid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time

import pytest

from incident.core import law_words
from incident.core.law_words import Validity, condition_words, deadline_words, validity_of
from incident.core.rules import (
    Condition,
    Deadline,
    Exemption,
    Finding,
    Limb,
    Period,
    Relation,
    RelationKind,
    RiskTest,
    SafeHarbor,
    Source,
    SourceKind,
    Status,
    Threshold,
    Unit,
    Version,
)
from incident.core.vocabulary import (
    ClockName,
    Compliance,
    Confidence,
    DataCategory,
    Loss,
    Medium,
    Role,
    Sector,
)

AWARE, TOLD = ClockName.BECAME_AWARE, ClockName.INDIVIDUALS_NOTIFIED
PLAIN = Deadline(AWARE, "without delay")
EXEMPTION = Exemption(
    "banks",
    frozenset({Sector.BANK}),
    "a bank is exempt",
    Source("s. 4", "https://example.org", "a bank need not", SourceKind.STATUTE, date(2026, 11, 23)),
    Confidence.HIGH,
    Compliance.GLBA,
)
LIMBS = (
    Limb(
        "credentials",
        (frozenset({DataCategory.EMAIL, DataCategory.USERNAME}), frozenset({DataCategory.PASSWORD})),
    ),
    Limb("a number", (frozenset({DataCategory.SSN}),), "is it whole?"),
)
CONDITIONS = [
    (Condition(), "any personal data, whoever holds it and however it was lost"),
    (Condition(data=LIMBS), "protected data: credentials: (email or username) with password"),
    (Condition(data=LIMBS), "protected data: a number: ssn; disputed: is it whole?"),
    (Condition(roles=frozenset({Role.PROCESSOR})), "our role: processor"),
    (Condition(sectors=frozenset({Sector.BANK, Sector.INSURANCE})), "only in the sector: bank or insurance"),
    (Condition(except_sectors=frozenset({Sector.BANK})), "not in the sector: bank"),
    (
        Condition(
            any_of=(Condition(established=True), Condition(thresholds=(Threshold(">=", 250, "people"),)))
        ),
        "one of these: only for those established there",
    ),
    (
        Condition(finding=Finding("s. 5", written=True, years=5, tell="the office")),
        "presumed, unless the finding is made in writing, kept for 5 years, told to the office (s. 5)",
    ),
    (
        Condition(exemptions=(EXEMPTION,)),
        "not in the sector as long as glba is kept to: bank: a bank is exempt (s. 4)",
    ),
    (Condition(losses=frozenset({Loss.CONFIDENTIALITY})), "what was lost: confidentiality"),
    (Condition(media=frozenset({Medium.PAPER})), "medium: paper"),
    (Condition(risk_test=RiskTest.HIGH), "where a high risk to people is likely"),
    (
        Condition(safe_harbor=SafeHarbor(encrypted=True)),
        "not for encrypted data, unless the key was compromised",
    ),
    (
        Condition(safe_harbor=SafeHarbor(encrypted=True, key_compromised_voids=False)),
        "not for encrypted data",
    ),
    (Condition(thresholds=(Threshold(">", 500, "residents"),)), "more than 500 residents"),
    (Condition(thresholds=(Threshold(">=", 250, "people"),)), "at least 250 people"),
    (Condition(thresholds=(Threshold("<", 500, "people"),)), "fewer than 500 people"),
    (Condition(established=True), "only for those established there"),
]
DEADLINES = [
    (PLAIN, 'no number in law: "without delay", from became_aware_at'),
    (replace(PLAIN, period=Period(72, Unit.HOURS, AWARE)), '72 hours from became_aware_at ("without delay")'),
    (replace(PLAIN, period=Period(1, Unit.MONTHS, AWARE)), '1 month from became_aware_at ("without delay")'),
    (
        replace(PLAIN, period=Period(4, Unit.BUSINESS_DAYS, AWARE, calendar="US", ends_at=time(17, 30))),
        '4 business days from became_aware_at, calendar US, ending at 17:30 local time ("without delay")',
    ),
    (
        replace(PLAIN, period=Period(30, Unit.DAYS, AWARE), cap=Period(15, Unit.DAYS, TOLD)),
        "at the latest 15 days from individuals_notified_at",
    ),
    (replace(PLAIN, relation=Relation(RelationKind.BEFORE, "x/y")), "before x/y"),
    (replace(PLAIN, relation=Relation(RelationKind.AFTER, "x/y", 15)), "15 days after x/y"),
    (replace(PLAIN, delay="law enforcement"), "may be delayed for: law enforcement"),
    (replace(PLAIN, guidance="within a day"), "guidance, not law: within a day"),
    (replace(PLAIN, rolls_to_working_day=True), "an end on a day off moves to the next working day"),
]


@pytest.mark.parametrize(("condition", "words"), CONDITIONS, ids=[words for _, words in CONDITIONS])
def test_a_condition_in_words(condition: Condition, words: str) -> None:
    assert words in condition_words(condition)


@pytest.mark.parametrize(("deadline", "words"), DEADLINES, ids=[words for _, words in DEADLINES])
def test_a_deadline_in_words(deadline: Deadline, words: str) -> None:
    assert words in deadline_words(deadline)


def test_a_part_without_wording_is_written_by_its_name() -> None:
    @dataclass(frozen=True)
    class Later:
        roles: frozenset[Role]
        moon_phase: str | None = None
        tides: tuple[Threshold, ...] = ()

    found = list(
        law_words._lines(Later(frozenset(), "full", (Threshold(">", 1, "people"),)), law_words._CONDITION)
    )
    assert found == ["moon phase: full", "tides: operator >, count 1, of people"]
    assert list(law_words._lines(Later(frozenset()), law_words._CONDITION)) == []


@pytest.mark.parametrize(
    ("status", "starts", "ends", "stands"),
    [
        (Status.IN_FORCE, "2026-01-01", None, Validity.IN_FORCE),
        (Status.IN_FORCE, "2026-06-01", None, Validity.IN_FORCE),
        (Status.IN_FORCE, "2026-06-02", None, Validity.PENDING),
        (Status.IN_FORCE, "2026-01-01", "2026-06-01", Validity.IN_FORCE),
        (Status.IN_FORCE, "2026-01-01", "2026-05-31", Validity.ENDED),
        (Status.PENDING, "2027-01-01", None, Validity.PENDING),
        (Status.PROPOSED, "2026-01-01", None, Validity.PROPOSED),
        (Status.VOLUNTARY, "2026-01-01", None, Validity.VOLUNTARY),
        (Status.REPEALED, "2026-01-01", None, Validity.REPEALED),
    ],
)
def test_how_a_version_stands_on_the_first_of_june(
    status: Status, starts: str, ends: str | None, stands: Validity
) -> None:
    version = Version(
        status=status,
        in_force_from=date.fromisoformat(starts),
        in_force_to=date.fromisoformat(ends) if ends else None,
        condition=Condition(),
        deadline=PLAIN,
        sources=(EXEMPTION.source,),
        review_by=date(2027, 1, 1),
        confidence=Confidence.HIGH,
    )
    assert validity_of(version, date(2026, 6, 1)) is stands
