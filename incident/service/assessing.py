"""Assess: record what is known, score the severity, propose the risk to people, take down the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.decide import intake
from incident.core.state import Incident
from incident.errors import BadInputError
from incident.service import risk
from incident.service.house import House, record, view

SECTIONS = ("facts", "severity")


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the assessment came to."""

    severity: e.SeverityAssessed | None
    risk: e.RiskAssessed | None
    decision: e.BreachDecided | None
    not_scored: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Say it for a person, with the working."""
        return tuple(self._lines())

    def _lines(self) -> Iterator[str]:
        if self.severity is not None:
            yield f"severity {self.severity.score} ({self.severity.band})"
            yield from (f"  {line}" for line in self.severity.working)
        elif self.not_scored:
            yield f"severity: not scored: {', '.join(self.not_scored)} not known"
        if self.risk is not None:
            yield f"risk to people: {self.risk.level} (proposed: {self.risk.proposed})"
            yield from (f"  {line}" for line in self.risk.reasons)
        if self.decision is not None:
            yield f"decided: {self.decision.outcome.value.replace('_', ' ')}, because {self.decision.reason}"


def assess(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    inputs: Mapping[str, Any],
    level: str | None = None,
    level_because: str | None = None,
    outcome: e.Outcome | None = None,
    reason: str = "",
) -> Assessed:
    """Record facts and severity from `inputs` ({"facts": ..., "severity": ...}), the risk, and the decision.

    A fact is a value, or {value, label, source}. Whatever is not given stays as it is.
    """
    unknown = sorted(set(inputs) - set(SECTIONS))
    if unknown:
        raise BadInputError(f"is not one of {', '.join(SECTIONS)}", field=unknown[0])
    facts = _facts(inputs.get("facts", {}))
    risk.refuse_unreadable({name: value for name, value, _label, _source in facts})
    scored = risk.severity(inputs["severity"]) if "severity" in inputs else None

    def decide(state: Incident, _now: datetime) -> tuple[e.Event, ...]:
        events: list[e.Event] = []
        for name, value, label, source in facts:
            events += intake.amend_fact(
                state, actor=actor, name=name, value=value, label=label, source=source
            )
        if scored is not None:
            events += intake.assess_severity(state, scored, actor=actor)
        return tuple(events)

    record(house, incident_id, actor=actor, decide=decide)
    if level is not None or outcome is not None:
        _assess_risk(house, incident_id, actor=actor, level=level, because=level_because)
    if outcome is not None:
        _decide(house, incident_id, actor=actor, outcome=outcome, reason=reason)
    state = view(house, incident_id)
    missing = () if state.severity else risk.not_scored(state)
    return Assessed(state.severity, state.risk, state.decision, missing)


def _assess_risk(
    house: House, incident_id: str, *, actor: Actor, level: str | None, because: str | None
) -> None:
    present = view(house, incident_id)
    proposed, reasons = risk.proposal(present)
    by_rules = present.severity is None or present.severity.inputs.get("given") == risk.BY_RULES
    scored = risk.proposed_severity(present) if by_rules else None

    def decide(state: Incident, _now: datetime) -> tuple[e.Event, ...]:
        new = scored is not None and scored != state.severity
        scores = intake.assess_severity(state, scored, actor=actor) if scored is not None and new else ()
        return (
            *scores,
            *intake.assess_risk(
                state,
                actor=actor,
                proposed=proposed,
                level=level or proposed,
                reasons=reasons,
                because=because,
            ),
        )

    record(house, incident_id, actor=actor, decide=decide)


def _decide(house: House, incident_id: str, *, actor: Actor, outcome: e.Outcome, reason: str) -> None:
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, _now: intake.decide_breach(state, actor=actor, outcome=outcome, reason=reason),
    )


def _facts(given: Mapping[str, Any]) -> list[tuple[str, Any, e.Label, str]]:
    found = []
    for name, said in given.items():
        if isinstance(said, Mapping):
            extra = sorted(set(said) - {"value", "label", "source"})
            if extra:
                raise BadInputError("is not one of value, label, source", field=f"facts.{name}.{extra[0]}")
            label = said.get("label", "fact")
            if label not in {one.value for one in e.Label}:
                raise BadInputError("is not one of fact, assumption, unknown", field=f"facts.{name}.label")
            found.append((name, said.get("value"), e.Label(label), str(said.get("source", "the assessment"))))
        else:
            found.append((name, said, e.Label.FACT, "the assessment"))
    return found
