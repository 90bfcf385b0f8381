"""Vercel Analytics: events of the analytics drain. Anonymous, until an identifier in free text makes a row personal.

Path, referrer, query and event data are free text. A row in which no identifier shows is counted and concerns nobody
who could be named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote

from incident.adapters.systems.free_text import named_in
from incident.adapters.systems.json_rows import json_items, json_lines, outline
from incident.adapters.systems.object_paths import EXAMPLE_LAYOUT, PathLayout
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, epoch_instant
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes, Identity

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

LINES, ARRAY = "vercel-analytics-lines", "vercel-analytics-array"
_SCHEMA = "vercel.analytics.v1"
_FREE_TEXT = ("path", "route", "referrer", "queryParams", "eventData", "eventName", "origin")


class VercelAnalyticsReader:
    """Read events in which somebody can be named; `layout` says whose a path is."""

    system = "vercel_analytics"
    version = "1"
    holds = Holds.ACCOUNTS

    def __init__(self, layout: PathLayout = EXAMPLE_LAYOUT) -> None:
        self.layout = layout

    def recognise(self, head: bytes) -> str | None:
        """Return the format when the first event says its schema."""
        seen = outline(head)
        if seen.scalars.get("schema") == _SCHEMA:
            return LINES
        return ARRAY if seen.scalars.get("item.schema") == _SCHEMA else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per event that names somebody."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source)
        is_lines = report.format == LINES
        rows = (
            json_lines(chunks, report) if is_lines else json_items(PlainFile(chunks, source), "item", report)
        )
        yield from convert_rows(rows, lambda row, item: self._event(row, item, ref), report)

    def _event(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccountRecord | None:
        named = list(self._named(item))
        if not named:
            return None
        identities = tuple(dict.fromkeys(named))
        at = epoch_instant(item.get("timestamp"), "timestamp", per_second=1000)
        categories = (
            ("device", "location", "user_id")
            if identities[0].kind.value == "uid"
            else ("device", "email", "location")
        )
        return AccountRecord(
            self.system, ref.evidence_id, row, identities, Attributes(created_at=at, categories=categories)
        )

    def _named(self, item: Mapping[str, Any]) -> Iterator[Identity]:
        for field in _FREE_TEXT:
            value = item.get(field)
            if value:
                words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                yield from named_in(unquote(words), field, self.layout)
