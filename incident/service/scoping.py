"""Scope: read the frozen evidence, find the people, freeze the list; say why somebody is on it.

Reading is streamed and custody-logged. People go into erasable rows; the ledger gets counts and one root over the
commitments.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.scoping.cohort import header
from incident.core.scoping.question_documents import question_from_document
from incident.core.scoping.result import Finding
from incident.core.scoping.telling import why_record
from incident.errors import NotFoundError
from incident.service.freezing import freeze as freeze_found
from incident.service.house import House, record, view
from incident.service.searching import Searched, search

LISTED = 20
Sink = Callable[[Iterator[bytes]], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a scoping came to: the frozen cohort, or only the answer of a dry run."""

    result: Finding = field(repr=False)
    frozen: e.CohortFrozen | None
    unread: tuple[str, ...]
    follows: tuple[str, ...] = ()

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
            for row in report.quarantine:
                yield f"{report.ref.evidence_id}, row {row.row} is in quarantine: {row.reason}"
        for note in self.result.notes:
            yield f"{'BLOCKS: ' if note.blocking else ''}{note.text}"
        for name in self.unread:
            yield f"frozen but not read, no reader knows the format: {name}"

    def data(self) -> dict[str, Any]:
        """Return it as plain values, but for the people, who are streamed."""
        return {
            "cohort": self.frozen,
            "suggestions": [[s.kind, s.reason, list(s.people)] for s in self.result.suggestions],
            "conflicts": [[c.kind, c.detail, list(c.people)] for c in self.result.conflicts],
            "unresolved": [
                [u.system, u.collection, u.items, u.candidates, u.bounded, u.because]
                for u in self.result.unresolved
            ],
            "counts": self.result.counts,
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
    sink: Sink | None = None,
) -> Found:
    """Answer the question with all frozen evidence; freeze the cohort unless told otherwise.

    `sink` is given the record of every person, as JSON in the order of the cohort, while they can be streamed.
    """
    actor.must_be(*RESPONDERS, to="scope")
    question = question_from_document(document)
    state = view(house, incident_id)
    with search(house, state, question) as found:
        read = e.EvidenceRead(found.used, "scoping")
        record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
        if out is not None:
            _write_private(out, found)
        frozen = freeze_found(house, state, actor, found) if freeze else None
        if sink is not None:
            sink(line.record for line in found.lines())
        return Found(found.finding, frozen, found.unread, found.follows)


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


def _pairs(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counts.items()) or "nobody"


def _write_private(path: Path, found: Searched) -> None:
    """Write the cohort's document, a line for each person, for its owner alone."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(header(found.finding) + b"\n")
        for line in found.lines():
            out.write(line.record + b"\n")
