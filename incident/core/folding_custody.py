"""Read the entries about packs and erasure into state; joined to the rest by `incident.core.folding`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from incident.core import events as e
from incident.core.state import Incident, Recorded


def _exported(event: e.PackExported, s: Incident, _entry: Recorded) -> None:
    s.packs_made.append(event.manifest_sha256)


def _begun(_event: e.PackAnnounced, _s: Incident, _entry: Recorded) -> None:
    """Leave the state as it is: that a pack was begun ends the log in that pack."""


def _erased(event: e.PersonErased, s: Incident, _entry: Recorded) -> None:
    for cohort_id, positions in event.places.items():
        s.erased[cohort_id] = s.erased.get(cohort_id, frozenset()) | frozenset(positions)


def _refused(_event: e.ErasureRefused, _s: Incident, _entry: Recorded) -> None:
    """Leave the state as it is: the refusal stands in the timeline."""


def _evidence_erased(event: e.EvidenceErased, s: Incident, _entry: Recorded) -> None:
    s.evidence_erased[event.evidence_id] = event.ground


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.PackAnnounced, _begun),
    (e.PackExported, _exported),
    (e.PersonErased, _erased),
    (e.ErasureRefused, _refused),
    (e.EvidenceErased, _evidence_erased),
)
