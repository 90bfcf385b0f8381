"""Verify the ledger and everything that lies beside it against what was recorded; one verdict for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TypeVar

from incident.core.folding import apply
from incident.core.projections import board_row, clock_rows, timeline_row
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, TamperError
from incident.ledger.checkpoint import open_note, parse_checkpoint
from incident.ledger.keys import NoteVerifier
from incident.ledger.merkle import EMPTY_ROOT
from incident.ledger.verify import Status, Verdict
from incident.service.house import House, recorded
from incident.service.keeping import recorded_gaps, retirements
from incident.service.reading_through import read_through
from incident.service.verifying_files import check_files
from incident.service.verifying_lines import check_board, check_checkpoints
from incident.service.verifying_log import LogJob, log_verified
from incident.service.verifying_rows import check_batches, check_cohorts, check_deliveries

T = TypeVar("T")
Gap = tuple[str, int, bytes]
NOT_YET = Verdict(0, EMPTY_ROOT, (), checkpoints_verified=0, outside_verified=0, covered=0)


@dataclass(slots=True)
class Count:
    """How many things of a kind were checked, and which of them are wrong."""

    wrong: list[str] = field(default_factory=list)
    checked: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on the ledger, and on the rows and files beside it.

    `unreadable` says what could not be checked, `remarks` what is as recorded and yet worth knowing.
    """

    log: Verdict
    people_checked: int
    wrong_people: tuple[str, ...]
    evidence_checked: int
    wrong_evidence: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    deliveries_checked: int = 0
    wrong_deliveries: tuple[str, ...] = ()
    files_checked: int = 0
    wrong_files: tuple[str, ...] = ()
    anchors_checked: int = 0
    wrong_anchors: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    guards_missing: tuple[str, ...] = ()
    wrong_lines: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything beside the log that is not as it was recorded."""
        wrong = (*self.wrong_people, *self.wrong_deliveries, *self.wrong_evidence, *self.wrong_files)
        gone = ", ".join(self.guards_missing)
        unguarded = (f"the database guards its ledger no more, triggers are gone: {gone}",) if gone else ()
        return (*self.unreadable, *wrong, *self.wrong_lines, *self.wrong_anchors, *unguarded)

    @property
    def ok(self) -> bool:
        """Whether everything is as it was recorded; where nothing is recorded, nothing can be wrong."""
        return self.status is Status.VERIFIED

    @property
    def status(self) -> Status:
        """Say how it ended; incomplete when all that is wrong is that something signed is lacking."""
        if self.problems:
            return Status.NOT_VERIFIED
        empty = self.log.size == 0 and self.log.status is Status.INCOMPLETE
        return Status.VERIFIED if empty else self.log.status

    def sentence(self) -> str:
        """Say the verdict for a person."""
        if self.log.size == 0 and self.ok:
            return "Nothing is recorded yet."
        if self.log.ok and self.problems:
            count = len(self.problems)
            things = "one thing beside it is" if count == 1 else f"{count} things beside it are"
            return f"The ledger is whole, but {things} not as recorded."
        return self.log.sentence()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Digests of the projections before and after they were made anew."""

    before: str
    after: str
    incidents: int


def verify(house: House, *, known: Iterable[str] = ()) -> Verification:
    """Read the whole ledger against its tree and checkpoints, and rows and files against what it committed to.

    `known` are checkpoints that the reader kept. SettingsError when no key is known to check with; raises nothing for
    what is wrong: all of it is in the result.
    """
    job, remarks, unreadable = _job(house, known)
    with log_verified(house, job, entries=_size(house, unreadable)) as verdict:
        with house.store.at_one_moment() as store:
            seen = _verify_rows(replace(house, store=store), unreadable)
        return replace(seen, log=verdict(), remarks=(*remarks, *seen.remarks))


def _job(house: House, known: Iterable[str]) -> tuple[LogJob, tuple[str, ...], list[str]]:
    verifiers, unreadable = house.keys.verifiers(), list[str]()
    gaps, retired = _attempt(lambda: _own(house), "the ledger's own entries", unreadable) or (set[Gap](), {})
    outside = [note for _, note in house.outside.everything(house.keys.origin())]
    kept, remarks = _without_recorded_gaps([*outside, *known], verifiers, gaps)
    keys = [f"a key does not sign: {why}" for why in house.keys.unreadable()]
    return LogJob(house.store, verifiers, kept, retired), (*remarks, *keys), unreadable


