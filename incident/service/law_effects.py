"""What today's catalogue would change for open incidents, compared with what their ledger says. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligation import Obligation
from incident.core.obligations import assess
from incident.core.state import Incident
from incident.core.state import Obligation as Kept
from incident.service.house import House, view
from incident.service.obligations import law_facts


@dataclass(frozen=True, slots=True)
class Effect:
    """One obligation that the catalogue of today would treat otherwise: arises, lapses, or falls due elsewhen."""

    incident: str
    change: str
    obligation: str
    due_before: datetime | None
    due_now: datetime | None
    because: str
    citation: str


@dataclass(frozen=True, slots=True)
class Effects:
    """Incidents looked at, those that cannot be compared with the reason, and the effects."""

    catalogue: str
    compared: tuple[str, ...]
    not_compared: dict[str, str]
    effects: tuple[Effect, ...]


def open_effects(house: House) -> Effects:
    """Assess every open incident by today's catalogue and compare it with the obligations taken on."""
    compared, skipped, found = [], {}, []
    for line in house.store.board():
        if line.closed_at is not None:
            continue
        state = view(house, line.incident_id)
        if state.awareness is None:
            skipped[line.incident_id] = "nobody has decided when the team became aware"
            continue
        compared.append(line.incident_id)
        found += effects_on(house, state)
    return Effects(house.law.digest(), tuple(compared), skipped, tuple(found))


def effects_on(house: House, state: Incident) -> list[Effect]:
    """Compare one incident's obligations with what the catalogue says today."""
    facts = AssessmentFacts.from_json(law_facts(state, house.profile))
    found = assess(facts, house.law.book(), holidays=house.holidays, on=house.clock.now().date())
    now = {one.key: one for one in found.required}
    known = {
        key: kept
        for key, kept in state.obligations.items()
        if kept.lapsed_because is None and kept.arose.required and kept.arose.checked_on is not None
    }
    effects = [_arises(state, one) for key, one in now.items() if key not in known]
    effects += [
        _lapses(state, key, kept, found.obligations)
        for key, kept in known.items()
        if key not in now and kept.open
    ]
    effects += [
        _moves(state, now[key], kept)
        for key, kept in known.items()
        if key in now and kept.open and now[key].due_at != kept.arose.due_at
    ]
    return effects


def _arises(state: Incident, one: Obligation) -> Effect:
    return Effect(state.incident_id, "arises", one.key, None, one.due_at, one.because, one.citation)


def _lapses(state: Incident, key: str, kept: Kept, considered: tuple[Obligation, ...]) -> Effect:
    reason = next((one.because for one in considered if one.key == key), "the catalogue has no such duty now")
    return Effect(state.incident_id, "lapses", key, kept.arose.due_at, None, reason, kept.arose.citation)


def _moves(state: Incident, one: Obligation, kept: Kept) -> Effect:
    return Effect(
        state.incident_id, "moves", one.key, kept.arose.due_at, one.due_at, one.derivation, one.citation
    )
