"""Severity and risk to people from what is known of an incident; both are proposals that a person confirms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from incident.core import events as e
from incident.core.assessment_facts import read_code, read_codes
from incident.core.risk import propose_risk
from incident.core.risk_facts import RiskFacts
from incident.core.risk_standing import CIRCUMSTANCES, LAW, risk_facts
from incident.core.severity import (
    ClassScore,
    DataClass,
    Degree,
    Ease,
    Severity,
    SeverityInputs,
    score_severity,
)
from incident.core.severity_proposal import not_scorable, propose_severity
from incident.core.state import Incident
from incident.core.vocabulary import Medium, Sector
from incident.errors import BadInputError

INPUTS = (
    "classes",
    "ease",
    "confidentiality",
    "integrity",
    "availability",
    "malicious",
    "individuals",
    "unintelligible",
)
BY_RULES = "by the rules"
Choice = TypeVar("Choice", DataClass, Ease, Degree)


def severity(given: Mapping[str, Any]) -> e.SeverityAssessed:
    """Score the inputs that a person gave; BadInputError names the field."""
    return _assessed(score_severity(severity_inputs(given)), {"given": "by a person", **given})


def severity_inputs(given: Mapping[str, Any]) -> SeverityInputs:
    """Read ENISA inputs as a person gives them; BadInputError names the field."""
    unknown = sorted(set(given) - set(INPUTS))
    if unknown:
        raise BadInputError(f"is not one of {', '.join(INPUTS)}", field=f"severity.{unknown[0]}")
    individuals = given.get("individuals")
    if individuals is not None and (type(individuals) is not int or individuals < 0):
        raise BadInputError("must be a whole number of people", field="severity.individuals")
    classes = given.get("classes", ())
    if not isinstance(classes, list | tuple):
        raise BadInputError("must be a list", field="severity.classes")
    return SeverityInputs(
        classes=tuple(_class_score(entry) for entry in classes),
        ease=_choice(Ease, given.get("ease"), "severity.ease"),
        confidentiality=_choice(Degree, given.get("confidentiality", "none"), "severity.confidentiality"),
        integrity=_choice(Degree, given.get("integrity", "none"), "severity.integrity"),
        availability=_choice(Degree, given.get("availability", "none"), "severity.availability"),
        malicious=given.get("malicious", False) is True,
        individuals=individuals,
        unintelligible=given.get("unintelligible", False) is True,
    )


def not_scored(state: Incident) -> tuple[str, ...]:
    """Name the facts that must be known before the rules can score the severity."""
    return not_scorable(risk_facts(state))


def proposed_severity(state: Incident) -> e.SeverityAssessed | None:
    """Score what the rules make of the facts, where nobody gave inputs; None when the facts do not allow a score."""
    if not_scored(state):
        return None
    inputs, scored = propose_severity(risk_facts(state))
    return _assessed(scored, {"given": BY_RULES, "ease": inputs.ease.value, "malicious": inputs.malicious})


def proposal(state: Incident) -> tuple[str, tuple[str, ...]]:
    """Return the proposed level of risk to people and its reasons, the nearest EDPB example among them."""
    proposed = propose_risk(risk_facts(state))
    unknown = tuple(f"not known: {name}" for name in proposed.unknown)
    nearest = (
        f"nearest example of EDPB Guidelines 01/2021: {proposed.nearest.gist} (no. {proposed.nearest.number})"
    )
    return proposed.level.value, (*proposed.reasons, *unknown, nearest)


def refuse_unreadable(given: Mapping[str, Any]) -> None:
    """Refuse facts that the rules could not read, before they are recorded; BadInputError names the field."""
    asked: dict[str, Any] = {name: given[name] for name in LAW if name in given}
    asked["data"] = given.get("data") or []
    asked["circumstances"] = {name: given[name] for name in CIRCUMSTANCES if name in given}
    RiskFacts.from_json(asked)
    read_code(Medium, given.get("medium"), "medium")
    read_codes(Sector, given.get("sectors"), "sectors")


def _class_score(entry: object) -> ClassScore:
    if not isinstance(entry, Mapping):
        raise BadInputError("must hold objects of kind, adjustment, reason", field="severity.classes")
    kind = _choice(DataClass, entry.get("kind"), "severity.classes.kind")
    adjustment = entry.get("adjustment", 0)
    if type(adjustment) is not int:
        raise BadInputError("must be a whole number", field="severity.classes.adjustment")
    return ClassScore(kind, adjustment, str(entry.get("reason", "")))


def _choice(kind: type[Choice], value: object, field: str) -> Choice:
    try:
        return kind(str(value))
    except ValueError:
        raise BadInputError(f"is not one of {', '.join(one.value for one in kind)}", field=field) from None


def _assessed(scored: Severity, inputs: Mapping[str, Any]) -> e.SeverityAssessed:
    lines = (*scored.working, *scored.flags)
    return e.SeverityAssessed(str(scored.score), scored.band.value, lines, inputs)
