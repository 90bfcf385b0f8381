"""Google Cloud Storage usage logs: 17 named columns, one request a row.

Delivery is not guaranteed, so never complete.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.systems.csv_rows import first_rows, headed_rows
from incident.adapters.systems.object_paths import EXAMPLE_LAYOUT, Owned, PathLayout, classify_path
from incident.adapters.systems.raw import plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, epoch_instant, seen_address, whole_number
from incident.adapters.systems.statuses import http_outcome
from incident.adapters.systems.strangers import by_cell
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccessRecord, Actor, Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

USAGE_CSV = "gcs-usage-csv"
_COLUMNS = frozenset(
    {"time_micros", "c_ip", "sc_status", "cs_operation", "cs_bucket", "cs_object", "cs_method"}
)
_LIST = re.compile(r"list|get_bucket", re.IGNORECASE)
_CHANGE = re.compile(r"delete|insert|put|post|update|patch|copy|rewrite|compose", re.IGNORECASE)


class GcsUsageReader:
    """Read storage requests; `layout` says whose an object is."""

    system = "google_cloud"
    version = "1"
    holds = Holds.ACCESSES

    def __init__(self, layout: PathLayout = EXAMPLE_LAYOUT) -> None:
        self.layout = layout

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a log that begins so."""
        header = {name.strip() for name in next(iter(first_rows(head, 1)), [])}
        return USAGE_CSV if header >= _COLUMNS else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,
    ) -> Iterator[AccessRecord]:
        """Yield one record per request."""
        source = source_of(ref)
        report.complete = False
        rows = headed_rows(plain_chunks(stream, source), report, source)
        is_stranger = by_cell(interest)

        def convert(row: int, cells: Mapping[str, str]) -> AccessRecord | None:
            if is_stranger(cells["c_ip"]):
                report.passed_over += 1
                return None
            return self._access(row, cells, ref)

        yield from convert_rows(rows, convert, report)

    def _access(self, row: int, cells: Mapping[str, str], ref: EvidenceRef) -> AccessRecord:
        address, precision = seen_address(cells["c_ip"])
        operation = _operation(cells["cs_operation"])
        bucket, name = cells["cs_bucket"], cells["cs_object"]
        is_list = operation is Operation.LIST
        owned = (
            Owned((), ("user_id",), 0, bucket) if is_list or not name else classify_path(name, self.layout)
        )
        head_only = cells["cs_method"] == "HEAD" and bool(owned.subjects)
        return AccessRecord(
            system=self.system, evidence_id=ref.evidence_id, row=row,
            at=epoch_instant(cells["time_micros"], "time_micros", per_second=1_000_000),
            actor=Actor(address, precision), subjects=owned.subjects, resource=f"{bucket}/{name}",
            categories=("user_id",) if head_only else owned.categories,
            outcome=http_outcome(whole_number(cells["sc_status"], "sc_status")), operation=operation,
            collection=bucket, items_unresolved=None if is_list else owned.unresolved,
            request_id=cells.get("s_request_id") or None, detail=cells["cs_operation"], complete=False,
        )  # fmt: skip


def _operation(name: str) -> Operation:
    if _LIST.search(name):
        return Operation.LIST
    return Operation.CHANGE if _CHANGE.search(name) else Operation.READ
