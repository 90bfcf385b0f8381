"""Search: read the frozen evidence and put the people together, streamed, with room on disk and all hands.

Freezing what was found is left to `freezing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Final

from incident.core import events as e
from incident.core.letters import parse_exposure
from incident.core.scoping.assembly import setting_of
from incident.core.scoping.finding import Batch
from incident.core.scoping.intake import Taken
from incident.core.scoping.laying import ranges
from incident.core.scoping.packing import loads
from incident.core.scoping.question import Certainty, Question, SystemMode, interest_of
from incident.core.scoping.records import EvidenceRef, IdentityKind
from incident.core.scoping.result import Earlier, Finding
from incident.core.scoping.scope import Total, conclude, in_order, shelves_of
from incident.core.scoping.settling import settle_logs, settle_own_records
from incident.core.scoping.spill import MemorySpill, Spill
from incident.core.scoping.waves import Remembered, absent, remember
from incident.core.scoping.weaving import SAMPLES_EACH, weave
from incident.core.scoping.workshop import Done, Job, Workshop
from incident.core.state import Incident
from incident.service.cohorts import people_to_tell
from incident.service.house import House
from incident.service.kept import kept_batch
from incident.service.taking_in import FileJob, NotYet, PeopleJob, Unread, make_people, take_all

RECORDS_AT_ONCE = 12_000
"""So many records make some thousand people, who are put together in one go."""
PART_BYTES = 64 << 20
"""A larger log is taken in by parts of this size, so that one file keeps all hands busy."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person as found: where they stand in the order, their columns, and the canonical record."""

    place: int
    pseudonym: str
    columns: bytes = field(repr=False)
    record: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search came to, as long as its room is open."""

    finding: Finding
    spill: Spill
    runs: Sequence[Any]
    used: tuple[str, ...]
    unread: tuple[str, ...]
    follows: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """Stream everyone in the order of the cohort: the told first."""
        for line in self.spill.merged(self.runs):
            place, pseudonym, columns, record = line[:-1].split(b"\t", 3)
            yield Line(int(place[:1]), pseudonym.decode(), columns, record)


class _AtOnce:
    """A workshop in memory, for a house that has none."""

    hands: Final = 1

    def __init__(self) -> None:
        self.spill: Spill = MemorySpill()

    def each(self, do: Callable[[Job], Done], jobs: Iterable[Job]) -> Iterator[Done]:
        return map(do, jobs)


@contextmanager
def search(house: House, state: Incident, question: Question) -> Iterator[Searched]:
    """Answer the question with all frozen evidence; the answer can be streamed until the block ends."""
    items = {item.evidence_id: item for item in state.evidence.values()}
    refs = in_order(EvidenceRef(i.evidence_id, i.system, i.sha256, i.taken_at) for i in items.values())
    sizes = [items[ref.evidence_id].size_bytes for ref in refs]
    with _workshop(house, sum(sizes)) as shop:
        before = told_cohorts(state)
        remembered = remember(_told(house, before), shop.spill)
        finding, runs, unread = _Search(house, shop, question, refs, sizes).run(remembered)
        yield Searched(
            finding, shop.spill, runs,
            tuple(sorted({report.ref.evidence_id for report in finding.reports})),
            tuple(items[refs[file].evidence_id].file_name for file in unread),
            tuple(cohort.cohort_id for cohort in before),
        )  # fmt: skip


def told_cohorts(state: Incident) -> list[e.CohortFrozen]:
    """Return the frozen cohorts whose people were told, or are being told."""
    noticed = {notice.plan.cohort_id for notice in state.notices.values()}
    return [cohort for cohort in state.waves if cohort.cohort_id in noticed]


class _Search:
    """One search, step by step."""

    def __init__(
        self,
        house: House,
        shop: Workshop,
        question: Question,
        refs: Sequence[EvidenceRef],
        sizes: Sequence[int],
    ) -> None:
        self.house, self.shop, self.question, self.refs, self.sizes = house, shop, question, refs, sizes

    def run(self, remembered: Remembered) -> tuple[Finding, Sequence[Any], list[int]]:
        spill = self.shop.spill
        takens, own_files, unread = self._read()
        gathered, extra = settle_logs(self.question, takens, spill)
        bulk = gathered.asked_of_own_records(kind for taken in (*takens, extra) for kind in taken.kinds)
        jobs = [replace(self._job(file), bulk=bulk) for file in own_files]
        own = [each for each in take_all(self.shop, jobs) if isinstance(each, Taken)]
        settle_own_records(gathered, own, spill)
        takens = sorted([*takens, *own], key=lambda each: each.file)
        woven = weave(self.question, [*takens, extra], spill, earlier=remembered.runs, each=self.shop.each)
        setting = setting_of(self.question, self.refs, "")
        shelves = shelves_of(takens, woven, remembered.shelf)
        total = Total()
        parts = woven.records // RECORDS_AT_ONCE + 1
        samples = spill.samples(woven.groups, parts * SAMPLES_EACH) if parts > 1 else ()
        people_jobs = (
            PeopleJob(woven.groups, start, end, woven.first_bare, setting, shelves, spill)
            for start, end in ranges(samples, parts, lambda line: line[:10])
        )
        for done in self.shop.each(make_people, people_jobs):
            total.add(done)
        for done in self._kept(absent(remembered, woven.earlier_met, spill)):
            total.add(done)
        return conclude(self.question, self.refs, takens, gathered, total, spill), total.people, unread

    def _read(self) -> tuple[list[Taken], list[int], list[int]]:
        """Take all files in but the own records, the largest first."""
        takens: list[Taken] = []
        own_files, unread = [], []
        for done in take_all(self.shop, [self._job(file) for file in range(len(self.refs))]):
            if isinstance(done, NotYet):
                own_files.append(done.file)
            elif isinstance(done, Unread):
                unread.append(done.file)
            else:
                takens.append(done)
        return takens, own_files, unread

    def _job(self, file: int) -> FileJob:
        house, system = self.house, self.refs[file].system
        is_whole = any(e.system == system and e.mode is SystemMode.WHOLE_STORE for e in self.question.systems)
        interest = None if is_whole else interest_of(self.question)
        return FileJob(
            file,
            self.refs[file],
            self.question,
            interest,
            house.vault,
            house.readers,
            self.shop.spill,
            part_bytes=PART_BYTES if self.sizes[file] > PART_BYTES else 0,
        )

    def _kept(self, gone: Iterator[Earlier]) -> Iterator[Batch]:
        """Keep those told before whom the present evidence does not show at all."""
        yield from kept_batch(self.house, gone, self.shop.spill)


def _workshop(house: House, weight: int) -> AbstractContextManager[Workshop]:
    if house.workshops is None:
        return nullcontext(_AtOnce())
    return house.workshops.open(weight)


def _told(
    house: House, cohorts: Sequence[e.CohortFrozen]
) -> Iterator[tuple[Earlier, list[tuple[IdentityKind, str]]]]:
    """Stream everyone who was told before, or is being told, with the handles they are known by.

    Whoever was laid out in a notice is told by it to the end, so no later wave takes them over, and a letter that
    leaves while people are being found is not written twice. Who was erased is known by none.
    """
    for cohort in cohorts:
        for row in people_to_tell(house, cohort):
            if row.record:
                levels = tuple((name, Certainty(level)) for name, level in parse_exposure(row.exposure))
                handles = [(IdentityKind(i[0]), i[1]) for i in loads(row.record)["identities"]]
                yield Earlier(cohort.cohort_id, row.position, levels), handles
