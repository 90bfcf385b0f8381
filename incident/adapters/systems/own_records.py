"""The company's own records of who generated what, in a schema that the company declares in its settings.

As lines of JSON, as one JSON array, or as a table whose header names the fields.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.csv_rows import first_rows, headed_rows
from incident.adapters.systems.json_rows import json_items, json_lines, outline
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, iso_instant, required_id, text
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import GenerationRecord

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

OWN_LINES, OWN_ARRAY, OWN_CSV = "own-records-lines", "own-records-array", "own-records-csv"


@dataclass(frozen=True, slots=True)
class OwnRecordSchema:
    """Field names of the records; the default is the example company's.

    `categories` gives the data category of a field that is filled. `stores` gives, per field, the
    collection or bucket in which a record with that field lies, and so who may be behind a bulk read of it.
    """

    system: str = "google_cloud"
    uid: str = "uid"
    created_at: str = "created_at"
    prediction_id: str = "prediction_id"  # "" when the records have none
    categories: Mapping[str, str] = field(
        default_factory=lambda: {
            "uid": "user_id",
            "prompt": "user_content",
            "arguments": "user_content",
            "generated_images": "user_content",
            "uploaded_image": "photo",
            "client_ip": "ip_address",
        }
    )
    stores: Mapping[str, str] = field(
        default_factory=lambda: {"uid": "generations", "uploaded_image": "imajinn-user-uploads"}
    )


class OwnRecordReader:
    """Read records of one declared schema."""

    version = "1"
    holds = Holds.OWN_RECORDS

    def __init__(self, schema: OwnRecordSchema | None = None) -> None:
        self.schema = schema or OwnRecordSchema()
        self.system = self.schema.system

    def recognise(self, head: bytes) -> str | None:
        """Return the format when the first record has the declared fields."""
        seen = outline(head)
        named = {self.schema.uid, self.schema.created_at, self.schema.prediction_id} - {""}
        if seen.top == "start_map":
            return OWN_LINES if named <= seen.paths else None
        if seen.top:
            return OWN_ARRAY if {f"item.{name}" for name in named} <= seen.paths else None
        header = {name.strip() for name in next(iter(first_rows(head, 1)), [])}
        return OWN_CSV if named <= header else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[GenerationRecord]:
        """Yield one record per row; the interest does not apply."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source, first_row=report.first_row)
        rows: Iterator[tuple[int, Mapping[str, Any]]]
        if report.format == OWN_CSV:
            rows = headed_rows(chunks, report, source)
        elif report.format == OWN_ARRAY:
            rows = json_items(PlainFile(chunks, source), "item", report)
        else:
            rows = json_lines(chunks, report)
        yield from convert_rows(rows, lambda row, item: self._record(row, item, ref), report)

    def _record(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> GenerationRecord:
        schema = self.schema
        return GenerationRecord(
            system=self.system,
            evidence_id=ref.evidence_id,
            row=row,
            uid=required_id(item, schema.uid),
            prediction_id=text(item, schema.prediction_id) if schema.prediction_id else None,
            created_at=iso_instant(item.get(schema.created_at), schema.created_at),
            categories=tuple(sorted({code for name, code in schema.categories.items() if item.get(name)})),
            collections=tuple(sorted({store for name, store in schema.stores.items() if item.get(name)})),
        )
