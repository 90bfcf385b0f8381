"""Compare the rows beside the ledger with what it committed to: each person's record and columns, each delivery.

What is found is said by position, never by name.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from incident.core import spans
from incident.core.batches import NOBODY
from incident.core.events import CohortFrozen
from incident.core.people import PersonRow
from incident.core.scoping.telling import exposure_of
from incident.errors import NotFoundError, TamperError
from incident.ledger.merkle import HASH_BYTES, CompactRange, Upper, leaf_hash
from incident.service.batch_rows import kept_batch_rows
from incident.service.commitments import has_nodes
from incident.service.house import House
from incident.service.laid_out import is_as_laid_out, nodes_are_whole
from incident.service.told_people import check_told

if TYPE_CHECKING:
    from incident.core.people import BatchRow, DeliveryRow
    from incident.core.replaying import Replay
    from incident.core.state import BatchState, Incident
    from incident.service.reading_through import ReadThrough
    from incident.service.verifying import Count


SAID_AT_MOST = 10
PEOPLE_AT_ONCE = 1024
"""Whole blocks of the store."""


def check_cohorts(house: House, state: Incident, count: Count) -> None:
    """Compare every cohort of an incident with what the ledger committed to."""
    for cohort in state.waves:
        erased = state.erased.get(cohort.cohort_id, frozenset())
        check_cohort(house, cohort, count, erased=erased)
        check_told(house, cohort, count, erased=erased)


def check_cohort(
    house: House, cohort: CohortFrozen, count: Count, *, erased: frozenset[int] = frozenset()
) -> None:
    """Compare every row of a cohort with its commitment, and all of them with the root in the ledger.

    `erased` are the positions whose erasure is in the ledger: their commitment stays, and nothing else.
    """
    tree, document = CompactRange(), hashlib.sha256(_header(house, cohort))
    kept = list[Upper]()
    for rows in _pages(house, cohort.cohort_id, count):
        count.checked += len(rows)
        count.wrong += [
            f"{cohort.cohort_id}: the row at position {row.position} is not the one committed to"
            for row in rows
            if not (_is_erased(row) if row.position in erased else as_committed(row))
        ]
        for row in rows:
            document.update((row.record if _is_whole(row) else b"") + b"\n")
        tree, full = tree.grow(_leaf(row) for row in rows)
        kept += full
    if tree.size != cohort.people or tree.root().hex() != cohort.commitment:
        count.wrong.append(f"{cohort.cohort_id}: the rows do not add up to the commitment in the ledger")
    elif not has_nodes(house, cohort.cohort_id, kept):
        count.wrong.append(
            f"{cohort.cohort_id}: stored hashes of its tree were altered, so proofs of people fail"
        )
    if cohort.document_sha256 and not erased and document.hexdigest() != cohort.document_sha256:
        count.wrong.append(f"{cohort.cohort_id}: the document of the cohort is not the one in the ledger")


def _pages(house: House, cohort_id: str, count: Count) -> Iterator[Sequence[PersonRow]]:
    """Stream the rows of a cohort; at one that cannot be read it ends, and that is said."""
    after = -1
    while True:
        try:
            with house.store.reading() as tx:
                rows = tx.people.persons(cohort_id, after=after, limit=PEOPLE_AT_ONCE)
        except TamperError as error:
            count.wrong.append(f"{error}; nobody after position {after} was compared")
            return
        except (ValueError, TypeError):
            count.wrong.append(f"{cohort_id}: rows after position {after} are not as this house writes them")
            return
        if not rows:
            return
        yield rows
        after = rows[-1].position


def _leaf(row: PersonRow) -> bytes:
    whole = _is_whole(row) and len(row.commitment) == HASH_BYTES
    return row.commitment if whole else leaf_hash(b"")


def _header(house: House, cohort: CohortFrozen) -> bytes:
    try:
        with house.store.reading() as tx:
            return tx.people.cohort_document(cohort.cohort_id) + b"\n"
    except (NotFoundError, TypeError):
        return b""


def _is_erased(row: PersonRow) -> bool:
    """Whether nothing is left of a person whose erasure is in the ledger; the commitment stays."""
    return not (row.record or row.key or row.email or row.name or row.phone)


def as_committed(row: PersonRow) -> bool:
    """Whether record and columns are what was committed to: letters go by the columns."""
    if not _is_whole(row) or not row.committed():
        return False
    said = json.loads(row.record)
    columns = (row.pseudonym, row.email, row.name, row.phone, row.certainty, row.jurisdiction)
    recorded_as = tuple(said[name] for name in ("person", "email", "name", "phone", "certainty"))
    if columns != (*recorded_as, said["residence"]["jurisdiction"]):
        return False
    shown = sorted({name for each in said["exposures"] for name in each["categories"]})
    language_is_own = said["language"] is None or row.language == said["language"]
    return language_is_own and list(row.categories) == shown and row.exposure == exposure_of(said)


def check_deliveries(house: House, read: ReadThrough, count: Count) -> None:
    """Compare the rows of deliveries with the counts that the entries add up to, and with what they say of each."""
    for notice_id, notice in read.state.notices.items():
        with house.store.reading() as tx:
            found = Counter({state: n for state, n in tx.people.count_deliveries(notice_id).items() if n})
        noted = Counter({state: n for state, n in notice.tally.items() if n})
        count.checked += found.total()
        count.wrong += _differences(notice_id, found, noted)
        count.wrong += _each(house, read, notice_id)


def _each(house: House, read: ReadThrough, notice_id: str) -> Iterator[str]:
    """Compare each row with what the entries alone say of that person; says of ten at most, and counts the rest."""
    replay = read.replays.get(notice_id)
    if replay is None:
        yield f"{notice_id}: the deliveries cannot be replayed from the ledger ({read.unreplayed[notice_id]})"
        return
    wrong = list(islice(_unlike(house, replay), SAID_AT_MOST + 1))
    yield from wrong[:SAID_AT_MOST]
    if len(wrong) > SAID_AT_MOST:
        yield f"{notice_id}: and more deliveries"


def check_batches(house: House, state: Incident, count: Count) -> None:
    """Compare who is in each batch with the layout in the ledger, and those handed over with what the entries say."""
    for notice_id, notice in state.notices.items():
        if not is_as_laid_out(house, notice):
            count.wrong.append(f"{notice_id}: the batches are not as they were laid out by the ledger")
        elif not nodes_are_whole(house, notice):
            count.wrong.append(
                f"{notice_id}: stored hashes of its tree were altered, so proofs of batches fail"
            )
        for row in kept_batch_rows(house, notice_id):
            known = notice.batches.get(row.number)
            if known is not None:
                count.wrong += _unlike_batch(row, known, notice.letters[known.letter_id].sha256)


def _unlike_batch(row: BatchRow, known: BatchState, body: str) -> Iterator[str]:
    """Say what a row of a batch that was handed over has otherwise than the entries."""
    name = f"{row.notice_id}: batch {row.number}"
    if row.state != known.state:
        yield f"{name} is {row.state}, by the ledger it is {known.state}"
    if row.letter_id != known.letter_id:
        yield f"{name} is {row.state}, by the ledger it is {known.state}, with another letter"
    stands = (row.attempt, row.message_id, row.provider, row.intended_at, row.answered_at, row.body_sha256)
    by_ledger = (known.attempt, known.message_id, known.provider, known.intended_at, known.answered_at, body)
    if stands != by_ledger:
        yield f"{name} names another call, letter, answer or time than the ledger"


def _unlike(house: House, replay: Replay) -> Iterator[str]:
    notice_id, after, expected = replay.plan.notice_id, -1, 0
    whole, holders = sum(replay.plan.tally.values()) == replay.people, _holders(house, replay)
    while True:
        with house.store.reading() as tx:
            rows = tx.people.deliveries(notice_id, after=after)
            found = tx.batches.holders(notice_id, [row.position for row in rows])
        for row in rows:
            if row.position >= replay.people:
                yield f"{notice_id}: there is a delivery at position {row.position}, where nobody is told"
                return
            if whole and row.position != expected:
                yield f"{notice_id}: nothing is kept of who is told at positions {expected} to {row.position - 1}"
            expected = row.position + 1
            holder = holders[row.position]
            yield from _unlike_row(row, replay, holder)
            if found.get(row.position, NOBODY) != holder:
                yield f"{notice_id}: position {row.position} is not found in the batch that the ledger says"
        if not rows:
            break
        after = rows[-1].position
    if whole and expected < replay.people:
        yield f"{notice_id}: nothing is kept of who is told at positions {expected} to {replay.people - 1}"


def _unlike_row(row: DeliveryRow, replay: Replay, holder: int) -> Iterator[str]:
    said, letter = replay.state(row.position), replay.letter(row.batch)
    name = f"{row.notice_id}: the delivery at position {row.position}"
    if row.state != said:
        yield f"{name} is {row.state}, by the ledger it is {said}"
    if letter is not None and row.letter_id != letter:
        yield f"{name} names another letter than the ledger"
    if row.batch != holder:
        yield f"{name} stands in another batch than the ledger says"


def _holders(house: House, replay: Replay) -> array[int]:
    """Return the batch of each position, by what the batches say: a later one took its people from an earlier one."""
    found = array("i", [NOBODY]) * replay.people
    for row in kept_batch_rows(house, replay.plan.notice_id):
        for first, last in spans.read_spans(row.positions):
            found[first : last + 1] = array("i", [row.number]) * (last + 1 - first)
    return found


def _differences(notice_id: str, found: Mapping[str, int], noted: Mapping[str, int]) -> Iterator[str]:
    for name in sorted({*found, *noted}):
        have, said = found.get(name, 0), noted.get(name, 0)
        if have != said:
            yield f"{notice_id}: {have} deliveries are {name.replace('_', ' ')}, the ledger says {said}"


def _is_whole(row: PersonRow) -> bool:
    """Whether bytes are bytes: SQLite keeps whatever kind of value somebody puts there."""
    stored: tuple[object, ...] = (row.record, row.key, row.commitment)
    return all(isinstance(value, bytes) for value in stored)
