"""Freeze evidence: hash the bytes into the vault, write the custody line, say what to take next.

What a file means is the readers' business; a file that no reader understands is frozen all the same when a
person says which system it is of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.decide import intake
from incident.core.state import Incident
from incident.errors import BadInputError, TocsinError
from incident.service.house import House, record, view


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot worth taking: which, how, until when, and what is lost otherwise."""

    system: str
    name: str
    commands: tuple[str, ...]
    dies_at: datetime | None
    lost_otherwise: str
    taken: int


def add_evidence(
    house: House,
    incident_id: str,
    path: Path,
    *,
    actor: Actor,
    taken_at: datetime,
    command: str,
    system: str | None = None,
) -> e.EvidenceFrozen:
    """Freeze one file. A file that cannot be taken leaves an entry that says why."""
    try:
        frozen = _freeze(house, path, actor=actor, taken_at=taken_at, command=command, system=system)
    except BadInputError as error:
        refused = e.EvidenceRefused(system or "unknown", path.name, error.reason)
        record(house, incident_id, actor=actor, decide=lambda _state, _now: (refused,))
        raise
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, now: intake.freeze_evidence(state, frozen, actor=actor, now=now),
    )
    return frozen


def plan_evidence(house: House, incident_id: str) -> tuple[Snapshot, ...]:
    """Return what to take, in the order in which it dies; times count from the earliest known moment."""
    state = view(house, incident_id)
    since = state.detected_at or state.became_aware_at or state.opened_at
    snapshots = []
    for system, profile in house.profile.systems.items():
        dies_at = (
            since + timedelta(hours=profile.evidence_hours) if since and profile.evidence_hours else None
        )
        taken = sum(1 for item in state.evidence.values() if item.system == system)
        snapshots.append(
            Snapshot(system, profile.name, profile.commands, dies_at, profile.lost_otherwise, taken)
        )
    far = datetime.max.replace(tzinfo=since.tzinfo if since else None)
    return tuple(sorted(snapshots, key=lambda s: (s.dies_at or far, s.system)))


def check_evidence(house: House, state: Incident) -> None:
    """Read every frozen byte again and compare hashes; TamperError names the first that differs."""
    for item in state.evidence.values():
        house.vault.check(item.sha256)


def _freeze(
    house: House, path: Path, *, actor: Actor, taken_at: datetime, command: str, system: str | None
) -> e.EvidenceFrozen:
    if not path.is_file():
        raise BadInputError("is not a file", source=path.name)
    if path.stat().st_size == 0:
        raise BadInputError("is empty", source=path.name)
    known = house.profile.systems
    if system is not None and system not in known:
        raise BadInputError(f"is not one of {', '.join(sorted(known))}", field="system", source=path.name)
    chosen = system or _recognised(house, path)
    with path.open("rb") as stream:
        stored = house.vault.put(stream)
    return e.EvidenceFrozen(
        evidence_id=f"ev-{stored.sha256[:12]}",
        system=chosen,
        file_name=path.name,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        taken_at=taken_at,
        taken_by=actor.handle,
        command=command,
    )


def _recognised(house: House, path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return house.readers.reader_of(stream)[0].system
    except TocsinError as error:
        reason = getattr(error, "reason", str(error))
        raise BadInputError(
            f"{reason}; say which system it is of", field="system", source=path.name
        ) from error
