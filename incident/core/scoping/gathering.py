"""Judge the accesses of one log and the company's own records, and count them by person and by bulk read.

Who a handle belongs to is not asked here (`weaving.py`). A masked line waits until an exact log of the same
request has spoken, and a bulk read is counted once however many exports tell of it: `settling.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import TYPE_CHECKING

from incident.core.scoping.intake import Lines, Taken, Touches, note, packed, set_aside
from incident.core.scoping.judging import Reason, Verdict, could_be_masked_twin, judge, suspects_of
from incident.core.scoping.packing import quoted
from incident.core.scoping.question import Certainty, Question, SystemMode, is_anyone
from incident.core.scoping.records import AddressPrecision, IdentityKind, Operation, Outcome
from incident.core.scoping.tallies import Tally, TallyKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from incident.core.scoping.intake import BulkKey
    from incident.core.scoping.question import CompromisedSystem
    from incident.core.scoping.records import AccessRecord, GenerationRecord
    from incident.core.scoping.spill import Spill


_IDENTIFIERS = {IdentityKind.EMAIL: "email", IdentityKind.PHONE: "phone"}


@dataclass(slots=True)
class Gatherer:
    """Counts the actor's accesses in the systems that the question names."""

    question: Question
    taken: Taken
    lines: Lines
    touches: Touches

    def keep(self, record: AccessRecord, entry: CompromisedSystem) -> None:
        """Count whom a log names, when all that its system holds was compromised: the log was there to be read."""
        is_there = record.outcome in {Outcome.SUCCESS, Outcome.PARTIAL} and not record.in_text
        shown = {_IDENTIFIERS.get(each.kind, "user_id") for each in record.subjects}
        held = sorted(record.categories if is_there else shown)
        held = [name for name in held if not entry.categories or name in entry.categories]
        level = entry.certainty or Certainty.POSSIBLE
        key: TallyKey = (record.system, self.taken.file, Reason.WHOLE_STORE, level, tuple(held))
        for subject in record.subjects:
            if _is_unicode(subject.value):
                self.touches.add((subject.kind, subject.value), key, record.row, record.at)

    def settle(self, record: AccessRecord, file: int, verdict: Verdict) -> None:
        """Count one access of the actor in a named system."""
        if not self.question.window.start <= record.at <= self.question.window.end:
            if verdict.certainty is not Certainty.EXCLUDED:
                self.taken.outside.setdefault(record.system, Tally()).add(record.row, record.at)
            verdict = Verdict(Certainty.EXCLUDED, Reason.OUTSIDE_WINDOW)
        key = (record.system, file, verdict.reason, verdict.certainty, record.categories)
        for subject in record.subjects:
            if not _is_unicode(subject.value):
                set_aside(self.taken, record.row)
                continue
            self.touches.add((subject.kind, subject.value), key, record.row, record.at)
        if verdict.certainty is Certainty.EXCLUDED:
            return
        if record.operation is Operation.ADMIN:
            note(self.taken, "actor_administered", record.system)
        elif record.items_unresolved != 0:
            self.lines.add(
                "bulk",
                f"{quoted(record.system)}\t{quoted(record.request_id or '')}\t{file:05d}{record.row:012d}\t"
                + packed(record.collection, record.categories, record.row, record.at.isoformat(),
                         record.items_unresolved),
            )  # fmt: skip


def gatherer(question: Question, taken: Taken, spill: Spill) -> Gatherer:
    """Return a gatherer that counts for one file."""
    lines = Lines(spill)
    return Gatherer(question, taken, lines, Touches(lines, taken.kinds))


