"""Sentences about packs that were handed out, and about what was erased or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.said import Said, clean, number, say


def _exported(e: Any) -> Said:
    return say(
        "exported",
        "A pack of the tier {tier} was made ({purpose}): {shown} shown, {withheld} withheld.",
        tier=e.tier,
        purpose=clean(e.purpose),
        shown=number(e.shown, "entry", "entries"),
        withheld=sum(e.withheld.values()),
    )


def _erased(e: Any) -> Said:
    count = max((len(positions) for positions in e.places.values()), default=0)
    if count == 1:
        return say(
            "erased.one", "One person had all of what is kept about them erased: {why}.", why=clean(e.ground)
        )
    return say(
        "erased",
        "{n} people had all of what is kept about them erased: {why}.",
        n=count,
        why=clean(e.ground),
    )


CUSTODY: Mapping[str, Callable[[Any], Said]] = {
    "pack:announced": lambda e: say(
        "pack.announced",
        "A pack of the tier {tier} was announced; {before} of this incident stand before it.",
        tier=e.tier,
        before=number(e.before, "entry", "entries"),
    ),
    "pack:exported": _exported,
    "person:erased": _erased,
    "erasure:refused": lambda e: say(
        "erasure.refused", "A request for erasure was refused ({why}).", why=clean(e.ground)
    ),
    "evidence:erased": lambda e: say(
        "evidence.erased",
        "The bytes of evidence {evidence} were erased: {why}.",
        evidence=e.evidence_id,
        why=clean(e.ground),
    ),
}
