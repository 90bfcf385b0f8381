"""Scope: read the frozen evidence, find the people, freeze the list with a commitment for each of them.

Reading is streamed and custody-logged. People go into erasable rows; the ledger gets counts and one root over the
commitments.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide import scope as decide
from incident.core.documents import canonical
from incident.core.people import PersonRow, commit
from incident.core.scoping import cohort as documents
from incident.core.scoping.question import Question, interest_of
from incident.core.scoping.question_documents import question_document, question_from_document
from incident.core.scoping.reader import Holds, Interest, Reader, ReadReport
from incident.core.scoping.records import EvidenceRef, Record
from incident.core.scoping.result import Person, ScopeResult
from incident.core.scoping.scope import scope as find_people
from incident.core.scoping.telling import exposure_of, why_record
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, RefusedError
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ports import Transaction
from incident.service.house import House, record, view


@dataclass(frozen=True, slots=True)
class Found:
    """What a scoping came to: the frozen cohort, or only the answer of a dry run."""

    result: ScopeResult = field(repr=False)
    frozen: e.CohortFrozen | None
    unread: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """Say it for a person, without anybody's data."""
        counts = self.result.counts
        told = len(self.result.told)
        yield f"{told} people are told, {len(self.result.people) - told} are excluded"
        yield "certainty: " + _pairs(counts.by_certainty)
        yield "they live in: " + _pairs(counts.by_jurisdiction)
        yield "data exposed: " + _pairs(counts.by_category)
        yield f"{counts.without_email} of them have no e-mail address"
        for entry in self.result.unresolved:
            number = "an unknown number of" if entry.items is None else str(entry.items)
            yield f"{number} items of {entry.collection or entry.system} were read without names: {entry.because}"
        for suggestion in self.result.suggestions:
            yield f"perhaps one person ({suggestion.kind}): {' and '.join(suggestion.people)}"
        for report in self.result.reports:
            for row in report.quarantine:
                yield f"{report.ref.evidence_id}, row {row.row} is in quarantine: {row.reason}"
        for note in self.result.notes:
            yield f"{'BLOCKS: ' if note.blocking else ''}{note.text}"
        for name in self.unread:
            yield f"frozen but not read, no reader knows the format: {name}"

    def data(self) -> dict[str, Any]:
        """Return it as plain values; people by pseudonym, with identities, reasons and evidence."""
        return {
            "cohort": self.frozen,
            "people": [documents.person_document(person) for person in self.result.people],
            "suggestions": [[s.kind, s.reason, list(s.people)] for s in self.result.suggestions],
            "notes": [[n.code, n.system, n.count, n.text, n.blocking] for n in self.result.notes],
            "unread_evidence": self.unread,
        }


def scope(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    document: Mapping[str, Any],
    freeze: bool = True,
    out: Path | None = None,
) -> Found:
    """Answer the question with all frozen evidence; freeze the cohort unless told otherwise."""
    actor.must_be(*RESPONDERS, to="scope")
    question = question_from_document(document)
    state = view(house, incident_id)
    result, unread = _find(house, state, question)
    used = tuple(sorted(report.ref.evidence_id for report in result.reports))
    read = e.EvidenceRead(used, "scoping")
    record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
    if out is not None:
        _write_private(out, documents.cohort_document(result))
    if not freeze:
        return Found(result, None, unread)
    return Found(result, _freeze(house, state, actor, result, used, unread), unread)


