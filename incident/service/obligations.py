"""Ask the law: turn what is known of an incident into facts, and take on the duties that arise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from incident.core import contracts
from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.assessment_facts import AssessmentFacts
from incident.core.decide import scope
from incident.core.events import to_data
from incident.core.lifecycle import promise_due_at
from incident.core.obligation import Obligation
from incident.core.obligations import assess
from incident.core.profile import Profile
from incident.core.risk_standing import CIRCUMSTANCES, data_held, outgrown
from incident.core.state import Incident
from incident.service import ahead
from incident.service.house import House, record, view

RISK = {"unlikely": "unlikely", "risk": "risk", "high": "high"}
LAW_FACTS = ("medium", "loss", "encrypted", "key_compromised", "sectors", "complies")
PROMISE = "promise"


def determine(house: House, incident_id: str) -> str:
    """Determine obligations for the facts as they are; asked twice with the same facts, it changes nothing."""
    state = view(house, incident_id)
    if state.awareness is None:
        return "nobody has decided when the team became aware; the law cannot be asked yet"
    asked = law_facts(state, house.profile)
    book = house.law.book()
    found = assess(
        AssessmentFacts.from_json(asked), book, holidays=house.holidays, on=house.clock.now().date()
    )
    digest = house.law.digest()
    outcome = state.decision.outcome if state.decision is not None else None
    considered = () if outcome is e.Outcome.NOT_A_BREACH else found.obligations
    promised = to_data(house.profile.contracts)
    basis = hashlib.sha256(
        json.dumps([asked, digest, outcome, promised], sort_keys=True).encode()
    ).hexdigest()
    determined = e.ObligationsDetermined(
        basis=basis,
        catalogue=digest,
        required=sum(1 for one in considered if one.required),
        considered=len(considered),
        not_covered=found.not_covered,
        missing_facts=found.missing_facts,
        questions=found.questions,
    )
    arising = _own(house, state) + [_arose(o) for o in considered]
    after = record(
        house,
        incident_id,
        actor=TOCSIN,
        decide=lambda now_state, _now: scope.determine_obligations(
            now_state, determined, arising, actor=TOCSIN
        ),
    )
    ahead.determine(house, incident_id)
    still = sum(1 for o in after.obligations.values() if o.open)
    return f"{still} obligations are open, {len(found.not_covered)} jurisdictions are not covered by the catalogue"


def _own(house: House, state: Incident) -> list[e.ObligationArose]:
    """Return what the company itself promised: to its customers, and in contracts."""
    return [_promise(state), *(contracts.arising(terms, state) for terms in house.profile.contracts)]


def law_facts(state: Incident, profile: Profile) -> dict[str, Any]:
    """Return what the law is asked with, in the words of the assessment input; unknown is null.

    Before a cohort is frozen the jurisdictions are those where customers are known to live, with an unknown
    number of people in each: every clock that may run is visible from the first minute.
    """
    facts = state.facts
    known = {name: facts[name].value for name in LAW_FACTS if name in facts}
    people: Mapping[str, int | None]
    people = dict(state.cohort.by_jurisdiction) if state.cohort else dict.fromkeys(profile.markets)
    told_at = state.notice.last_accepted_at if state.notice is not None else None
    return {
        "became_aware_at": e.instant_text(_aware(state)),
        "clocks": {
            "discovered_at": e.instant_text(state.detected_at) if state.detected_at else None,
            "individuals_notified_at": e.instant_text(told_at) if told_at else None,
        },
        "role": profile.role,
        "sectors": known.get("sectors", list(profile.sectors)),
        "establishments": list(profile.establishments),
        "lead_authority": profile.lead_authority,
        "people": people,
        "data": data_held(state),
        "medium": known.get("medium", "electronic"),
        "loss": known.get("loss", []),
        "encrypted": known.get("encrypted"),
        "key_compromised": known.get("key_compromised"),
        "risk": _risk(state),
        "complies": known.get("complies"),
        "circumstances": {name: facts[name].value for name in CIRCUMSTANCES if name in facts},
    }


def _risk(state: Incident) -> str | None:
    """Return the risk as assessed; not known where the rules, from which it was taken over, say more by now."""
    if state.risk is None or outgrown(state) is not None:
        return None
    return RISK[state.risk.level]


def _aware(state: Incident) -> datetime:
    at = state.became_aware_at
    if at is None:
        raise ValueError("asked the law before anybody became aware")
    return at


def _promise(state: Incident) -> e.ObligationArose:
    due = promise_due_at(state)
    aware = e.instant_text(_aware(state))
    because = "customers were promised to be told by e-mail, potentially compromised data included"
    no_notice = state.decision is not None and not state.must_notify()
    if state.decision is not None and no_notice:
        outcome = state.decision.outcome.value.replace("_", " ")
        because = (
            f"nobody is to be told: {state.decided_by} decided on {outcome}, because {state.decision.reason}"
        )
    until = e.instant_text(due) if due else "unknown"
    return e.ObligationArose(
        obligation_id=PROMISE,
        rule=PROMISE,
        regime="privacy policy",
        jurisdiction="everyone",
        recipient="customer",
        authority=None,
        required=not no_notice,
        due_at=due,
        due_on=None,
        number_in_law=True,
        clock="became_aware_at",
        relation=None,
        derivation=f"became aware {aware} + {state.promise_hours} elapsed hours = {until}",
        extended_reading=None,
        because=because,
        citation="Privacy policy, Data Breach Procedures",
        confidence="high",
        checked_on=None,
        stale=False,
        channel="e-mail",
    )


def _arose(o: Obligation) -> e.ObligationArose:
    return e.ObligationArose(
        obligation_id=o.key,
        rule=o.rule,
        regime=o.regime,
        jurisdiction=o.jurisdiction,
        recipient=o.recipient.value,
        authority=o.authority,
        required=o.required,
        due_at=o.due_at,
        due_on=o.due_on,
        number_in_law=o.number_in_law,
        clock=o.clock.value,
        relation=json.dumps(o.relation.to_json(), sort_keys=True) if o.relation else None,
        derivation=o.derivation,
        extended_reading=o.extended_reading,
        because=o.because,
        citation=f"{o.citation} <{o.citation_url}>" if o.citation_url else o.citation,
        confidence=o.confidence.value,
        checked_on=o.checked_on,
        stale=o.stale,
        channel=o.channel,
    )
