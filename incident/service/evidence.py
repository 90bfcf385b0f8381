"""Freeze evidence: hash the bytes into the vault, write the custody line, say what to take next.

What a file means is the readers' business; a file that no reader understands is frozen all the same when a
person says which system it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.decide import intake
from incident.core.evidence_plan import Snapshot, Taken, plan
from incident.core.state import Incident
from incident.errors import BadInputError, TamperError, TocsinError
from incident.ports import Stored
from incident.service.house import House, record, view


@dataclass(frozen=True, slots=True)
class EvidencePlan:
    """The snapshots in the order in which they die, the window that this was counted from, and damaged evidence."""

    since: datetime
    until: datetime
    now: datetime
    snapshots: tuple[Snapshot, ...]
    damaged: tuple[str, ...]


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
    """Freeze one file and return its custody line; bytes that are frozen already return their first one.

    A file that cannot be taken leaves an entry that says why.
    """
    try:
        chosen, stored = _store(house, path, system)
    except BadInputError as error:
        refused = e.EvidenceRefused(system or "unknown", path.name, error.reason)
        record(house, incident_id, actor=actor, decide=lambda _state, _now: (refused,))
        raise
    frozen = e.EvidenceFrozen(
        evidence_id=f"ev-{stored.sha256[:12]}",
        system=chosen,
        file_name=path.name,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        taken_at=taken_at,
        taken_by=actor.handle,
        command=command,
    )
    return freeze(house, incident_id, frozen, actor=actor)


def freeze(house: House, incident_id: str, frozen: e.EvidenceFrozen, *, actor: Actor) -> e.EvidenceFrozen:
    """Write the custody line of bytes that lie in the vault; return it, or the first one of the same bytes."""
    state = record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, now: intake.freeze_evidence(state, frozen, actor=actor, now=now),
    )
    return state.evidence[frozen.evidence_id]


def plan_evidence(
    house: House, incident_id: str, *, since: datetime | None = None, until: datetime | None = None
) -> EvidencePlan:
    """Return what to take, in the order in which it dies.

    Lives are counted from the window: as given, else as the last scoping had it, else from the earliest known moment
    to now.
    """
    state = view(house, incident_id)
    taken, damaged = [], []
    for item in state.evidence.values():
        try:
            taken.append(Taken(item.evidence_id, item.system, format_of(house, item), item.taken_at))
        except TamperError:
            damaged.append(item.evidence_id)
    return plan_of(house, state, taken, tuple(damaged), since=since, until=until)


def plan_of(
    house: House,
    state: Incident,
    taken: Sequence[Taken],
    damaged: tuple[str, ...] = (),
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> EvidencePlan:
    """Return the plan for a state and for evidence whose formats are known; reads no evidence."""
    now = house.clock.now()
    known = state.cohort.question.get("window", {}) if state.cohort else {}
    first = since or _instant(known.get("start")) or _earliest(state) or now
    last = until or _instant(known.get("end")) or now
    if last < first:
        raise BadInputError("lies before the start of the window", field="until")
    snapshots = tuple(
        replace(entry, commands=tuple(c.replace("INCIDENT", state.incident_id) for c in entry.commands))
        for entry in plan(house.profile.systems, taken, since=first, until=last, now=now)
    )
    return EvidencePlan(first, last, now, snapshots, damaged)


def _instant(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _earliest(state: Incident) -> datetime | None:
    return min((at for at in (state.detected_at, state.became_aware_at, state.opened_at) if at), default=None)


def format_of(house: House, item: e.EvidenceFrozen) -> str | None:
    """Return the format of frozen evidence, or None where no reader knows it."""
    try:
        with house.vault.open(item.sha256) as stream:
            return house.readers.reader_of(stream, system=item.system)[1]
    except BadInputError:
        return None


def check_evidence(house: House, state: Incident) -> None:
    """Read every frozen byte again and compare hashes; TamperError names the first that differs."""
    for item in state.evidence.values():
        house.vault.check(item.sha256)


def _store(house: House, path: Path, system: str | None) -> tuple[str, Stored]:
    """Put a file into the vault and return its system and hash; what is no plain file, or empty, is refused."""
    known = house.profile.systems
    if system is not None and system not in known:
        raise BadInputError(f"is not one of {', '.join(sorted(known))}", field="system", source=path.name)
    with house.vault.source(path) as stream:
        if not stream.read(1):
            raise BadInputError("is empty", source=path.name)
        stream.seek(0)
        chosen = system or _recognised(house, stream, path.name)
        stream.seek(0)
        return chosen, house.vault.put(stream)


def _recognised(house: House, stream: BinaryIO, name: str) -> str:
    try:
        return house.readers.reader_of(stream)[0].system
    except TocsinError as error:
        reason = getattr(error, "reason", str(error))
        raise BadInputError(f"{reason}; say which system it is of", field="system", source=name) from error
