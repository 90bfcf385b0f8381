"""Filings: one pack for each authority in its own order, filed by a person, with reference and receipt written back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from incident.core import events as e
from incident.core import filings as core
from incident.core.actors import TOCSIN, Actor
from incident.core.decide import filing as decide
from incident.core.filing_orders import Order, whole_order
from incident.core.places import place
from incident.core.state import Filing, Incident, Obligation
from incident.errors import BadInputError
from incident.service.house import House, record, view

TO_PEOPLE = frozenset({"customer", "individuals"})


def prepare(house: House, incident_id: str) -> str:
    """Make a pack for every open duty to an authority, and refresh packs that are not filed yet."""
    state = view(house, incident_id)
    base = core.fact_base(state, settings_of(house))
    head = ledger_line(house)
    prepared = [
        _prepare(house, state, base, duty, head)
        for duty in state.obligations.values()
        if duty.open and duty.arose.recipient not in TO_PEOPLE and not _submitted(state, duty)
    ]

    def decide_prepared(present: Incident, _now: object) -> tuple[e.Event, ...]:
        return tuple(event for one in prepared for event in decide.prepare_filing(present, one))

    record(house, incident_id, actor=TOCSIN, decide=decide_prepared)
    unknown = sum(len(one.fields_unknown) for one in prepared)
    return f"{len(prepared)} filing packs, {unknown} fields are unknown and say so"


def submit(
    house: House,
    incident_id: str,
    filing_id: str,
    *,
    actor: Actor,
    reference: str,
    submitted_at: datetime,
    receipt: Path | None = None,
    late_because: str | None = None,
) -> Incident:
    """Record that a person filed it; the receipt is kept by its hash."""
    sha256 = _receipt(house, receipt) if receipt is not None else None
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda state, now: decide.submit_filing(
            state,
            filing_id,
            actor=actor,
            now=now,
            reference=reference,
            submitted_at=submitted_at,
            receipt_sha256=sha256,
            late_because=late_because,
        ),
    )


def write_out(house: House, incident_id: str, folder: Path) -> tuple[Path, ...]:
    """Write every pack as PDF and JSON into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(
        path for filing in view(house, incident_id).filings.values() for path in _files(house, filing, folder)
    )


def settings_of(house: House) -> dict[str, Any]:
    """Return what packs say about the company."""
    profile = house.profile
    return {
        "name": profile.name,
        "postal_address": profile.postal_address,
        "dpo": profile.dpo,
        "privacy_contact": profile.privacy_contact,
        "phone": profile.phone,
    }


def ledger_line(house: House) -> str:
    """Name the present tree head in one line."""
    head = house.store.head()
    return f"{house.keys.origin()}, {head.size} entries, root {head.root().hex()}"


def order_of(house: House, state: Incident, duty: Obligation) -> Order:
    """Return in which order, and under which names, the authority of a duty asks."""
    rule = house.law.book().rule(duty.arose.rule)
    version = rule.on((state.became_aware_at or house.clock.now()).date()) if rule is not None else None
    return whole_order(version.filing_fields if version is not None else (), duty.arose.jurisdiction)


def _prepare(
    house: House, state: Incident, base: dict[str, Any], duty: Obligation, head: str
) -> e.FilingPrepared:
    arose = duty.arose
    authority = (
        arose.authority or f"the competent {arose.recipient} in {place(arose.jurisdiction)} (not known which)"
    )
    pack = core.pack(
        base,
        order_of(house, state, duty),
        state=state,
        authority=authority,
        jurisdiction=arose.jurisdiction,
        stage="initial",
    )
    document = pack.document(at=house.clock.now(), ledger_head=head)
    known = [i for i, f in state.filings.items() if f.prepared.obligation_id == arose.obligation_id]
    return e.FilingPrepared(
        filing_id=known[0] if known else _next_id(state, arose.obligation_id),
        obligation_id=arose.obligation_id,
        authority=authority,
        jurisdiction=arose.jurisdiction,
        stage="initial",
        channel=arose.channel,
        pack_sha256=house.vault.put_bytes(pack.canonical()).sha256,
        pdf_sha256=house.vault.put_bytes(house.pdf.pdf(document)).sha256,
        fields_unknown=pack.unknown,
    )


def _next_id(state: Incident, obligation_id: str) -> str:
    """Return a filing's number: that of its duty, so that a pack has the same number in every run."""
    duties = [
        i for i, o in state.obligations.items() if o.arose.recipient not in TO_PEOPLE and o.arose.required
    ]
    return f"F{duties.index(obligation_id) + 1:02}"


def _submitted(state: Incident, duty: Obligation) -> bool:
    return any(
        f.submitted is not None and f.prepared.obligation_id == duty.arose.obligation_id
        for f in state.filings.values()
    )


def _receipt(house: House, receipt: Path) -> str:
    if not receipt.is_file() or receipt.stat().st_size == 0:
        raise BadInputError("is not a file with something in it", field="receipt", source=receipt.name)
    with receipt.open("rb") as stream:
        return house.vault.put(stream).sha256


def _files(house: House, filing: Filing, folder: Path) -> Iterator[Path]:
    prepared = filing.prepared
    for suffix, sha256 in ((".json", prepared.pack_sha256), (".pdf", prepared.pdf_sha256)):
        path = folder / f"{prepared.filing_id}-{prepared.jurisdiction}{suffix}"
        path.write_bytes(house.vault.read(sha256))
        yield path
