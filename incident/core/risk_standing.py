"""Risk to people as the incident stands: the facts that the rules read, and whether what was assessed still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident.core.risk import propose_risk
from incident.core.risk_facts import RiskFacts
from incident.core.vocabulary import RiskLevel

if TYPE_CHECKING:
    from incident.core.state import Incident

CIRCUMSTANCES = (
    "recipients",
    "malicious",
    "access",
    "altered_for_good",
    "essential_service",
    "vulnerable_people",
    "targeted",
    "public_before",
)
LAW = ("loss", "encrypted", "key_compromised", "sectors")
ORDER = (RiskLevel.UNLIKELY.value, RiskLevel.RISK.value, RiskLevel.HIGH.value)


def data_held(state: Incident) -> list[str]:
    """Return the categories of data concerned: of the cohort once there is one, else as a person stated them."""
    if state.cohort is not None:
        return sorted(state.cohort.by_category)
    return list(state.facts["data"].value or ()) if "data" in state.facts else []


def risk_facts(state: Incident) -> RiskFacts:
    """Return what is known of an incident in the words of the rules; BadInputError names a fact they cannot read."""
    known = {name: fact.value for name, fact in state.facts.items()}
    given: dict[str, Any] = {name: known[name] for name in LAW if name in known}
    given["data"] = data_held(state)
    given["circumstances"] = {name: known[name] for name in CIRCUMSTANCES if name in known}
    if state.cohort is not None:
        given["people"] = dict(state.cohort.by_jurisdiction)
    return RiskFacts.from_json(given)


def outgrown(state: Incident) -> str | None:
    """Return the level that the rules propose now, when it is above what was taken over from them on fewer facts.

    None while what was assessed stands: also where a person decided otherwise than proposed, with a reason.
    """
    assessed = state.risk
    if assessed is None or assessed.overridden_because is not None:
        return None
    proposed = propose_risk(risk_facts(state)).level.value
    return proposed if ORDER.index(proposed) > ORDER.index(assessed.level) else None
