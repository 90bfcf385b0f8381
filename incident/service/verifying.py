"""Verify the ledger, keep checkpoints fresh, rebuild the projections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from incident.core.folding import apply
from incident.core.projections import board_row, clock_rows, timeline_row
from incident.core.state import Incident
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.verify import Status, Verdict, verify_log
from incident.service.house import House, load, recorded, sign_checkpoint


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict on the ledger, and on the rows beside it."""

    log: Verdict
    people_checked: int
    wrong_people: tuple[str, ...]
    evidence_checked: int

    @property
    def ok(self) -> bool:
        """Whether everything is as it was recorded; where nothing is recorded, nothing can be wrong."""
        empty = self.log.size == 0 and self.log.status is Status.INCOMPLETE
        return (self.log.ok or empty) and not self.wrong_people

    def sentence(self) -> str:
        """Say the verdict for a person."""
        if self.log.size == 0 and self.ok:
            return "Nothing is recorded yet."
        return self.log.sentence()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """Digests of the projections before and after they were made anew."""

    before: str
    after: str
    incidents: int


def verify(house: House) -> Verification:
    """Read the whole ledger against its tree and checkpoints, and every row about people against its commitment.

    Raises TamperError only when frozen evidence differs from its hash; everything else is in the result.
    """
    head = house.store.head()
    verdict = verify_log(
        house.store.rows(),
        house.store.checkpoints(),
        [signer.verifier() for signer in house.keys.signers()],
        head=(head.size, head.root()),
    )
    checked = 0
    wrong: list[str] = []
    evidence = 0
    for state in _incidents(house):
        for cohort in state.waves:
            for cohort_people, problem in _check_cohort(
                house, cohort.cohort_id, cohort.commitment, cohort.people
            ):
                checked += cohort_people
                wrong.extend(problem)
        for item in state.evidence.values():
            house.vault.check(item.sha256)
            evidence += 1
    return Verification(verdict, checked, tuple(wrong), evidence)


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
                apply(state, entry)
                lines.append(timeline_row(incident_id, entry))
            tx.put_projection(board_row(state), clock_rows(state), lines)
    return Rebuilt(before, house.store.projection_digest(), len(ids))


def _incidents(house: House) -> Iterator[Incident]:
    for incident_id in house.store.incident_ids():
        with house.store.reading() as tx:
            yield load(tx, incident_id, drill=house.profile.drill)


def _check_cohort(
    house: House, cohort_id: str, commitment: str, people: int
) -> Iterator[tuple[int, list[str]]]:
    tree = CompactRange()
    after = -1
    while True:
        with house.store.reading() as tx:
            rows = tx.people.persons(cohort_id, after=after)
        if not rows:
            break
        bad = [
            f"{cohort_id}: the row at position {r.position} is not the one committed to"
            for r in rows
            if not r.committed()
        ]
        tree = tree.extend(leaf_hash(row.commitment) for row in rows)
        after = rows[-1].position
        yield len(rows), bad
    if tree.size != people or tree.root().hex() != commitment:
        yield 0, [f"{cohort_id}: the rows do not add up to the commitment in the ledger"]
