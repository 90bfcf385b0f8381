"""Put together what the logs said: masked lines with exact ones, bulk reads counted once, who could be behind them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from incident.core.scoping.gathering import Bulk, finished, gatherer
from incident.core.scoping.intake import BulkKey, Taken, note
from incident.core.scoping.judging import Reason, Verdict
from incident.core.scoping.packing import loads
from incident.core.scoping.question import Certainty, Question
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import (
    AccessRecord,
    Actor,
    Identity,
    IdentityKind,
    Operation,
    Outcome,
    Strength,
)
from incident.core.scoping.tallies import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incident.core.scoping.spill import Spill


@dataclass(slots=True)
class Gathered:
    """Everything the logs and own records amount to, without the people."""

    bulk: dict[BulkKey, Tally] = field(default_factory=dict)
    candidates: Counter[BulkKey] = field(default_factory=Counter)
    existing: Counter[BulkKey] = field(default_factory=Counter)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    outside: dict[str, Tally] = field(default_factory=dict)
    logged: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    own_files: set[int] = field(default_factory=set)

    def asked_of_own_records(self, kinds: Iterable[IdentityKind]) -> Bulk:
        """Return what own records are to be searched for."""
        ended = {key: tally.last_at for key, tally in sorted(self.bulk.items()) if tally.last_at is not None}
        return Bulk(ended, owners=IdentityKind.PREDICTION_ID in set(kinds))


def settle_logs(question: Question, takens: Sequence[Taken], spill: Spill) -> tuple[Gathered, Taken]:
    """Let exact lines decide about masked ones and count bulk reads; returns the lines that came of it too."""
    extra = Taken(0, None, Holds.ACCESSES)
    ours = gatherer(question, extra, spill)
    if any(each.has_waiting for each in takens):
        lines = spill.merged(
            run for each in takens for n in ("exact", "waiting") for run in each.runs.get(n, ())
        )
        for request, group in groupby(lines, key=_first_two):
            del request
            known: bool | None = None
            for line in group:
                said = line.split(b"\t", 2)[2]
                if said[:1] == b"x":
                    known = known or said[1:2] == b"1"
                    continue
                record, file, verdict = _waiting(said[1:])
                if known is None:
                    ours.settle(record, file, verdict)
                else:
                    note(extra, "masked_line_resolved" if known else "masked_line_of_another", record.system)
    finished(ours)
    gathered = Gathered()
    for each in (*takens, extra):
        gathered.notes += each.notes
        for system, tally in each.outside.items():
            gathered.outside.setdefault(system, Tally()).join(tally)
        systems = gathered.stored if each.holds is Holds.ACCOUNTS else gathered.logged
        systems |= each.systems
    _count_bulk(gathered, [*takens, extra], spill)
    return gathered, extra


def settle_own_records(gathered: Gathered, takens: Sequence[Taken], spill: Spill) -> None:
    """Count who could be behind each bulk read."""
    keys = sorted(gathered.bulk)
    runs = [run for each in takens for run in each.runs.get("candidates", ())]
    before = b""
    for line in spill.merged(runs):
        if line != before:
            gathered.candidates[keys[int(line[:9])]] += 1
            before = line
    for each in takens:
        gathered.existing += each.existing
        gathered.own_files.add(each.file)


def _count_bulk(gathered: Gathered, takens: Sequence[Taken], spill: Spill) -> None:
    """Count each bulk read once: the same log may be there in two exports."""
    before: tuple[bytes, ...] = ()
    for line in spill.merged(run for each in takens for run in each.runs.get("bulk", ())):
        system, request, place, packed = line.split(b"\t", 3)
        if request != b'""' and (system, request) == before:
            continue
        before = (system, request)
        collection, categories, row, at, items = loads(packed)
        key = (loads(system), int(place[:5]), collection, tuple(categories))
        tally = gathered.bulk.setdefault(key, Tally())
        tally.add(row, datetime.fromisoformat(at))
        tally.items += items or 0
        tally.largest = max(tally.largest, items or 0)
        tally.hidden += items is None


def _waiting(packed: bytes) -> tuple[AccessRecord, int, Verdict]:
    (system, file, row, at, subjects, categories, operation, collection, items, request_id, certainty,
     reason) = loads(packed)  # fmt: skip
    record = AccessRecord(
        system=system, evidence_id="", row=row, at=datetime.fromisoformat(at), actor=Actor(),
        subjects=tuple(Identity(IdentityKind(kind), value, Strength.STRONG) for kind, value in subjects),
        resource="", categories=tuple(categories), outcome=Outcome.SUCCESS, operation=Operation(operation),
        collection=collection, items_unresolved=items, request_id=request_id,
    )  # fmt: skip
    return record, file, Verdict(Certainty(certainty), Reason(reason))


def _first_two(line: bytes) -> list[bytes]:
    return line.split(b"\t", 2)[:2]
