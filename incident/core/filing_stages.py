"""Later reports to an authority that had its first: the same fields from the facts of now, and what changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide.intake import still_open
from incident.core.filings import UNKNOWN, Pack, PackField
from incident.core.state import Filing, Incident
from incident.errors import NotFoundError, RefusedError


class Stage(StrEnum):
    """The reports of one duty, in order."""

    INITIAL = "initial"
    SUPPLEMENTARY = "supplementary"
    FINAL = "final"


LATER = (Stage.SUPPLEMENTARY.value, Stage.FINAL.value)


def reports(state: Incident, obligation_id: str) -> dict[str, Filing]:
    """Return every report of a duty, the first one first."""
    return {i: f for i, f in state.filings.items() if f.prepared.obligation_id == obligation_id}


def last_submitted(state: Incident, filing_id: str, *, actor: Actor) -> Filing:
    """Return the report that a later one follows; refused while one waits, before the first and after the final."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="prepare a later report")
    still_open(state)
    named = state.filings.get(filing_id)
    if named is None:
        raise NotFoundError(f"there is no filing {filing_id}")
    known = reports(state, named.prepared.obligation_id)
    for number, one in known.items():
        if one.submitted is None:
            raise RefusedError(f"{number} is not filed yet; record it before a later report is prepared")
        if one.prepared.stage == Stage.FINAL.value:
            raise RefusedError(f"{number} was the final report to {one.prepared.authority}")
    return list(known.values())[-1]


def follow(pack: Pack, before: Mapping[str, Any], *, reference: str, because: str) -> Pack:
    """Return a later report: which one it follows, why, and every answer that is not what it was."""
    was = {one["code"]: one["value"] for one in before["fields"]}
    changed = [
        f"{one.label}: was {was.get(one.code) or UNKNOWN}, now {one.value or UNKNOWN}"
        for one in pack.fields
        if was.get(one.code) != one.value
    ]
    head = (
        PackField("follows", "Follows the report with reference", reference),
        PackField("because", "Reason for this report", because),
        PackField("changes", "Changed since that report", "; ".join(changed) or "nothing"),
    )
    return replace(pack, fields=(*head, *pack.fields))


def next_number(state: Incident, obligation_id: str) -> str:
    """Return the number of the next report: that of the first, and which one it is."""
    known = reports(state, obligation_id)
    return f"{next(iter(known))}-{len(known) + 1}"


def prepare_later(
    state: Incident, prepared: e.FilingPrepared, *, after: str, actor: Actor
) -> tuple[e.Event, ...]:
    """Record the pack of a later report, if the state still allows it."""
    last_submitted(state, after, actor=actor)
    if prepared.filing_id in state.filings:
        raise RefusedError(f"{prepared.filing_id} was prepared meanwhile")
    return (prepared,)
