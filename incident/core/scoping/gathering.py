"""Pass once over the accesses and own records and keep only tallies per person and per bulk read.

Memory grows with the people touched and with the actor's masked lines, not with the log. Who a handle
belongs to is not asked here (`joining.py`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.core.scoping.judging import Reason, Verdict, could_be_masked_twin, judge, suspects_of
from incident.core.scoping.question import Certainty, Question, SystemMode
from incident.core.scoping.records import (
    AccessRecord,
    AddressPrecision,
    GenerationRecord,
    IdentityKind,
    Operation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ROWS_SHOWN = 20
Handle = tuple[IdentityKind, str]
TallyKey = tuple[str, str, Reason, Certainty, tuple[str, ...]]
BulkKey = tuple[str, str, str, tuple[str, ...]]


@dataclass(slots=True)
class Tally:
    """Rows that say the same thing: the first few by number, how many, from when to when, how many items."""

    rows: list[int] = field(default_factory=list)
    count: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    items: int = 0
    largest: int = 0
    hidden: int = 0

    def add(self, row: int, at: datetime) -> None:
        """Count one more row."""
        self.count += 1
        if len(self.rows) < ROWS_SHOWN:
            self.rows.append(row)
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)


@dataclass(slots=True)
class Gathered:
    """Everything the logs and own records say, by handle."""

    touched: dict[Handle, dict[TallyKey, Tally]] = field(default_factory=dict)
    bulk: dict[BulkKey, Tally] = field(default_factory=dict)
    candidates: dict[BulkKey, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    existing: Counter[BulkKey] = field(default_factory=Counter)
    own_evidence: set[str] = field(default_factory=set)
    predictions: dict[str, str] = field(default_factory=dict)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    logged: set[str] = field(default_factory=set)
    outside: dict[str, Tally] = field(default_factory=dict)
    bulk_requests: set[tuple[str, str]] = field(default_factory=set)

    def counted_before(self, record: AccessRecord) -> bool:
        """Whether this bulk read was counted already: the same log may be there in two exports."""
        name = (record.system, record.request_id or "")
        if record.request_id is None or name not in self.bulk_requests:
            self.bulk_requests.add(name)
            return False
        return True

    def touch(self, handle: Handle, key: TallyKey, row: int, at: datetime) -> None:
        """Count one row against one handle."""
        self.touched.setdefault(handle, {}).setdefault(key, Tally()).add(row, at)


def gather_accesses(question: Question, accesses: Iterable[AccessRecord]) -> Gathered:
    """Judge every access and tally it.

    Masked lines wait until an exact log of the same request has spoken.
    """
    gathered, suspects = Gathered(), suspects_of(question.actors)
    named = {entry.system for entry in question.systems}
    exact: dict[tuple[str, str], bool] = {}
    waiting: list[tuple[AccessRecord, Verdict]] = []
    for record in accesses:
        verdict = judge(record, suspects)
        if (
            record.request_id
            and _is_exact(record)
            and (verdict or could_be_masked_twin(record.actor, suspects))
        ):
            exact[record.system, record.request_id] = verdict is not None
        if verdict is None:
            continue
        gathered.logged.add(record.system)
        if record.system not in named:
            _note(gathered, "actor_in_unnamed_system", record, verdict)
        elif verdict.provisional and record.request_id:
            waiting.append((record, verdict))
        else:
            _settle(gathered, question, record, verdict)
    for record, verdict in waiting:
        known = exact.get((record.system, record.request_id or ""))
        if known is None:
            _settle(gathered, question, record, verdict)
        else:
            gathered.notes["masked_line_resolved" if known else "masked_line_of_another", record.system] += 1
    return gathered


def gather_own_records(
    question: Question,
    records: Iterable[GenerationRecord],
    gathered: Gathered,
    wanted: frozenset[str] = frozenset(),
) -> None:
    """Find who can be behind each bulk read, and whose records lay in a wholly compromised store.

    `wanted` are prediction ids seen elsewhere; their owners are remembered.
    """
    whole = {entry.system: entry for entry in question.systems if entry.mode is SystemMode.WHOLE_STORE}
    by_collection: dict[str, list[BulkKey]] = {}
    for key in gathered.bulk:
        by_collection.setdefault(key[2], []).append(key)
    for record in records:
        gathered.own_evidence.add(record.evidence_id)
        if record.prediction_id in wanted:
            gathered.predictions[record.prediction_id or ""] = record.uid
        _consider(
            gathered, [key for name in record.collections for key in by_collection.get(name, ())], record
        )
        entry = whole.get(record.system)
        if entry and entry.certainty:
            held = tuple(
                name for name in record.categories if not entry.categories or name in entry.categories
            )
            existed = record.created_at <= question.window.end
            level, reason = (
                (entry.certainty, Reason.WHOLE_STORE)
                if existed
                else (Certainty.EXCLUDED, Reason.CREATED_AFTER_WINDOW)
            )
            tally_key = (record.system, record.evidence_id, reason, level, held)
            gathered.touch((IdentityKind.UID, record.uid), tally_key, record.row, record.created_at)


def _consider(gathered: Gathered, keys: Iterable[BulkKey], record: GenerationRecord) -> None:
    """Count a record for every bulk read that can have returned it.

    One tally, however many logs tell of the read.
    """
    found: dict[TallyKey, datetime] = {}
    for key in keys:
        last_at = gathered.bulk[key].last_at
        if last_at is None or record.created_at > last_at:
            continue
        gathered.existing[key] += 1
        held = tuple(name for name in key[3] if name in record.categories or name == "user_id")
        owners = gathered.candidates.setdefault(key, {})
        owners[record.uid] = tuple(sorted({*owners.get(record.uid, ()), *held}))
        found[key[0], record.evidence_id, Reason.BULK_READ_CANDIDATE, Certainty.POSSIBLE, held] = last_at
    for tally_key, last_at in found.items():
        gathered.touch((IdentityKind.UID, record.uid), tally_key, record.row, last_at)


def _settle(gathered: Gathered, question: Question, record: AccessRecord, verdict: Verdict) -> None:
    """Tally one access of the actor in a named system."""
    if not question.window.start <= record.at <= question.window.end:
        if verdict.certainty is not Certainty.EXCLUDED:
            gathered.outside.setdefault(record.system, Tally()).add(record.row, record.at)
        verdict = Verdict(Certainty.EXCLUDED, Reason.OUTSIDE_WINDOW)
    key = (record.system, record.evidence_id, verdict.reason, verdict.certainty, record.categories)
    for subject in record.subjects:
        gathered.touch((subject.kind, subject.value), key, record.row, record.at)
    if verdict.certainty is Certainty.EXCLUDED:
        return
    if record.operation is Operation.ADMIN:
        _note(gathered, "actor_administered", record, verdict)
    elif record.items_unresolved != 0 and not gathered.counted_before(record):
        bulk_key = (record.system, record.evidence_id, record.collection, record.categories)
        tally = gathered.bulk.setdefault(bulk_key, Tally())
        tally.add(record.row, record.at)
        tally.items += record.items_unresolved or 0
        tally.largest = max(tally.largest, record.items_unresolved or 0)
        tally.hidden += record.items_unresolved is None


def _note(gathered: Gathered, code: str, record: AccessRecord, verdict: Verdict) -> None:
    if verdict.certainty is not Certainty.EXCLUDED:
        gathered.notes[code, record.system] += 1


def _is_exact(record: AccessRecord) -> bool:
    return record.actor.ip_precision is AddressPrecision.EXACT
