"""Sentences about packs that were handed out, and about what was erased or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.wording import clean


def _exported(e: Any) -> str:
    shown = f"{e.shown:,} {'entry' if e.shown == 1 else 'entries'} shown"
    withheld = f"{sum(e.withheld.values()):,} withheld"
    return f"A pack of the tier {e.tier} was made ({clean(e.purpose)}): {shown}, {withheld}."


def _erased(e: Any) -> str:
    return f"{_people(e.places)} of what is kept about them erased: {clean(e.ground)}."


def _refused(e: Any) -> str:
    return f"A request for erasure was refused ({clean(e.ground)})."


def _people(places: Mapping[str, tuple[int, ...]]) -> str:
    count = max((len(positions) for positions in places.values()), default=0)
    return "One person had all" if count == 1 else f"{count:,} people had all"


CUSTODY: dict[str, Callable[[Any], str]] = {
    "pack:exported": _exported,
    "person:erased": _erased,
    "erasure:refused": _refused,
    "evidence:erased": lambda e: f"The bytes of evidence {e.evidence_id} were erased: {clean(e.ground)}.",
}
