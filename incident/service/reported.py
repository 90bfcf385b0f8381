"""Take a finding of another tool: open an incident for it, or add what a newer version of it says.

The raw bytes are frozen as evidence first of all. An older version that comes later adds its bytes and changes nothing.
"""

from __future__ import annotations

import hashlib
import threading

from incident.core import events as e
from incident.core import ocsf
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide import intake
from incident.core.integrations import Finding
from incident.core.state import Incident
from incident.errors import NotFoundError
from incident.service import evidence, opening
from incident.service.house import House, record, view
from incident.service.tokens import Machines

SYSTEM = "reported_finding"
ONE_AT_A_TIME = threading.Lock()
"""Two reports of one new finding at once are one incident."""


def take(
    house: House, machines: Machines, reported: ocsf.Reported, raw: bytes, *, actor: Actor, incident_id: str
) -> tuple[Incident, bool]:
    """Return the incident of the finding and whether it is new; `incident_id` is the number for a new one."""
    actor.must_be(*RESPONDERS, to="report a finding")
    with ONE_AT_A_TIME:
        return _take(house, machines, reported, raw, actor=actor, incident_id=incident_id)


def _take(
    house: House, machines: Machines, reported: ocsf.Reported, raw: bytes, *, actor: Actor, incident_id: str
) -> tuple[Incident, bool]:
    known = machines.store.finding(actor.handle, reported.uid)
    there = known.incident_id if known is not None else incident_id
    fresh = known is None and not _exists(house, there)
    if fresh:
        opening.open_incident(
            house, actor=actor, title=reported.title, detected_at=reported.detected_at, incident_id=there
        )
    _freeze(house, there, reported, raw, actor)
    if known is None or reported.at > known.last_at:
        _amend(house, there, reported, actor)
        machines.store.put_finding(Finding(actor.handle, reported.uid, there, reported.at))
    return view(house, there), fresh


def _exists(house: House, incident_id: str) -> bool:
    try:
        view(house, incident_id)
    except NotFoundError:
        return False
    return True


def _freeze(house: House, incident_id: str, reported: ocsf.Reported, raw: bytes, actor: Actor) -> None:
    kept = house.vault.put_bytes(raw)
    frozen = e.EvidenceFrozen(
        evidence_id=f"ev-{kept.sha256[:12]}",
        system=SYSTEM,
        file_name=f"finding-{hashlib.sha256(reported.uid.encode()).hexdigest()[:8]}.json",
        sha256=kept.sha256,
        size_bytes=kept.size_bytes,
        taken_at=min(reported.at, house.clock.now()),
        taken_by=actor.handle,
        command="received over the API",
    )
    if frozen.evidence_id not in view(house, incident_id).evidence:
        evidence.freeze(house, incident_id, frozen, actor=actor)


def _amend(house: House, incident_id: str, reported: ocsf.Reported, actor: Actor) -> None:
    """Record what the finding says as assumptions; what it does not say, or a person said, stays as it is."""

    def decide(state: Incident, _now: object) -> tuple[e.Event, ...]:
        events: list[e.Event] = []
        for name, value in reported.facts.items():
            known = state.facts.get(name)
            ours = known is None or known.source.startswith("OCSF ")
            if value is not None and ours:
                events += intake.amend_fact(
                    state,
                    actor=actor,
                    name=name,
                    value=value,
                    label=e.Label.ASSUMPTION,
                    source=reported.source,
                )
        return tuple(events)

    record(house, incident_id, actor=actor, decide=decide)
