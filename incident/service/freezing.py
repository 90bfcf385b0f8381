"""Freeze what a search found: rows for everyone, a keyed commitment for each, counts and one root in the ledger.

Two passes over the stream: the first makes keys and commitments and hashes the document, the second writes the
rows in the transaction that records the event. Memory does not grow with the people.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from incident.core import events as e
from incident.core import stretches
from incident.core.actors import Actor
from incident.core.decide import scope as decide
from incident.core.documents import canonical
from incident.core.letters import exposure_text
from incident.core.people import PersonRow, commit
from incident.core.scoping.cohort import header
from incident.core.scoping.packing import loads
from incident.core.scoping.question_documents import question_document
from incident.core.state import Incident
from incident.errors import RefusedError
from incident.ledger.merkle import CompactRange, Upper
from incident.ports import Transaction
from incident.service.house import House, record
from incident.service.searching import Line, Searched
from incident.service.settled_memory import settled_memory

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class _Committed:
    """Keys and commitments by position, their root and what is below it, hashes of document and what letters go by."""

    shelf: Any
    root: str
    nodes: Sequence[Upper]
    document_sha256: str
    told_sha256: str
    by_language: Mapping[str, int]


def freeze(
    house: House, state: Incident, actor: Actor, found: Searched, declared_sha256: str
) -> e.CohortFrozen:
    """Freeze the cohort, found for a declared question; refused when somebody froze another one meanwhile."""
    wave = len(state.waves) + 1
    cohort_id = f"{state.incident_id}-C{wave}"
    committed = _commit(house, found)
    frozen = _event(found, cohort_id, wave, committed, declared_sha256)

    def also(tx: Transaction) -> None:
        rows = _rows(house, found, committed)
        finding = found.finding
        named = {name for one in finding.suggestions for name in one.people}
        named |= {name for one in finding.conflicts for name in one.people}
        tx.people.save_cohort(state.incident_id, cohort_id, rows, header(found.finding), named=named)
        tx.people.keep_nodes(cohort_id, committed.nodes)

    def decide_freeze(present: Incident, _now: object) -> tuple[e.Event, ...]:
        if len(present.waves) + 1 != wave:
            raise RefusedError("somebody froze another cohort meanwhile; scope again")
        return decide.freeze_cohort(present, frozen, actor=actor)

    with settled_memory():
        record(house, state.incident_id, actor=actor, decide=decide_freeze, also=also)
    return frozen


def _commit(house: House, found: Searched) -> _Committed:
    shelf, languages = found.spill.shelf(), Counter[str]()
    told, digest = found.finding.counts.told, hashlib.sha256(header(found.finding) + b"\n")
    addressed = stretches.Told(b"")

    def leaves() -> Iterator[bytes]:
        nonlocal addressed
        for position, line in enumerate(found.lines()):
            key = house.ids.key()
            if position == 0 < told:
                addressed = stretches.Told(key)
            commitment = commit(key, line.record)
            shelf.put(key + commitment)
            digest.update(line.record + b"\n")
            if position < told:
                email, name, *_rest = columns = loads(line.columns)
                kind = _kind(house, columns)
                languages[kind[0]] += 1
                addressed.add(kind, [stretches.line(position, email, name, kind[0])])
            yield commitment

    tree, nodes = CompactRange().grow_long(leaves())
    by_language = dict(sorted(languages.items()))
    return _Committed(
        shelf.done(), tree.root().hex(), nodes, digest.hexdigest(), addressed.hexdigest(), by_language
    )


def _rows(house: House, found: Searched, committed: _Committed) -> Iterator[PersonRow]:
    kept = found.spill.opened(committed.shelf)
    for position, line in enumerate(found.lines()):
        pair = kept.get(position)
        yield _row(house, position, line, pair[:_KEY_BYTES], pair[_KEY_BYTES:])


def _row(house: House, position: int, line: Line, key: bytes, commitment: bytes) -> PersonRow:
    columns = loads(line.columns)
    email, name, phone, *_kind_of, categories = columns
    language, jurisdiction, certainty, exposure = _kind(house, columns)
    return PersonRow(
        position=position, pseudonym=line.pseudonym, email=email, name=name, phone=phone,
        language=language, jurisdiction=jurisdiction, certainty=certainty, exposure=exposure,
        categories=tuple(categories), record=line.record, key=key, commitment=commitment,
    )  # fmt: skip


def _kind(house: House, columns: list[Any]) -> stretches.Kind:
    """Return what a letter is chosen by; the language is their own, else that of where they live, else English."""
    _email, _name, _phone, own, jurisdiction, certainty, levels, _categories = columns
    country = str(jurisdiction).partition("-")[0]
    language = str(own or house.profile.languages.get(country) or "en")
    return language, jurisdiction, certainty, exposure_text(levels.items())


def _event(
    found: Searched, cohort_id: str, wave: int, committed: _Committed, declared_sha256: str
) -> e.CohortFrozen:
    finding, counts = found.finding, found.finding.counts
    asked = question_document(finding.question)
    return e.CohortFrozen(
        cohort_id=cohort_id,
        wave=wave,
        question={
            "sha256": hashlib.sha256(canonical(asked)).hexdigest(),
            "declared": declared_sha256,
            "window": asked["window"],
            "systems": [{k: entry[k] for k in ("system", "mode", "reason")} for entry in asked["systems"]],
        },
        evidence_ids=found.used,
        readers={report.reader: report.reader_version for report in finding.reports},
        commitment=committed.root,
        people=counts.people,
        told=counts.told,
        without_email=counts.without_email,
        by_certainty=dict(counts.by_certainty),
        by_jurisdiction=dict(counts.by_jurisdiction),
        by_category=dict(counts.by_category),
        by_language=dict(committed.by_language),
        unresolved_items=sum(entry.items or 0 for entry in finding.unresolved),
        blocks=finding.blocks,
        quarantined_rows=sum(report.quarantined for report in finding.reports),
        unread_evidence=found.unread,
        document_sha256=committed.document_sha256,
        told_sha256=committed.told_sha256,
        follows=found.follows,
        by_change=dict(counts.by_change) if found.follows else {},
    )