def why(house: House, incident_id: str, position: int, *, actor: Actor) -> tuple[str, ...]:
    """Say why the person at a position is told or excluded, with evidence lines; the reading is recorded."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="read why somebody is on the list")
    state = view(house, incident_id)
    if state.cohort is None or not 0 <= position < state.cohort.people:
        raise NotFoundError(f"the cohort has nobody at position {position}")
    read = e.EvidenceRead((), f"why the person at position {position} is on the list")
    record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
    with house.store.reading() as tx:
        person = tx.people.person(state.cohort.cohort_id, position)
    return why_record(person.record)


def _find(house: House, state: Incident, question: Question) -> tuple[ScopeResult, tuple[str, ...]]:
    interest = interest_of(question)
    by_kind: dict[Holds, list[tuple[e.EvidenceFrozen, Reader, ReadReport]]] = {kind: [] for kind in Holds}
    unread = []
    for item in sorted(state.evidence.values(), key=lambda i: i.evidence_id):
        ref = EvidenceRef(item.evidence_id, item.system, item.sha256, item.taken_at)
        try:
            with house.vault.open(item.sha256) as stream:
                reader, form = house.readers.reader_of(stream, system=item.system)
        except BadInputError:
            unread.append(item.file_name)
            continue
        report = ReadReport(ref, reader=type(reader).__name__, reader_version=reader.version, format=form)
        by_kind[reader.holds].append((item, reader, report))
    reports = [report for some in by_kind.values() for _item, _reader, report in some]

    def records(kind: Holds) -> Iterator[Any]:
        for item, reader, report in by_kind[kind]:
            yield from _read(house, item, reader, report, interest)

    result = find_people(
        question, records(Holds.ACCOUNTS), records(Holds.ACCESSES), records(Holds.OWN_RECORDS), reports
    )
    return result, tuple(unread)


def _read(
    house: House, item: e.EvidenceFrozen, reader: Reader, report: ReadReport, interest: Interest | None
) -> Iterator[Record]:
    with house.vault.open(item.sha256) as stream:
        yield from reader.read(stream, report.ref, report, interest=interest)


def _freeze(
    house: House,
    state: Incident,
    actor: Actor,
    result: ScopeResult,
    used: tuple[str, ...],
    unread: tuple[str, ...],
) -> e.CohortFrozen:
    wave = len(state.waves) + 1
    cohort_id = f"{state.incident_id}-C{wave}"
    rows = [
        _row(position, person, house.ids.key(), house.profile.languages)
        for position, person in enumerate(result.people)
    ]
    frozen = _event(result, cohort_id, wave, rows, used, unread)
    document = documents.cohort_document(result)

    def also(tx: Transaction) -> None:
        tx.people.save_cohort(state.incident_id, cohort_id, rows, document)

    def decide_freeze(present: Incident, _now: object) -> tuple[e.Event, ...]:
        if len(present.waves) + 1 != wave:
            raise RefusedError("somebody froze another cohort meanwhile; scope again")
        return decide.freeze_cohort(present, frozen, actor=actor)

    record(house, state.incident_id, actor=actor, decide=decide_freeze, also=also)
    return frozen


def _event(
    result: ScopeResult,
    cohort_id: str,
    wave: int,
    rows: list[PersonRow],
    used: tuple[str, ...],
    unread: tuple[str, ...],
) -> e.CohortFrozen:
    question, counts = result.question, result.counts
    asked = question_document(question)
    told = rows[: len(result.told)]
    return e.CohortFrozen(
        cohort_id=cohort_id,
        wave=wave,
        question={
            "sha256": hashlib.sha256(canonical(asked)).hexdigest(),
            "window": asked["window"],
            "systems": [{k: entry[k] for k in ("system", "mode", "reason")} for entry in asked["systems"]],
        },
        evidence_ids=used,
        readers={report.reader: report.reader_version for report in result.reports},
        commitment=CompactRange().extend(leaf_hash(row.commitment) for row in rows).root().hex(),
        people=len(rows),
        told=len(told),
        without_email=counts.without_email,
        by_certainty=dict(counts.by_certainty),
        by_jurisdiction=dict(counts.by_jurisdiction),
        by_category=dict(counts.by_category),
        by_language=dict(sorted(Counter(row.language for row in told).items())),
        unresolved_items=sum(entry.items or 0 for entry in result.unresolved),
        blocks=result.blocks,
        quarantined_rows=sum(report.quarantined for report in result.reports),
        unread_evidence=unread,
    )


def _row(position: int, person: Person, key: bytes, languages: Mapping[str, str]) -> PersonRow:
    document = documents.person_document(person)
    content = canonical(document)
    country = person.residence.jurisdiction.partition("-")[0]
    return PersonRow(
        position=position,
        pseudonym=person.pseudonym,
        email=person.email,
        name=person.name,
        phone=person.phone,
        language=person.language or languages.get(country) or "en",
        jurisdiction=person.residence.jurisdiction,
        certainty=person.certainty.value,
        exposure=exposure_of(document),
        categories=person.categories,
        record=content,
        key=key,
        commitment=commit(key, content),
    )


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "nobody"


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with cast("Any", os.fdopen(descriptor, "wb")) as out:
        out.write(content)
