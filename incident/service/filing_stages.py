"""Prepare a supplementary or final report: a new pack with a number of its own, from the same base of facts."""

from __future__ import annotations

import json

from incident.core import events as e
from incident.core import filing_stages as stages
from incident.core import filings as core
from incident.core.actors import Actor
from incident.core.decide.intake import said
from incident.core.state import Filing
from incident.errors import BadInputError
from incident.service import filing
from incident.service.house import House, record, view


def prepare_later(
    house: House, incident_id: str, filing_id: str, *, stage: str, because: str, actor: Actor
) -> e.FilingPrepared:
    """Make the pack of a later report that follows a filed one; says in it what changed, and why it is made."""
    if stage not in stages.LATER:
        raise BadInputError(f"must be one of {', '.join(stages.LATER)}", field="stage")
    reason = said(because, field="because")
    state = view(house, incident_id)
    before = stages.last_submitted(state, filing_id, actor=actor)
    first = before.prepared
    duty = state.obligations[first.obligation_id]
    pack = core.pack(
        core.fact_base(state, filing.settings_of(house)),
        filing.order_of(house, state, duty),
        state=state,
        authority=first.authority,
        jurisdiction=first.jurisdiction,
        stage=stage,
    )
    pack = _following(house, pack, before, reason)
    document = pack.document(at=house.clock.now(), ledger_head=filing.ledger_line(house))
    prepared = e.FilingPrepared(
        filing_id=stages.next_number(state, first.obligation_id),
        obligation_id=first.obligation_id,
        authority=first.authority,
        jurisdiction=first.jurisdiction,
        stage=stage,
        channel=first.channel,
        pack_sha256=house.vault.put_bytes(pack.canonical()).sha256,
        pdf_sha256=house.vault.put_bytes(house.pdf.pdf(document)).sha256,
        fields_unknown=pack.unknown,
    )
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda present, _now: stages.prepare_later(present, prepared, after=filing_id, actor=actor),
    )
    return prepared


def _following(house: House, pack: core.Pack, before: Filing, reason: str) -> core.Pack:
    told = json.loads(house.vault.read(before.prepared.pack_sha256))
    reference = before.submitted.reference if before.submitted else ""
    return stages.follow(pack, told, reference=reference, because=reason)
