"""Vercel: request logs of a drain, as an array or lines, and the team's audit log.

A drain may be sampled, and the address of the caller hidden: no line is no proof. Status -1 is a request whose end the
platform did not see. What a function printed is no request; whom it names is in the log all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.csv_rows import first_rows, headed_rows
from incident.adapters.systems.free_text import categories_of, named_in
from incident.adapters.systems.json_rows import json_items, json_lines, outline
from incident.adapters.systems.object_paths import Owned, PathLayout, PathRule, classify_path
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import (
    convert_rows,
    epoch_instant,
    iso_instant,
    seen_address,
    table_of,
    text,
    whole_number,
)
from incident.adapters.systems.statuses import http_outcome
from incident.adapters.systems.strangers import line_matters
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccessRecord, Actor, Operation, Outcome

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

ARRAY, LINES, AUDIT = "vercel-drain-array", "vercel-drain-lines", "vercel-audit-csv"
_DRAIN = ("deploymentId", "projectId", "source", "host")
_AUDIT_COLUMNS = {"timestamp", "action", "actor_email", "location"}
_UID = r"[A-Za-z0-9_-]{20,128}"
API_LAYOUT = PathLayout(
    rules=(
        PathRule(re.compile(rf"/api/(?:admin/)?users/(?P<uid>{_UID})(?:/|$)"), ("email", "name", "user_id")),
    ),
    public=re.compile(r"^(?!/api/admin/).*$"),
    unknown=("email", "name", "user_id"),
)
"""Whose data a path of the example company's API answers with: one user, the whole list for an admin, else nobody."""
_OWN_FUNCTION = "the company's own function"
"""Who is behind a line without a request: nobody from outside."""
_NOT_SAID = -1
"""No status stands in the line: as with -1, the end of the request was not seen."""
_RETURNED = re.compile(r"\breturned=(\d{1,9})\b")


class VercelReader:
    """Read requests; `layout` says whose data a path answers with."""

    system = "vercel"
    version = "3"
    holds = Holds.ACCESSES

    def __init__(self, layout: PathLayout = API_LAYOUT) -> None:
        self.layout = layout

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a log that begins so."""
        seen = outline(head)
        if seen.top == "start_array":
            return ARRAY if all(f"item.{name}" in seen.paths for name in _DRAIN) else None
        if seen.top:
            return LINES if all(name in seen.paths for name in _DRAIN) else None
        header = {name.strip() for name in next(iter(first_rows(head, 1)), [])}
        return AUDIT if header >= _AUDIT_COLUMNS else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,
    ) -> Iterator[AccessRecord]:
        """Yield one record per request or audit line."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source, first_row=report.first_row)
        if report.format == AUDIT:
            rows = headed_rows(chunks, report, source)
            yield from convert_rows(rows, lambda row, cells: self._audit(row, cells, ref), report)
            return
        report.complete = False  # a drain may be sampled
        items = (
            json_lines(chunks, report, line_matters(interest, "proxy", "clientIp"))
            if report.format == LINES
            else json_items(PlainFile(chunks, source), "item", report)
        )
        for found in convert_rows(items, lambda row, item: tuple(self._line(row, item, ref)), report):
            yield from found

    def _line(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> Iterator[AccessRecord]:
        """Yield the request of a line, and apart from it whom the printed message names."""
        request = self._request(row, item, ref)
        if request is not None:
            yield request
        printed = text(item, "message")
        named = named_in(printed, "message", self.layout) if printed else ()
        known = request.subjects if request else ()
        others = tuple(each for each in named if all(each.value != one.value for one in known))
        if others:
            stray = AccessRecord(
                self.system, ref.evidence_id, row, epoch_instant(item.get("timestamp"), "timestamp", per_second=1000),
                Actor(principal=_OWN_FUNCTION), (), "", (), Outcome.SUCCESS, request_id=text(item, "requestId"),
                complete=False,
            )  # fmt: skip
            yield replace(
                request or stray, subjects=others, categories=categories_of(others), items_unresolved=0,
                operation=Operation.READ, in_text=True,
            )  # fmt: skip

    def _request(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccessRecord | None:
        proxy = table_of(item, "proxy")
        path = text(proxy, "path")
        if path is None:
            return None
        owned = classify_path(path, self.layout)
        address, precision = seen_address(text(proxy, "clientIp"))
        is_list = owned.unresolved > 0
        said = proxy.get("statusCode", item.get("statusCode"))
        status = whole_number(said, "proxy.statusCode") if said is not None else _NOT_SAID
        return AccessRecord(
            system=self.system, evidence_id=ref.evidence_id, row=row,
            at=epoch_instant(proxy.get("timestamp") or item.get("timestamp"), "timestamp", per_second=1000),
            actor=Actor(address, precision, ja4=text(item, "ja4Digest")),
            subjects=owned.subjects, resource=path.partition("?")[0], categories=owned.categories,
            outcome=http_outcome(status) if status > 0 else Outcome.ERROR,
            operation=Operation.LIST if is_list else Operation.READ,
            collection="accounts" if is_list else "",
            items_unresolved=_items(owned, text(item, "message")),
            request_id=text(item, "requestId"), detail=text(proxy, "method") or "", complete=False,
        )  # fmt: skip

    def _audit(self, row: int, cells: Mapping[str, str], ref: EvidenceRef) -> AccessRecord:
        address, precision = seen_address(text(cells, "location"))
        return AccessRecord(
            system=self.system, evidence_id=ref.evidence_id, row=row,
            at=iso_instant(cells["timestamp"], "timestamp"),
            actor=Actor(address, precision, principal=text(cells, "actor_email")),
            subjects=(), resource=cells["action"], categories=(), outcome=Outcome.SUCCESS, operation=Operation.ADMIN,
            detail=cells["action"],
        )  # fmt: skip


def _items(owned: Owned, message: str | None) -> int | None:
    """Return how many people a list answered with: what the application printed, else not known."""
    if not owned.unresolved:
        return 0
    said = _RETURNED.search(message or "")
    return int(said[1]) if said else None
