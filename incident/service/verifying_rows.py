"""Compare the rows beside the ledger with what it committed to: each person's record and columns, each delivery.

What is found is said by position, never by name.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from incident.core.events import CohortFrozen
from incident.core.people import PersonRow
from incident.core.scoping.telling import exposure_of
from incident.errors import NotFoundError
from incident.ledger.merkle import CompactRange, leaf_hash

if TYPE_CHECKING:
    from incident.core.state import Incident
    from incident.service.house import House
    from incident.service.verifying import Count


def check_cohort(
    house: House, cohort: CohortFrozen, count: Count, *, erased: frozenset[int] = frozenset()
) -> None:
    """Compare every row of a cohort with its commitment, and all of them with the root in the ledger.

    `erased` are the positions whose erasure is in the ledger: their commitment stays, and nothing else.
    """
    tree, document = CompactRange(), hashlib.sha256(_header(house, cohort))
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
            if not (_is_erased(row) if row.position in erased else as_committed(row))
        ]
        for row in rows:
            document.update((row.record if _is_whole(row) else b"") + b"\n")
        tree = tree.extend(leaf_hash(row.commitment if _is_whole(row) else b"") for row in rows)
        after = rows[-1].position
    if tree.size != cohort.people or tree.root().hex() != cohort.commitment:
        count.wrong.append(f"{cohort.cohort_id}: the rows do not add up to the commitment in the ledger")
    if cohort.document_sha256 and not erased and document.hexdigest() != cohort.document_sha256:
        count.wrong.append(f"{cohort.cohort_id}: the document of the cohort is not the one in the ledger")


def _header(house: House, cohort: CohortFrozen) -> bytes:
    try:
        with house.store.reading() as tx:
            return tx.people.cohort_document(cohort.cohort_id) + b"\n"
    except NotFoundError:
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


def check_deliveries(house: House, state: Incident, count: Count) -> None:
    """Compare the rows of deliveries with the counts that the entries add up to."""
    for notice_id, notice in state.notices.items():
        with house.store.reading() as tx:
            found = Counter({state: n for state, n in tx.people.count_deliveries(notice_id).items() if n})
        noted = Counter({state: n for state, n in notice.tally.items() if n})
        count.checked += found.total()
        count.wrong += _differences(notice_id, found, noted)


def _differences(notice_id: str, found: Mapping[str, int], noted: Mapping[str, int]) -> Iterator[str]:
    for name in sorted({*found, *noted}):
        have, said = found.get(name, 0), noted.get(name, 0)
        if have != said:
            yield f"{notice_id}: {have} deliveries are {name.replace('_', ' ')}, the ledger says {said}"


def _is_whole(row: PersonRow) -> bool:
    """Whether bytes are bytes: SQLite keeps whatever kind of value somebody puts there."""
    stored: tuple[object, ...] = (row.record, row.key, row.commitment)
    return all(isinstance(value, bytes) for value in stored)
