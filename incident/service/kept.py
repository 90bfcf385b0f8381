"""Keep in a second wave those who were told before and whom the present evidence does not show: nobody drops out."""

from __future__ import annotations

import json
from collections.abc import Iterator

from incident.core.documents import canonical
from incident.core.letters import parse_exposure
from incident.core.people import PersonRow
from incident.core.scoping.finding import ORDER, Batch, ordered
from incident.core.scoping.packing import dumps
from incident.core.scoping.result import Change, Earlier
from incident.core.scoping.spill import Spill
from incident.service.house import House

KEPT_BECAUSE = "told before; the evidence of this scoping does not show this person"


def kept_batch(house: House, gone: Iterator[Earlier], spill: Spill) -> Iterator[Batch]:
    """Write the earlier record again, with the reason; once for each person."""
    batch, people = Batch(), spill.sorter()
    seen: set[str] = set()
    for earlier in gone:
        with house.store.reading() as tx:
            row = tx.people.person(earlier.cohort_id, earlier.position)
        if row.pseudonym in seen:
            continue
        seen.add(row.pseudonym)
        people.add(_line(row, earlier))
        counted = batch.counted
        counted.people += 1
        counted.by_certainty[row.certainty] += 1
        counted.by_change[Change.KEPT.value] += 1
        counted.by_jurisdiction[row.jurisdiction] += 1
        counted.by_category.update(row.categories)
    batch.people = people.done()
    if seen:
        yield batch


def _line(row: PersonRow, earlier: Earlier) -> bytes:
    record = json.loads(row.record or b"{}") | {
        "change": Change.KEPT.value,
        "kept_because": KEPT_BECAUSE,
        "told_before": [
            {"cohort": earlier.cohort_id, "position": earlier.position, "levels": dict(earlier.levels)}
        ],
    }
    columns = (
        row.email, row.name, row.phone, row.language, row.jurisdiction, row.certainty,
        dict(parse_exposure(row.exposure)), row.categories,
    )  # fmt: skip
    head = ordered(
        ORDER[Change.KEPT], row.jurisdiction, row.language, row.certainty, row.exposure, row.pseudonym
    )
    return b"%s\t%s\t%s\n" % (head, dumps(columns), canonical(record))
