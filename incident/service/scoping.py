"""Scope: read the frozen evidence, find the people, freeze the list.

Reading is streamed and custody-logged. People go into erasable rows; the ledger gets counts and one root over the
commitments.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.documents import canonical
from incident.core.scoping.cohort import header
from incident.core.scoping.question import Question
from incident.core.scoping.question_documents import question_document, question_from_document
from incident.core.scoping.reader import ReadSummary
from incident.core.scoping.result import Finding
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError
from incident.service.freezing import freeze as freeze_found
from incident.service.house import House, record, view
from incident.service.joinings import with_decisions
from incident.service.searching import Searched, search

LISTED = 20
QUARANTINE_LISTED = 5
SHORTEST_HASH = 8
Sink = Callable[[Iterator[bytes]], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a scoping came to: the frozen cohort, or only the answer of a dry run."""

    result: Finding = field(repr=False)
    frozen: e.CohortFrozen | None
    unread: tuple[str, ...]
    follows: tuple[str, ...] = ()
    question_sha256: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether everything the question needs was read: no file broke off or is unknown, no row was set aside."""
        broken = any(report.broke_off or report.quarantined for report in self.result.reports)
        return not broken and not any(note.code == "evidence_unread" for note in self.result.notes)

    def lines(self) -> Iterator[str]:
        """Say it for a person, without anybody's data."""
        counts = self.result.counts
        yield f"{counts.told} people are told, {counts.by_certainty.get('excluded', 0)} are excluded"
        if self.follows:
            yield f"this follows {', '.join(self.follows)}; told are only those added or worsened"
            yield "what it changes: " + _pairs(counts.by_change)
        yield "certainty: " + _pairs(counts.by_certainty)
        yield "they live in: " + _pairs(counts.by_jurisdiction)
        yield "data exposed: " + _pairs(counts.by_category)
        yield f"{counts.without_email} of them have no e-mail address"
        for entry in self.result.unresolved:
            number = "an unknown number of" if entry.items is None else str(entry.items)
            yield f"{number} items of {entry.collection or entry.system} were read without names: {entry.because}"
        for suggestion in self.result.suggestions[:LISTED]:
            yield f"perhaps one person ({suggestion.kind}): {' and '.join(suggestion.people)}"
        if counts.suggestions > LISTED:
            yield f"and {counts.suggestions - LISTED} more that may be one person: tocsin scope merges"
        if counts.conflicts:
            yield f"{counts.conflicts} conflicts between records: tocsin scope merges"
        for report in self.result.reports:
            yield from _quarantine(report)
        for note in self.result.notes:
            yield f"{'BLOCKS: ' if note.blocking else ''}{note.text}"
        for name in self.unread:
            yield f"frozen but not read, no reader knows the format: {name}"
        yield f"the question is kept: --question {self.question_sha256[:16]} asks it again"

    def data(self) -> dict[str, Any]:
        """Return it as plain values, but for the people, who are streamed."""
        return {
            "cohort": self.frozen,
            "question_sha256": self.question_sha256,
            "suggestions": [[s.kind, s.reason, list(s.people)] for s in self.result.suggestions],
            "conflicts": [[c.kind, c.detail, list(c.people)] for c in self.result.conflicts],
            "unresolved": [
                [u.system, u.collection, u.items, u.candidates, u.bounded, u.because]
                for u in self.result.unresolved
            ],
            "counts": self.result.counts,
            "notes": [[n.code, n.system, n.count, n.text, n.blocking] for n in self.result.notes],
            "unread_evidence": self.unread,
            "read_whole": self.is_whole,
            "evidence": [_read(report) for report in self.result.reports],
        }


def _quarantine(report: ReadSummary) -> Iterator[str]:
    """Name the first rows that were set aside, and how many more there are."""
    for row in report.quarantine[:QUARANTINE_LISTED]:
        yield f"{report.ref.evidence_id}, row {row.row} is in quarantine: {row.reason}"
    if (more := report.quarantined - QUARANTINE_LISTED) > 0:
        yield f"{report.ref.evidence_id}: {more} more rows are in quarantine; --json lists the first hundred"


def _read(report: ReadSummary) -> dict[str, Any]:
    """Return what reading one file came to."""
    return {
        "evidence": report.ref.evidence_id, "system": report.ref.system, "sha256": report.ref.sha256,
        "format": report.format, "rows": report.rows, "quarantined": report.quarantined,
        "quarantine": [[each.row, each.reason] for each in report.quarantine],
        "incomplete": report.incomplete, "broke_off": report.broke_off,
        "not_looked_into": dict(report.not_looked_into),
    }  # fmt: skip


def scope(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    document: Mapping[str, Any],
    freeze: bool = True,
    out: Path | None = None,
    sink: Sink | None = None,
) -> Found:
    """Answer the question with all frozen evidence; freeze the cohort unless told otherwise.

    `sink` is given the record of every person, as JSON in the order of the cohort, while they can be streamed.
    """
    actor.must_be(*RESPONDERS, to="scope")
    declared = question_from_document(document)
    state = view(house, incident_id)
    _check_systems(house, state, declared)
    asked = house.vault.put_bytes(canonical(question_document(declared)))
    question = with_decisions(house, state, declared)
    with search(house, state, question) as found:
        read = e.EvidenceRead(found.used, "scoping")
        record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
        if out is not None:
            _write_private(out, found)
        frozen = freeze_found(house, state, actor, found, asked.sha256) if freeze else None
        if sink is not None:
            sink(line.record for line in found.lines())
        return Found(found.finding, frozen, found.unread, found.follows, asked.sha256)


def _check_systems(house: House, state: Incident, question: Question) -> None:
    """Refuse a system that nobody knows: a misspelled one would find nobody, and look like an answer."""
    known = {*house.profile.systems, *(item.system for item in state.evidence.values())}
    for row, entry in enumerate(question.systems, start=1):
        if entry.system not in known:
            raise BadInputError(f"is not one of {', '.join(sorted(known))}", field="systems.system", row=row)


def saved_question(house: House, incident_id: str, name: str) -> Mapping[str, Any]:
    """Return a question asked before in this incident, by the first characters of its hash, 8 at least."""
    state = view(house, incident_id)
    known = {str(wave.question.get("declared", "")) for wave in state.waves}
    found = [sha256 for sha256 in known if len(name) >= SHORTEST_HASH and sha256.startswith(name)]
    if len(found) != 1:
        raise NotFoundError(f"no question {name} was asked in this incident when a cohort was frozen")
    document: Mapping[str, Any] = json.loads(house.vault.read(found[0]))
    return document


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "nobody"


def _write_private(path: Path, found: Searched) -> None:
    """Write the cohort's document, a line for each person, for its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(header(found.finding) + b"\n")
        for line in found.lines():
            out.write(line.record + b"\n")
