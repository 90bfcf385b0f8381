"""ENISA inputs proposed from the facts, to be confirmed or changed by a person.

The scoring itself is left to `severity`; contextual adjustments are a person's to make.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incident.core.risk import SPECIAL
from incident.core.risk_facts import Access, Recipients
from incident.core.severity import (
    ClassScore,
    DataClass,
    Degree,
    Ease,
    Severity,
    SeverityInputs,
    score_severity,
)
from incident.core.vocabulary import DataCategory, Loss

if TYPE_CHECKING:
    from incident.core.risk_facts import RiskFacts


D = DataCategory
_CLASSES = (
    (DataClass.SENSITIVE, SPECIAL),
    (
        DataClass.FINANCIAL,
        frozenset({D.PAYMENT_CARD_NUMBER, D.CARD_SECURITY_CODE, D.BANK_ACCOUNT, D.TAX_ID, D.FINANCES}),
    ),
    (
        DataClass.BEHAVIORAL,
        frozenset({D.LOCATION, D.PURCHASE_HISTORY, D.USER_CONTENT, D.MESSAGE_CONTENT, D.PREFERENCES}),
    ),
)


SCORED_BY = ("data", "loss", "malicious", "recipients", "encrypted")
"""Facts that the proposals of severity and risk are made of, the most weighty first."""


def not_scorable(facts: RiskFacts) -> tuple[str, ...]:
    """Name the facts that are not known and without which any score would be made up; empty when it can be scored."""
    return (*(() if facts.data else ("data",)), *(() if facts.loss else ("loss",)))


def propose_severity(facts: RiskFacts) -> tuple[SeverityInputs, Severity]:
    """Propose ENISA inputs from the facts and score them; a person confirms or changes the inputs.

    Only for facts of which `not_scorable` names none. What else is not known is scored as stated in the flags.
    """
    classes = tuple(ClassScore(kind) for kind, codes in _CLASSES if codes & facts.data)
    inputs = SeverityInputs(
        classes=classes or (ClassScore(DataClass.SIMPLE),),
        ease=_ease(facts.data),
        confidentiality=_spread_degree(facts),
        integrity=_integrity_degree(facts),
        availability=_availability_degree(facts),
        malicious=bool(facts.malicious),
        individuals=facts.people,
        unintelligible=facts.unintelligible,
    )
    scored = score_severity(inputs)
    return inputs, replace(scored, flags=(*scored.flags, *_assumed(facts)))


def _assumed(facts: RiskFacts) -> tuple[str, ...]:
    """Say what the score takes for granted where the facts are silent."""
    silent = []
    if facts.malicious is None:
        silent.append("whether somebody meant it is not known: counted as not meant, else 0.5 more")
    if Loss.CONFIDENTIALITY in facts.loss and facts.recipients is None:
        silent.append("who has it is not known: counted as beyond control")
    return tuple(silent)


def _ease(data: frozenset[DataCategory]) -> Ease:
    documents = {
        DataCategory.SSN,
        DataCategory.PASSPORT,
        DataCategory.STATE_ID,
        DataCategory.DRIVERS_LICENSE,
        DataCategory.TAX_ID,
        DataCategory.MILITARY_ID,
        DataCategory.BIOMETRIC,
    }
    if DataCategory.NAME in data and data & (
        documents
        | {
            DataCategory.DATE_OF_BIRTH,
            DataCategory.POSTAL_ADDRESS,
            DataCategory.PHOTO,
            DataCategory.EMAIL,
            DataCategory.PHONE,
        }
    ):
        return Ease.MAXIMUM
    if data & (documents | {DataCategory.EMAIL, DataCategory.PHONE, DataCategory.PHOTO}):
        return Ease.SIGNIFICANT
    if data & {
        DataCategory.NAME,
        DataCategory.USERNAME,
        DataCategory.POSTAL_ADDRESS,
        DataCategory.LICENSE_PLATE_DATA,
    }:
        return Ease.LIMITED
    return Ease.NEGLIGIBLE


def _spread_degree(facts: RiskFacts) -> Degree:
    if Loss.CONFIDENTIALITY not in facts.loss or facts.recipients is Recipients.NOBODY:
        return Degree.NONE
    return Degree.SOME if facts.recipients in {Recipients.TRUSTED, Recipients.KNOWN} else Degree.FULL


def _integrity_degree(facts: RiskFacts) -> Degree:
    if Loss.INTEGRITY not in facts.loss:
        return Degree.NONE
    return Degree.SOME if facts.altered_for_good is False else Degree.FULL


def _availability_degree(facts: RiskFacts) -> Degree:
    """Nothing where it could be had again without difficulty, something for a time, all for good (annex C)."""
    if Loss.AVAILABILITY not in facts.loss or facts.access in {Access.KEPT, Access.RESTORED}:
        return Degree.NONE
    return Degree.SOME if facts.access is Access.DELAYED else Degree.FULL
