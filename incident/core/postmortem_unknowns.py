"""The section of the post-mortem that says what nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core import events as e
from incident.core.places import place
from incident.core.postmortem_parts import SETTLED, Cells, Section, tally
from incident.core.wording import status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.state import Incident


def unknowns(state: Incident) -> Section:
    """Show what nobody knows."""
    rows = (*_about_people(state), *_about_law(state), *_about_facts(state), *_about_letters(state))
    return Section("unknown", "What is unknown", ("What", "Detail"), rows, "Nothing is known to be unknown.")


def _about_people(state: Incident) -> Iterator[Cells]:
    if state.cohort is None:
        return
    if state.cohort.unresolved_items:
        yield "Items without a name to them", f"{state.cohort.unresolved_items:,}"
    if state.cohort.quarantined_rows:
        yield "Rows of evidence that could not be read", f"{state.cohort.quarantined_rows:,}"
    for evidence in state.cohort.unread_evidence:
        yield "Evidence that was not read", evidence


def _about_law(state: Incident) -> Iterator[Cells]:
    if state.determination is None:
        return
    for code in state.determination.not_covered:
        yield "No rules held for this place", place(code)
    for name in state.determination.missing_facts:
        yield "A fact that the law asks for", name.replace("_", " ")
    for question in state.determination.questions:
        yield "A question for counsel", question


def _about_facts(state: Incident) -> Iterator[Cells]:
    for name, fact in sorted(state.facts.items()):
        if fact.label is not e.Label.FACT:
            yield f"A fact that is {status(fact.label)}", name.replace("_", " ")
    for filing in state.filings.values():
        for name in filing.prepared.fields_unknown:
            yield f"Not answered to {filing.prepared.authority}", name.replace("_", " ")


def _about_letters(state: Incident) -> Iterator[Cells]:
    for code, number in sorted(tally(state).items()):
        if code not in SETTLED:
            yield f"Letters: {status(code)}", f"{number:,} people"