def _size(house: House, unreadable: list[str]) -> int:
    head = _attempt(house.store.head, "the stored tree head", unreadable)
    return head.size if head is not None else 0


def _verify_rows(house: House, unreadable: list[str]) -> Verification:
    """Verify everything that lies beside the log."""
    people, deliveries, evidence, files, lines = Count(), Count(), Count(), Count(), Count()
    remarks: list[str] = []
    _attempt(partial(check_checkpoints, house, lines), "the rows of checkpoints", unreadable)
    for incident_id in house.store.incident_ids():
        read = _attempt(
            partial(read_through, house, incident_id), f"{incident_id}, and what lies beside it", unreadable
        )
        if read is None:
            continue
        state = read.state
        for what, check in (
            ("rows about people", partial(check_cohorts, house, state, people)),
            ("deliveries", partial(check_deliveries, house, read, deliveries)),
            ("batches", partial(check_batches, house, state, deliveries)),
            ("files", partial(check_files, house, read, evidence, files)),
            ("the board and the clocks", partial(check_board, house, state, lines)),
        ):
            _attempt(check, f"{incident_id}: {what}", unreadable)
        lines.wrong += read.wrong_lines
        remarks += read.remarks
    anchors = _check_receipts(house)
    return Verification(
        NOT_YET,
        *(people.checked, tuple(people.wrong), evidence.checked, tuple(evidence.wrong), tuple(unreadable)),
        *(deliveries.checked, tuple(deliveries.wrong), files.checked, tuple(files.wrong)),
        *(anchors.checked, tuple(anchors.wrong), tuple(remarks), tuple(house.store.missing_guards())),
        wrong_lines=tuple(lines.wrong),
    )


def rebuild(house: House) -> Rebuilt:
    """Drop every projection and make it anew from the ledger, in one transaction."""
    before = house.store.projection_digest()
    ids = house.store.incident_ids()
    with house.store.begin() as tx:
        tx.clear_projections()
        for incident_id in ids:
            state = Incident(incident_id, drill=house.profile.drill)
            lines = []
            for entry in recorded(tx.entries(incident_id)):
                lines.append(timeline_row(state, entry))
                apply(state, entry)
            tx.put_projection(board_row(state), clock_rows(state), lines)
    return Rebuilt(before, house.store.projection_digest(), len(ids))


def _attempt(read: Callable[[], T], what: str, unreadable: list[str]) -> T | None:
    """Read something that somebody may have damaged; what is wrong with it is noted, and None returned."""
    try:
        return read()
    except (TamperError, BadInputError, NotFoundError) as error:
        unreadable.append(f"{what} cannot be read: {error}")
    except (KeyError, IndexError, ValueError, TypeError) as error:
        unreadable.append(f"{what} cannot be read ({type(error).__name__})")
    return None


def _own(house: House) -> tuple[set[Gap], Mapping[bytes, int]]:
    with house.store.reading() as tx:
        return set(recorded_gaps(tx)), retirements(tx)


def _without_recorded_gaps(
    notes: Iterable[str], verifiers: Sequence[NoteVerifier], gaps: set[Gap]
) -> tuple[list[str], tuple[str, ...]]:
    """Leave out the checkpoints whose entries are recorded as lost; they are said instead."""
    kept: list[str] = []
    remarks: dict[str, None] = {}
    for note in dict.fromkeys(notes):
        try:
            checkpoint = parse_checkpoint(open_note(note, verifiers).text)
        except (TamperError, BadInputError):
            kept.append(note)
            continue
        if (checkpoint.origin, checkpoint.size, checkpoint.root) in gaps:
            named = f"{checkpoint.origin}, {checkpoint.size} entries"
            remarks[f"entries that this checkpoint covers are lost, as an entry says: {named}"] = None
        else:
            kept.append(note)
    return kept, tuple(remarks)


def _check_receipts(house: House) -> Count:
    """Check what each anchor gave for a checkpoint, where the anchor is still in the settings."""
    count = Count()
    anchors = {anchor.name: anchor for anchor in house.anchors}
    for receipt in house.store.receipts():
        anchor = anchors.get(receipt.name)
        if anchor is None:
            continue
        why_not = anchor.check(receipt)
        count.checked += 1
        if why_not is not None:
            count.wrong.append(f"{receipt.name}, checkpoint of {receipt.size} entries: {why_not}")
    return count
