"""Verify the ledger, keep checkpoints fresh, rebuild the projections."""

from __future__ import annotations

import json
from dataclasses import dataclass

from incident.core.events import CohortFrozen
from incident.core.folding import apply
from incident.core.people import PersonRow
from incident.core.projections import board_row, clock_rows, timeline_row
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError, TamperError
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.verify import Status, Verdict, verify_log
from incident.service.house import House, load, recorded, sign_checkpoint


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on the ledger, and on the rows and files beside it; `unreadable` says what could not be checked."""

    log: Verdict
    people_checked: int
    wrong_people: tuple[str, ...]
    evidence_checked: int
    wrong_evidence: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything beside the log that is not as it was recorded."""
        return (*self.unreadable, *self.wrong_people, *self.wrong_evidence)

    @property
    def ok(self) -> bool:
        """Whether everything is as it was recorded; where nothing is recorded, nothing can be wrong."""
        empty = self.log.size == 0 and self.log.status is Status.INCOMPLETE
        return (self.log.ok or empty) and not self.problems

    def sentence(self) -> str:
        """Say the verdict for a person."""
        if self.log.size == 0 and self.ok:
            return "Nothing is recorded yet."
        if self.log.ok and self.problems:
            return f"The ledger is whole, but {len(self.problems)} things beside it are not as recorded."
        return self.log.sentence()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Digests of the projections before and after they were made anew."""

    before: str
    after: str
    incidents: int


def verify(house: House) -> Verification:
    """Read the whole ledger against its tree and checkpoints, and rows and evidence against what it committed to.

    Raises nothing for what is wrong: all of it is in the result.
    """
    unreadable: list[str] = []
    try:
        head = house.store.head()
        stored_head = (head.size, head.root())
    except (TamperError, BadInputError) as error:
        unreadable.append(f"the stored tree head: {error}")
        stored_head = None
    verdict = verify_log(
        house.store.rows(),
        house.store.checkpoints(),
        [signer.verifier() for signer in house.keys.signers()],
        head=stored_head,
    )
    people, evidence = _Count([]), _Count([])
    for incident_id in house.store.incident_ids():
        try:
            with house.store.reading() as tx:
                state = load(tx, incident_id, drill=house.profile.drill)
        except (TamperError, BadInputError, NotFoundError, KeyError) as error:
            why = "" if isinstance(error, KeyError) else f": {error}"
            unreadable.append(f"{incident_id} cannot be read, so nothing beside the ledger was checked{why}")
            continue
        for cohort in state.waves:
            _check_cohort(house, cohort, people, erased=state.erased.get(cohort.cohort_id, frozenset()))
        _check_evidence(house, state, evidence)
    return Verification(
        verdict,
        people.checked,
        tuple(people.wrong),
        evidence.checked,
        tuple(evidence.wrong),
        tuple(unreadable),
    )


def checkpoint_if_due(house: House) -> bool:
    """Sign the tree head when entries are newer than the last checkpoint; returns whether it signed."""
    now = house.clock.now()
    with house.store.begin() as tx:
        last = tx.last_checkpoint()
        if tx.head().size == 0 or (last is not None and last[0] == tx.head().size):
            return False
        sign_checkpoint(house, tx, now)
    return True


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


@dataclass(slots=True)
class _Count:
    wrong: list[str]
    checked: int = 0


def _check_evidence(house: House, state: Incident, count: _Count) -> None:
    for item in state.evidence.values():
        if item.evidence_id in state.evidence_erased:
            continue
        try:
            house.vault.check(item.sha256)
        except TamperError as error:
            count.wrong.append(f"{state.incident_id}: evidence {item.evidence_id}: {error}")
        else:
            count.checked += 1


def _check_cohort(house: House, cohort: CohortFrozen, count: _Count, *, erased: frozenset[int]) -> None:
    tree = CompactRange()
    after = -1
    while True:
        try:
            with house.store.reading() as tx:
                rows = tx.people.persons(cohort.cohort_id, after=after)
        except (ValueError, TypeError):
            count.wrong.append(
                f"{cohort.cohort_id}: rows after position {after} are not as this house writes them"
            )
            break
        if not rows:
            break
        count.checked += len(rows)
        count.wrong += [
            f"{cohort.cohort_id}: the row at position {row.position} is not the one committed to"
            for row in rows
            if not (_is_erased(row) if row.position in erased else _as_committed(row))
        ]
        tree = tree.extend(leaf_hash(row.commitment if _is_whole(row) else b"") for row in rows)
        after = rows[-1].position
    if tree.size != cohort.people or tree.root().hex() != cohort.commitment:
        count.wrong.append(f"{cohort.cohort_id}: the rows do not add up to the commitment in the ledger")


def _is_erased(row: PersonRow) -> bool:
    """Whether nothing is left of a person whose erasure is in the ledger; the commitment stays."""
    return not (row.record or row.key or row.email or row.name or row.phone)


def _as_committed(row: PersonRow) -> bool:
    """Whether record and columns are what was committed to: letters go to the address in the column."""
    if not _is_whole(row) or not row.committed():
        return False
    said = json.loads(row.record)
    columns = (row.pseudonym, row.email, row.name, row.phone, row.certainty, row.jurisdiction)
    recorded_as = tuple(said[name] for name in ("person", "email", "name", "phone", "certainty"))
    return columns == (*recorded_as, said["residence"]["jurisdiction"])


def _is_whole(row: PersonRow) -> bool:
    """Whether bytes are bytes: SQLite keeps whatever kind of value somebody puts there."""
    stored: tuple[object, ...] = (row.record, row.key, row.commitment)
    return all(isinstance(value, bytes) for value in stored)
