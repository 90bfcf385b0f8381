"""Jobs of a scoping that can be done in another process: take one file in, put one batch of people together.

A job carries all it needs and imports little. Reading is checked against the hash of the evidence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

from incident.core.scoping.assembly import Setting
from incident.core.scoping.finding import Batch, Maker, Shelves
from incident.core.scoping.gathering import Bulk, take_accesses, take_own_records
from incident.core.scoping.intake import Taken, joined, take_accounts
from incident.core.scoping.question import Question
from incident.core.scoping.reader import Holds, Interest, Part, Reader, ReadReport
from incident.core.scoping.records import EvidenceRef
from incident.core.scoping.spill import Spill
from incident.core.scoping.weaving import persons
from incident.core.scoping.workshop import Workshop
from incident.errors import BadInputError
from incident.ports import Readers, Vault


@dataclass(frozen=True, slots=True)
class FileJob:
    """One file to take in, whole or in parts; own records wait until it is known what they are asked, `bulk`."""

    file: int
    ref: EvidenceRef
    question: Question
    interest: Interest | None
    vault: Vault
    readers: Readers
    spill: Spill
    bulk: Bulk | None = None
    part_bytes: int = 0
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """A large file of lines that is to be taken in by parts."""

    file: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class NotYet:
    """A file of own records."""

    file: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that no reader knows."""

    file: int


def take_all(shop: Workshop, jobs: Iterable[FileJob]) -> Iterator[Taken | NotYet | Unread]:
    """Take files in side by side, and the parts of large ones too; the parts come back as one."""
    waiting = deque(jobs)
    whole = {job.file: job for job in waiting}
    parts: dict[int, list[Taken]] = {}
    while waiting:
        for done in shop.each(take_file, _drained(waiting)):
            if isinstance(done, Cut):
                parts[done.file] = []
                waiting.extendleft(replace(whole[done.file], part=part) for part in reversed(done.parts))
            elif isinstance(done, Taken) and done.file in parts:
                parts[done.file].append(done)
            else:
                yield done
    yield from map(joined, parts.values())


def _drained(waiting: deque[FileJob]) -> Iterator[FileJob]:
    while waiting:
        yield waiting.popleft()


def take_file(job: FileJob) -> Taken | NotYet | Unread | Cut:
    """Take one file, or a part of it, in; a large one that lies in lines is cut first."""
    with job.vault.open(job.ref.sha256) as stream:
        try:
            reader, form = job.readers.reader_of(stream, system=job.ref.system)
        except BadInputError:
            return Unread(job.file)
        if reader.holds is Holds.OWN_RECORDS and job.bulk is None:
            return NotYet(job.file)
        stream.seek(0)
        if job.part_bytes and job.part is None and job.readers.lies_in_lines(stream, form):
            parts = job.vault.cut(job.ref.sha256, job.part_bytes)
            if len(parts) > 1:
                return Cut(job.file, parts)
        report = ReadReport(job.ref, reader=type(reader).__name__, reader_version=reader.version, format=form)
        taken = Taken(job.file, report, reader.holds)
        if job.part is None:
            stream.seek(0)
            return _take(job, reader, stream, taken)
        report.first_row = job.part.first_row
        with job.vault.open_part(job.ref.sha256, job.part) as part:
            return _take(job, reader, part, taken)


def _take(job: FileJob, reader: Reader, stream: BinaryIO, taken: Taken) -> Taken:
    assert taken.report is not None
    read = cast("Any", reader.read(stream, job.ref, taken.report, interest=job.interest))
    records = cast("Any", _until_broken(read, taken.report))
    match reader.holds:
        case Holds.ACCOUNTS:
            return take_accounts(records, taken, job.spill)
        case Holds.ACCESSES:
            return take_accesses(job.question, records, taken, job.spill)
        case Holds.OWN_RECORDS:
            return take_own_records(job.question, records, taken, job.spill, job.bulk or Bulk())


def _until_broken(records: Iterator[Any], report: ReadReport) -> Iterator[Any]:
    """Hand records on; a file that breaks off counts as far as it goes, and is said to be incomplete."""
    try:
        yield from records
    except BadInputError as error:
        report.breaks_off(error.reason, error.row)


@dataclass(frozen=True, slots=True)
class PeopleJob:
    """Some people to put together: those whose lines begin with `start` or more, and with less than `end`."""

    groups: Sequence[Any]
    start: bytes
    end: bytes | None
    first_bare: int
    setting: Setting
    shelves: Shelves
    spill: Spill


def make_people(job: PeopleJob) -> Batch:
    """Put one batch together."""
    lines = job.spill.merged(job.groups, job.start, job.end)
    return Maker(job.setting, job.shelves, job.spill).batch(persons(lines), job.first_bare)
