"""Facts that somebody waits for: the letters, the law, the scores, the filings. Unknown is an answer to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.letter_values import missing_facts
from incident.core.letters import FALLBACK_LANGUAGE
from incident.core.severity_proposal import SCORED_BY

if TYPE_CHECKING:
    from incident.core.state import Incident


def wanted_facts(state: Incident) -> dict[str, tuple[str, ...]]:
    """Return each fact that nobody has recorded yet, known or unknown, with who asks for it; in order of urgency."""
    asked: dict[str, list[str]] = {}
    languages = sorted({draft.language for draft in state.letters.values()} | {FALLBACK_LANGUAGE})
    for language in languages:
        _ask(asked, missing_facts(state, language), "letters")
    scored = [name for name in SCORED_BY if name != "data" or state.cohort is None]
    _ask(asked, scored, "severity and risk")
    law = state.determination.missing_facts if state.determination else ()
    _ask(asked, [name for name in law if "." not in name], "law")  # the others are no facts of their own
    return {name: tuple(by) for name, by in asked.items() if name not in state.facts}


def _ask(asked: dict[str, list[str]], names: tuple[str, ...] | list[str], by: str) -> None:
    for name in names:
        if by not in asked.setdefault(name, []):
            asked[name].append(by)
