"""What to take first: every snapshot worth having, in the order in which it dies, and how each stands.

A trace of the moment t is gone at t + its life. So of a window the first part dies at its beginning + life, and the
last at its end + life: before the first nothing is lost, between the two some, after the second all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core.profile import SnapshotProfile, SystemProfile


class Mark(StrEnum):
    """How a snapshot stands."""

    DONE = "done"
    LATE = "late"
    DUE = "due"
    DYING = "dying"
    LOST = "lost"
    TO_TAKE = "to take"


SAID = {
    Mark.DONE: "taken before any of it died",
    Mark.LATE: "taken after the first of it had died; what died before is lost",
    Mark.DUE: "not taken yet; all of it is still there",
    Mark.DYING: "not taken yet; the first of it is lost, the rest is dying",
    Mark.LOST: "not taken while it lived",
    Mark.TO_TAKE: "not taken yet; it has no known end",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One piece of frozen evidence: of which system, in which format (None: unknown), taken when."""

    evidence_id: str
    system: str
    format: str | None
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot worth taking: which, how, until when, and what is lost otherwise."""

    system: str
    what: str
    mark: Mark
    dies_at: datetime | None
    gone_at: datetime | None
    commands: tuple[str, ...]
    lost_otherwise: str
    evidence_ids: tuple[str, ...]


def plan(
    systems: Mapping[str, SystemProfile],
    taken: Sequence[Taken],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
) -> tuple[Snapshot, ...]:
    """Return every snapshot of every system; those that die first come first, those without an end last.

    `since` and `until` bound the time whose traces matter.
    """
    found = [
        _stand(system, wanted, _of(taken, system, wanted, profile.snapshots), since, max(since, until), now)
        for system, profile in systems.items()
        for wanted in profile.snapshots
    ]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(found, key=lambda s: (s.dies_at or far, s.system, s.what)))


def _of(
    taken: Iterable[Taken], system: str, wanted: SnapshotProfile, all_of_it: Sequence[SnapshotProfile]
) -> list[Taken]:
    """Return the evidence that is this snapshot: by format; a format that no snapshot names is any of them."""
    named = {form for each in all_of_it for form in each.formats}
    return [
        item
        for item in taken
        if item.system == system and (item.format in wanted.formats or item.format not in named)
    ]


def _stand(
    system: str,
    wanted: SnapshotProfile,
    taken: Sequence[Taken],
    since: datetime,
    until: datetime,
    now: datetime,
) -> Snapshot:
    life = None if wanted.evidence_hours is None else timedelta(hours=wanted.evidence_hours)
    dies_at, gone_at = (None, None) if life is None else (since + life, until + life)
    first = min((item.taken_at for item in taken), default=None)
    return Snapshot(
        system, wanted.what, _mark(first, dies_at, gone_at, now), dies_at, gone_at, wanted.commands,
        wanted.lost_otherwise, tuple(sorted(item.evidence_id for item in taken)),
    )  # fmt: skip


def _mark(first: datetime | None, dies_at: datetime | None, gone_at: datetime | None, now: datetime) -> Mark:
    if dies_at is None or gone_at is None:
        return Mark.TO_TAKE if first is None else Mark.DONE
    if first is not None:
        return Mark.DONE if first <= dies_at else Mark.LATE if first <= gone_at else Mark.LOST
    return Mark.DUE if now <= dies_at else Mark.DYING if now <= gone_at else Mark.LOST
