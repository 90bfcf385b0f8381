"""Replicate: pages of predictions. A prediction carries no user: it is joined by its id to the company's own record.

The vendor removes input and output of API predictions an hour after creation; web predictions stay. A snapshot's
`data_removed` describes the snapshot's moment, so the end of the data is computed from the creation, not read off it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.pulled import note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, iso_instant, required_id, text
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes, Identity, IdentityKind, Strength

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

PAGE = "replicate-predictions"
API_LIFE = timedelta(
    hours=1
)  # replicate.com documentation, "Data retention": removed after an hour by default


class ReplicateReader:
    """Read predictions."""

    system = "replicate"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a page that begins so."""
        seen = outline(head)
        known = {
            "results.item.model",
            "results.item.version",
            "results.item.data_removed",
            "results.item.urls",
        }
        return PAGE if seen.top == "start_map" and len(known & seen.paths) > 1 else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per prediction."""
        source = source_of(ref)
        file = PlainFile(plain_chunks(stream, source), source)
        rows = json_items(file, "results.item", report)
        yield from convert_rows(rows, lambda row, item: self._prediction(row, item, ref), report)
        note_missing_pages(file, report, more=_names_next(file.first) or _names_next(file.last))

    def _prediction(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccountRecord:
        created = iso_instant(item.get("created_at"), "created_at")
        given = item.get("input")
        fields = given if isinstance(given, dict) else {}
        has_image = any(isinstance(value, str) and _is_image(value) for value in fields.values())
        removed = item.get("data_removed") is True
        categories = ("user_content", *(("photo",) if has_image or removed else ()))
        identity = Identity(IdentityKind.PREDICTION_ID, required_id(item, "id"), Strength.STRONG, "id")
        from_web = text(item, "source") == "web"
        return AccountRecord(
            self.system,
            ref.evidence_id,
            row,
            (identity,),
            Attributes(
                created_at=created,
                gone_at=None if from_web else created + API_LIFE,
                categories=tuple(sorted(categories)),
            ),
        )


def _names_next(end: bytes) -> bool:
    return b'"next":"' in end.replace(b" ", b"")


def _is_image(value: str) -> bool:
    low = value.lower()
    return low.startswith("data:image/") or (
        low.startswith("http") and low.endswith((".jpg", ".jpeg", ".png", ".webp"))
    )
