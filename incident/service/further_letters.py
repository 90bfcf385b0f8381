"""The letters of a further notice: drafted anew from the facts as they are, and written out to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from incident.core import events as e
from incident.core import letters as core
from incident.core.further import waiting
from incident.core.state import Approval, Incident, Notice
from incident.service import genuine
from incident.service.house import House, view
from incident.service.letters import letter_settings, render, write_letters


def drafts(
    house: House,
    state: Incident,
    origin: Notice,
    kinds: Mapping[tuple[str, str, str], int],
    *,
    correction: bool,
) -> tuple[e.LetterDrafted, ...]:
    """Render a letter for each regime, language and kind of exposure among some people, and check each."""
    settings = letter_settings(house) | {"genuine_url": genuine.address(house, state.incident_id)}
    wanted = core.variants(kinds, regimes=house.law.letter_regimes())
    rendered = [render(house, state, variant, settings, correction=correction) for variant in wanted]
    return tuple(replace(one, cohort_id=origin.plan.cohort_id) for one in rendered)


def write_out(house: House, incident_id: str, folder: Path) -> tuple[Path, ...]:
    """Write the further letters that wait into a folder each, to be opened and read."""
    written: list[Path] = []
    for approval_id, one in waiting(view(house, incident_id)):
        target = folder / approval_id
        target.mkdir(parents=True, exist_ok=True)
        written += write_letters(house, one.letters, target)
    return tuple(written)


def waiting_ones(house: House, incident_id: str) -> tuple[tuple[e.FurtherProposed, Approval], ...]:
    """Return the further letters that are proposed or approved and not laid out, with their approvals."""
    state = view(house, incident_id)
    return tuple((one, state.approvals[approval_id]) for approval_id, one in waiting(state))


def triple_of(house: House, incident_id: str, approval_id: str) -> str:
    """Return the hash that an approver reads."""
    return view(house, incident_id).approvals[approval_id].request.triple
