"""Which entries say a thing anew: a correction stands beside what it corrects and never hides it."""

from __future__ import annotations

from typing import Any

from incident.core import events as e

# The subject of each kind that may be said again, and the field that tells one such subject from another.
# Kinds that only ever add to what is known are not here.
SUBJECTS: dict[type[Any], tuple[str, str | None]] = {
    e.AwarenessDecided: ("awareness", None),
    e.BreachDecided: ("decision", None),
    e.SeverityAssessed: ("severity", None),
    e.RiskAssessed: ("risk", None),
    e.FactsAmended: ("fact", "name"),
    e.ObligationArose: ("obligation", "obligation_id"),
    e.FilingPrepared: ("filing", "filing_id"),
    e.PostMortemDrafted: ("post_mortem", None),
}


def correction_key(event: Any) -> str | None:
    """Name what an entry says anew each time; None for an entry that adds and never corrects."""
    subject = SUBJECTS.get(type(event))
    if subject is None:
        return None
    name, field = subject
    return name if field is None else f"{name}:{getattr(event, field)}"
