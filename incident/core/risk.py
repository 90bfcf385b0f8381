"""Risk to people, proposed from the facts by general rules, with the reasons.

Weighs, as EDPB Guidelines 9/2022 (section IV) and 01/2021 do: kind and amount of data, how far it spread,
intent, number and vulnerability of people, how soon it was back. The weights are the house's; the
guidelines give none. A proposal only: a named person confirms or overrides it with a reason. What duties
follow is left to `obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.edpb_examples import nearest_example
from incident.core.risk_facts import Access, Recipients
from incident.core.vocabulary import DataCategory, Loss, RiskLevel, Sector

if TYPE_CHECKING:
    from incident.core.edpb_examples import Example
    from incident.core.risk_facts import RiskFacts

D = DataCategory
SPECIAL = frozenset(
    {D.MEDICAL, D.HEALTH_INSURANCE, D.BIOMETRIC, D.GENETIC, D.RACIAL_ORIGIN, D.POLITICAL_OPINION}
    | {D.RELIGION, D.TRADE_UNION, D.SEX_LIFE, D.CRIMINAL_RECORD}
)
SERIOUS = frozenset(
    {D.SSN, D.DRIVERS_LICENSE, D.PASSPORT, D.STATE_ID, D.TAX_ID, D.MILITARY_ID, D.PAYMENT_CARD_NUMBER}
    | {D.FINANCES}
    | {D.CARD_SECURITY_CODE, D.BANK_ACCOUNT, D.PASSWORD, D.SECURITY_ANSWER, D.ACCESS_CREDENTIALS}
)
PERSONAL = frozenset(
    {D.DATE_OF_BIRTH, D.LOCATION, D.PHOTO, D.USER_CONTENT, D.MESSAGE_CONTENT}
    | {D.ELECTRONIC_SIGNATURE, D.LICENSE_PLATE_DATA}
)
BASIC = frozenset(
    {D.NAME, D.EMAIL, D.PHONE, D.POSTAL_ADDRESS, D.PURCHASE_HISTORY, D.PREFERENCES}
    | {D.DEVICE, D.IP_ADDRESS, D.PAYMENT_CARD_PARTIAL}
)
INDIRECT = frozenset({D.USERNAME, D.USER_ID, D.PASSWORD_HASH})
IDENTITY = frozenset({D.NAME, D.DATE_OF_BIRTH, D.POSTAL_ADDRESS})
_TIERS = (
    (SPECIAL, 4, "special categories of data, or convictions"),
    (SERIOUS, 3, "data fit for fraud or identity theft"),
    (PERSONAL, 2, "data that tells about a person's life"),
    (BASIC, 1, "contact and basic data"),
)
_SPREAD = {
    Recipients.NOBODY: (-4, "nobody has it"),
    Recipients.TRUSTED: (-2, "the recipient is trusted and has deleted or returned it"),
    Recipients.KNOWN: (0, "it went to known recipients by mistake"),
    Recipients.UNKNOWN: (1, "who has it is beyond our control"),
    Recipients.ATTACKER: (2, "an attacker has it"),
    Recipients.PUBLIC: (2, "it was open to anyone"),
}
# House weights: several kinds of data build a profile; a large number makes misuse worthwhile.
_RICH_KINDS = 4
_NUMBERS = ((10_000, 2), (1000, 1))
_RISK_FROM, _HIGH_FROM, _NO_LIMIT = 3, 5, 99


@dataclass(frozen=True, slots=True)
class RiskProposal:
    """The proposed level, points, reasons as lines, what was not known, and the nearest example."""

    level: RiskLevel
    points: int
    reasons: tuple[str, ...]
    unknown: tuple[str, ...]
    nearest: Example

    def to_json(self) -> dict[str, object]:
        """Write with plain values."""
        return {
            "level": self.level.value,
            "points": self.points,
            "reasons": list(self.reasons),
            "unknown": list(self.unknown),
            "nearest_example": self.nearest.to_json(),
            "proposal": True,
        }


def propose_risk(facts: RiskFacts) -> RiskProposal:
    """Propose the risk to people: the worst of what a loss of each property can do to them."""
    lost = facts.loss or frozenset(Loss)
    found = []
    if Loss.CONFIDENTIALITY in lost:
        found.append(_confidentiality(facts))
    if Loss.AVAILABILITY in lost:
        found.append(_availability(facts))
    if Loss.INTEGRITY in lost:
        found.append(_integrity(facts))
    points, reasons = max(found, key=lambda each: each[0])
    if not facts.loss:
        reasons = ["what was lost is not known, so the worst of what may have been counts", *reasons]
    level = (
        RiskLevel.HIGH
        if points >= _HIGH_FROM
        else RiskLevel.RISK
        if points >= _RISK_FROM
        else RiskLevel.UNLIKELY
    )
    nearest = nearest_example(
        level, lost, malicious=facts.malicious, serious=bool(facts.data & (SERIOUS | SPECIAL))
    )
    return RiskProposal(level, points, tuple(reasons), _unknown(facts), nearest)


def _confidentiality(facts: RiskFacts) -> tuple[int, list[str]]:
    if facts.unintelligible:
        return 0, ["the data is encrypted and the key is safe: nobody can read it"]
    base, why = _tier(facts.data)
    reasons = [f"{base}: {why}"]
    points = base
    for move, reason in (_spread(facts), *_around(facts)):
        if move:
            points += move
            reasons.append(f"{move:+d}: {reason}")
    points = max(points, 0)
    if not facts.data:
        return _of_unknown_data(points, facts, reasons)
    limit, because = _limit(base, facts)
    if points > limit:
        reasons.append(f"at most {limit}: {because}")
    return min(points, limit), reasons


def _of_unknown_data(points: int, facts: RiskFacts, reasons: list[str]) -> tuple[int, list[str]]:
    """Unknown data is not taken for harmless: a risk is assumed unless nobody, or somebody trusted, has it."""
    if facts.recipients in {Recipients.NOBODY, Recipients.TRUSTED}:
        return points, reasons
    return max(points, _RISK_FROM), [
        f"{_RISK_FROM} at least: which data was affected is not known",
        *reasons[1:],
    ]


def _tier(data: frozenset[DataCategory]) -> tuple[int, str]:
    """Grade the data by its gravest kind; a kind that no tier names is taken for one about a person's life."""
    if data & SPECIAL or data & SERIOUS or not data >= IDENTITY:
        known = SPECIAL | SERIOUS | PERSONAL | BASIC | INDIRECT
        graded = data if data <= known else data | PERSONAL
        none = (0, "nothing that names a person or tells about one")
        return next(((tier, why) for codes, tier, why in _TIERS if codes & graded), none)
    return 3, "name, date of birth and address together, fit for identity theft"