def take_accesses(question: Question, records: Iterable[AccessRecord], taken: Taken, spill: Spill) -> Taken:
    """Judge every access of one log."""
    ours, suspects = (
        gatherer(question, taken, spill),
        suspects_of(question.actors, anyone=is_anyone(question)),
    )
    named = {entry.system for entry in question.systems}
    whole = {entry.system: entry for entry in question.systems if entry.mode is SystemMode.WHOLE_STORE}
    is_asked = _path_filter(question.paths)
    for record in records:
        if is_asked is not None and not is_asked(record.resource):
            continue
        if record.subjects and (entry := whole.get(record.system)) is not None:
            ours.keep(record, entry)
        verdict = judge(record, suspects)
        exact = record.actor.ip_precision is AddressPrecision.EXACT
        if record.request_id and exact and (verdict or could_be_masked_twin(record.actor, suspects)):
            ours.lines.add("exact", f"{_request(record)}x{int(verdict is not None)}")
        if verdict is None:
            continue
        taken.systems.add(record.system)
        if record.system not in named:
            if verdict.certainty is not Certainty.EXCLUDED:
                note(taken, "actor_in_unnamed_system", record.system)
        elif verdict.provisional and record.request_id:
            taken.has_waiting = True
            ours.lines.add("waiting", f"{_request(record)}y{waiting_text(record, taken.file, verdict)}")
        else:
            ours.settle(record, taken.file, verdict)
    return finished(ours)


def finished(ours: Gatherer) -> Taken:
    """Close the sorters."""
    ours.touches.flush()
    ours.taken.runs = ours.lines.done()
    return ours.taken


def waiting_text(record: AccessRecord, file: int, verdict: Verdict) -> str:
    """Write what counting needs of an access once the exact logs have spoken."""
    return packed(
        record.system, file, record.row, record.at.isoformat(),
        [(each.kind, each.value) for each in record.subjects], record.categories, record.operation,
        record.collection, record.items_unresolved, record.request_id, verdict.certainty, verdict.reason,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bulk:
    """The bulk reads that own records may explain: the last read of each, and whether owners are asked for."""

    last_at: Mapping[BulkKey, datetime] = field(default_factory=dict)
    owners: bool = False


def take_own_records(
    question: Question, records: Iterable[GenerationRecord], taken: Taken, spill: Spill, bulk: Bulk
) -> Taken:
    """Find who can be behind each bulk read, and whose records lay in a wholly compromised store."""
    ours = gatherer(question, taken, spill)
    whole = {entry.system: entry for entry in question.systems if entry.mode is SystemMode.WHOLE_STORE}
    by_collection: dict[str, list[tuple[int, BulkKey]]] = {}
    for number, key in enumerate(bulk.last_at):
        by_collection.setdefault(key[2], []).append((number, key))
    for record in records:
        if bulk.owners and record.prediction_id:
            ours.lines.add("owners", f"{quoted(record.prediction_id)}\to{quoted(record.uid)}")
        keys = [each for name in record.collections for each in by_collection.get(name, ())]
        _consider(ours, keys, record, bulk)
        entry = whole.get(record.system)
        if entry and entry.certainty:
            held = tuple(c for c in record.categories if not entry.categories or c in entry.categories)
            existed = record.created_at <= question.window.end
            level = entry.certainty if existed else Certainty.EXCLUDED
            reason = Reason.WHOLE_STORE if existed else Reason.CREATED_AFTER_WINDOW
            tally_key: TallyKey = (record.system, taken.file, reason, level, held)
            ours.touches.add((IdentityKind.UID, record.uid), tally_key, record.row, record.created_at)
    return finished(ours)


def _consider(
    ours: Gatherer, keys: Iterable[tuple[int, BulkKey]], record: GenerationRecord, bulk: Bulk
) -> None:
    """Count a record for every bulk read that can have returned it; one tally, however many logs tell of it."""
    found: dict[TallyKey, datetime] = {}
    for number, key in keys:
        last_at = bulk.last_at[key]
        if record.created_at > last_at:
            continue
        ours.taken.existing[key] += 1
        ours.lines.add("candidates", f"{number:09d}\t{quoted(record.uid)}")
        held = tuple(name for name in key[3] if name in record.categories or name == "user_id")
        found[key[0], ours.taken.file, Reason.BULK_READ_CANDIDATE, Certainty.POSSIBLE, held] = last_at
    for tally_key, last_at in found.items():
        ours.touches.add((IdentityKind.UID, record.uid), tally_key, record.row, last_at)


def _is_unicode(value: str) -> bool:
    return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)


def _path_filter(patterns: tuple[str, ...]) -> Callable[[str], object] | None:
    if not patterns:
        return None
    return re.compile("|".join(translate(pattern) for pattern in patterns)).match


def _request(record: AccessRecord) -> str:
    return f"{quoted(record.system)}\t{quoted(record.request_id or '')}\t"
