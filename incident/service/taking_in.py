"""Jobs of a scoping that can be done in another process: take one file in, put one batch of people together.

A job carries all it needs and imports little. Reading is checked against the hash of the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from incident.core.scoping.assembly import Setting
from incident.core.scoping.finding import Batch, Maker, Shelves
from incident.core.scoping.gathering import Bulk, take_accesses, take_own_records
from incident.core.scoping.intake import Taken, take_accounts
from incident.core.scoping.question import Question
from incident.core.scoping.reader import Holds, Interest, Reader, ReadReport
from incident.core.scoping.records import EvidenceRef
from incident.core.scoping.spill import Spill
from incident.errors import BadInputError
from incident.ports import Readers, Vault


@dataclass(frozen=True, slots=True)
class FileJob:
    """One file to take in; own records wait until it is known what they are asked, `bulk`."""

    file: int
    ref: EvidenceRef
    question: Question
    interest: Interest | None
    vault: Vault
    readers: Readers
    spill: Spill
    bulk: Bulk | None = None


@dataclass(frozen=True, slots=True)
class NotYet:
    """A file of own records."""

    file: int


@dataclass(frozen=True, slots=True)
class Unread:
    """A file that no reader knows."""

    file: int


def take_file(job: FileJob) -> Taken | NotYet | Unread:
    """Take one file in."""
    with job.vault.open(job.ref.sha256) as stream:
        try:
            reader, form = job.readers.reader_of(stream, system=job.ref.system)
        except BadInputError:
            return Unread(job.file)
        if reader.holds is Holds.OWN_RECORDS and job.bulk is None:
            return NotYet(job.file)
        stream.seek(0)
        report = ReadReport(job.ref, reader=type(reader).__name__, reader_version=reader.version, format=form)
        taken = Taken(job.file, report, reader.holds)
        records = reader.read(stream, job.ref, report, interest=job.interest)
        return _take(job, reader, cast("Any", records), taken)


def _take(job: FileJob, reader: Reader, records: Iterator[Any], taken: Taken) -> Taken:
    match reader.holds:
        case Holds.ACCOUNTS:
            return take_accounts(records, taken, job.spill)
        case Holds.ACCESSES:
            return take_accesses(job.question, records, taken, job.spill)
        case Holds.OWN_RECORDS:
            return take_own_records(job.question, records, taken, job.spill, job.bulk or Bulk())


@dataclass(frozen=True, slots=True)
class PeopleJob:
    """A batch of people to put together, each as the lines that say what belongs to them."""

    persons: list[list[bytes]]
    first_bare: int
    setting: Setting
    shelves: Shelves
    spill: Spill


def make_people(job: PeopleJob) -> Batch:
    """Put one batch together."""
    return Maker(job.setting, job.shelves, job.spill).batch(job.persons, job.first_bare)
