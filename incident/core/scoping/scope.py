"""Scope: the one use of this package. Evidence records in, people out, the same bytes for the same inputs.

`scope` answers for evidence that fits in memory. The steps it takes are the ones that a service takes for large
evidence, with files and batches side by side and a spill on disk: take each file in, settle, take own records in,
weave, put batches of people together, conclude.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from incident.core.scoping.assembly import setting_of
from incident.core.scoping.finding import Batch, Counted, Maker, Shelves, in_cohort
from incident.core.scoping.gathering import take_accesses, take_own_records
from incident.core.scoping.intake import Taken, take_accounts
from incident.core.scoping.joining import ConflictKind
from incident.core.scoping.open_ends import notes_of, unresolved_of
from incident.core.scoping.packing import loads
from incident.core.scoping.reader import Holds
from incident.core.scoping.result import Conflict, Counts, Finding, ScopeResult
from incident.core.scoping.settling import Gathered, settle_logs, settle_own_records
from incident.core.scoping.spill import MemorySpill
from incident.core.scoping.suggestions import suggest
from incident.core.scoping.waves import remember
from incident.core.scoping.weaving import Woven, persons, weave
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incident.core.scoping.packing import Handle
    from incident.core.scoping.question import Question
    from incident.core.scoping.reader import ReadReport
    from incident.core.scoping.records import AccessRecord, AccountRecord, EvidenceRef, GenerationRecord
    from incident.core.scoping.result import Earlier
    from incident.core.scoping.spill import Spill

CONFLICTS_SHOWN = 10_000


@dataclass(slots=True)
class Total:
    """What all batches came to."""

    people: list[Any] = field(default_factory=list)
    likenesses: list[Any] = field(default_factory=list)
    conflicts: list[Any] = field(default_factory=list)
    counted: Counted = field(default_factory=Counted)

    def add(self, batch: Batch) -> None:
        """Add one batch."""
        self.people += batch.people
        self.likenesses += batch.likenesses
        self.conflicts += batch.conflicts
        self.counted.join(batch.counted)


def in_order(refs: Iterable[EvidenceRef]) -> tuple[EvidenceRef, ...]:
    """Return the evidence in the order in which it counts; the same bytes frozen twice are read once."""
    unique: dict[tuple[str, str], EvidenceRef] = {}
    for ref in sorted(refs, key=lambda each: (each.system, each.sha256, each.taken_at, each.evidence_id)):
        unique.setdefault((ref.system, ref.sha256), ref)
    return tuple(unique.values())


def shelves_of(takens: Iterable[Taken], woven: Woven, earlier: Any = None) -> Shelves:
    """Say where the records are that the woven lines point at."""
    accounts = {each.file: each.shelf for each in takens if each.nodes}
    return Shelves(accounts, woven.bases, woven.bare, woven.tallies, earlier, woven.reasons)


def conclude(
    question: Question,
    refs: Sequence[EvidenceRef],
    takens: Sequence[Taken],
    gathered: Gathered,
    total: Total,
    spill: Spill,
) -> Finding:
    """Say everything there is to say apart from the people."""
    reports = [each.report.summary() for each in takens if each.report is not None]
    reports.sort(key=lambda each: (each.ref.system, each.ref.sha256))
    unresolved = unresolved_of(gathered, question, refs, reports)
    suggestions, suggested = suggest(spill.merged(total.likenesses), spill)
    conflicts, conflicting = _conflicts(total.conflicts, spill)
    counted = total.counted
    return Finding(
        question=question, unresolved=unresolved, suggestions=suggestions, conflicts=conflicts,
        notes=notes_of(question, gathered, refs, reports, unresolved), reports=tuple(reports),
        counts=Counts(
            counted.people, counted.told, _sorted(counted.by_certainty), _sorted(counted.by_jurisdiction),
            _sorted(counted.by_category), _sorted(counted.by_change), counted.without_email, counted.staff,
            conflicting, suggested,
        ),
    )  # fmt: skip


def scope(
    question: Question,
    accounts: Iterable[AccountRecord],
    accesses: Iterable[AccessRecord],
    own_records: Iterable[GenerationRecord],
    reports: Sequence[ReadReport],
    *,
    pseudonym_key: str = "",
    told_before: Iterable[tuple[Earlier, Iterable[Handle]]] = (),
) -> ScopeResult:
    """Find the affected people, in memory. `pseudonym_key` keeps pseudonyms from being guessed from addresses.

    Raises BadInputError when a record comes from evidence that no report names.
    """
    spill = MemorySpill()
    refs = in_order(report.ref for report in reports)
    split = [_by_file(refs, records) for records in (accounts, accesses, own_records)]
    by_id = {report.ref.evidence_id: report for report in reports}
    made = [Taken(file, by_id[ref.evidence_id], Holds.ACCESSES) for file, ref in enumerate(refs)]
    for taken in made:
        if taken.file in split[0]:
            taken.holds = Holds.ACCOUNTS
            take_accounts(split[0][taken.file], taken, spill)
        if taken.file in split[1]:
            take_accesses(question, split[1][taken.file], taken, spill)
    gathered, extra = settle_logs(question, made, spill)
    bulk = gathered.asked_of_own_records(kind for taken in (*made, extra) for kind in taken.kinds)
    own = [take_own_records(question, split[2][t.file], t, spill, bulk) for t in made if t.file in split[2]]
    settle_own_records(gathered, own, spill)
    before = remember(told_before, spill)
    woven = weave(question, [*made, extra], spill, earlier=before.runs)
    maker = Maker(setting_of(question, refs, pseudonym_key), shelves_of(made, woven, before.shelf), spill)
    groups, total = list(persons(spill.merged(woven.groups))), Total()
    total.add(maker.batch(groups, woven.first_bare))
    people = sorted((maker.person(lines)[0] for lines in groups), key=in_cohort)
    found = conclude(question, refs, made, gathered, total, spill)
    return ScopeResult(
        found.question, found.unresolved, found.suggestions, found.conflicts, found.notes, found.reports,
        found.counts, tuple(people),
    )  # fmt: skip


def _by_file(refs: Sequence[EvidenceRef], records: Iterable[Any]) -> dict[int, list[Any]]:
    files = {ref.evidence_id: file for file, ref in enumerate(refs)}
    found: dict[int, list[Any]] = {}
    for record in records:
        if record.evidence_id not in files:
            raise BadInputError("a record comes from evidence that no report names", field="evidence_id")
        found.setdefault(files[record.evidence_id], []).append(record)
    return {file: sorted(some, key=lambda each: each.row) for file, some in found.items()}


def _conflicts(runs: Iterable[Any], spill: Spill) -> tuple[tuple[Conflict, ...], int]:
    """Name the people of each conflict; returns the first ones and how many there are."""
    named = spill.sorter()
    for (kind, detail, _), group in groupby(spill.merged(runs), key=lambda line: line.split(b"\t", 3)[:3]):
        people = sorted({line[:-1].rpartition(b"\t")[2] for line in group})
        named.add(b"%s\t%s\t%s\n" % (kind, b" ".join(people), detail))
    listed: list[Conflict] = []
    count = 0
    for line in spill.merged(named.done()):
        count += 1
        if count <= CONFLICTS_SHOWN:
            kind, members, detail = line.decode().rstrip("\n").split("\t")
            listed.append(Conflict(ConflictKind(kind), loads(detail), tuple(members.split(" "))))
    return tuple(listed), count


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return {str(name): count for name, count in sorted(counter.items()) if count}