def _spread(facts: RiskFacts) -> tuple[int, str]:
    """Grade how far it went; what was taken on purpose is beyond control, whoever has it."""
    recipients = facts.recipients or (Recipients.ATTACKER if facts.malicious else Recipients.UNKNOWN)
    move, how = _SPREAD[recipients]
    if facts.malicious and recipients is Recipients.UNKNOWN:
        return _SPREAD[Recipients.ATTACKER]
    if facts.malicious and recipients is Recipients.KNOWN:
        return 1, "a known person took it on purpose"
    return move, how


def _around(facts: RiskFacts) -> tuple[tuple[int, str], ...]:
    number, weight = next((each for each in _NUMBERS if (facts.people or 0) > each[0]), (0, 0))
    kinds = len(facts.data)
    return (
        (1 if _meant(facts) else 0, "someone meant to get it"),
        (1 if kinds >= _RICH_KINDS else 0, f"{kinds} kinds of data together make a profile"),
        (weight, f"more than {number} people"),
        (1 if facts.vulnerable_people else 0, "vulnerable people are among them"),
        (1 if _sought_out(facts) else 0, "a person was sought out"),
        (-1 if facts.public_before else 0, "it was public before"),
    )


def _meant(facts: RiskFacts) -> bool:
    return bool(facts.malicious or (facts.malicious is None and facts.recipients is Recipients.ATTACKER))


def _sought_out(facts: RiskFacts) -> bool:
    """Tell whether one person was the aim: said so, or the only one whom somebody went for."""
    return _meant(facts) and facts.people == 1 if facts.targeted is None else facts.targeted


def _limit(base: int, facts: RiskFacts) -> tuple[int, str]:
    """Return the most that data of a tier can come to."""
    if base == 0:
        return _RISK_FROM - 1, "it names nobody by itself"
    if base == 1 and not (_sought_out(facts) or facts.vulnerable_people):
        return _HIGH_FROM - 1, "contact and basic data of people who were not sought out"
    return _NO_LIMIT, ""


def _availability(facts: RiskFacts) -> tuple[int, list[str]]:
    patients = Sector.HEALTH_PROVIDER in facts.sectors and DataCategory.MEDICAL in facts.data
    essential = patients if facts.essential_service is None else facts.essential_service
    if facts.access is Access.KEPT or (facts.access is Access.RESTORED and not essential):
        return (0, ["the data was back before anyone was affected"])
    points = _RISK_FROM
    reasons = [f"{points}: people had to do without data, or it is gone"]
    if essential:
        points += 2
        reasons.append("+2: their care, safety or living depended on it")
    if facts.access is Access.LOST and facts.data & SPECIAL:
        points += 1
        reasons.append("+1: special categories of data are gone for good")
    return points, reasons


def _integrity(facts: RiskFacts) -> tuple[int, list[str]]:
    if facts.altered_for_good is False:
        return 0, ["what was altered was found and put right"]
    points = _RISK_FROM
    reasons = [f"{points}: altered data may be used about people"]
    if facts.essential_service or facts.data & (SERIOUS | SPECIAL):
        points += 2
        reasons.append("+2: wrong data of this kind can harm them")
    return points, reasons


def _unknown(facts: RiskFacts) -> tuple[str, ...]:
    names = (
        ["encrypted", "recipients", "malicious"]
        if Loss.CONFIDENTIALITY in (facts.loss or frozenset(Loss))
        else []
    )
    names += ["access"] if Loss.AVAILABILITY in facts.loss else []
    names += ["altered_for_good"] if Loss.INTEGRITY in facts.loss else []
    unknown = [name for name in names if getattr(facts, name) is None]
    unknown += [name for name, value in (("data", facts.data), ("loss", facts.loss)) if not value]
    return tuple(unknown + ([] if facts.people is not None else ["people"]))
