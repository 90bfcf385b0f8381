"""Google Cloud audit logs: LogEntry as one array (`gcloud logging read`) or as lines (a sink's files).

A request succeeded when its status code is empty or 0 and every permission was granted; an entry that does
not say stays open. Queries give only how many items they returned. Account reads of Firebase Authentication
stand in the same log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.json_rows import json_items, json_lines, outline
from incident.adapters.systems.object_paths import EXAMPLE_LAYOUT, PathLayout, classify_path
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import (
    convert_rows,
    iso_instant,
    seen_address,
    table_of,
    tables_of,
    text,
    whole_number,
)
from incident.adapters.systems.statuses import rpc_outcome
from incident.adapters.systems.strangers import is_cut_off
from incident.adapters.systems.workspace import read_by
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccessRecord, Actor, Operation, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

ARRAY, LINES = "gcp-logentry-array", "gcp-logentry-lines"
COLLECTION_CATEGORIES = {
    "generations": ("ip_address", "user_content", "user_id"),
    "users": ("email", "name", "user_id"),
}
_OTHER_SYSTEMS = {
    "identitytoolkit.googleapis.com": "firebase_auth",
    "login.googleapis.com": "google_workspace",
    "oauth2.googleapis.com": "google_workspace",
    "admin.googleapis.com": "google_workspace",
}
_ACCOUNT_CATEGORIES = ("email", "name", "password_hash", "phone", "user_id")
_BULK = re.compile(
    r"list|query|search|batchget|download|export|listen|aggregation|getdata|read_?rows", re.IGNORECASE
)
_CHANGE = re.compile(
    r"delete|create|insert|update|patch|write|commit|set|compose|rewrite|copy", re.IGNORECASE
)
_LOOKED_AT_PATHS = ("protoPayload", "logName", "insertId")


class GoogleCloudAuditReader:
    """Read audit entries; `layout` says whose an object is, `collections` what a collection holds."""

    system = "google_cloud"
    version = "1"
    holds = Holds.ACCESSES

    def __init__(
        self,
        layout: PathLayout = EXAMPLE_LAYOUT,
        collections: Mapping[str, tuple[str, ...]] = COLLECTION_CATEGORIES,
    ) -> None:
        self.layout, self.collections = layout, collections

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a log that begins so."""
        seen = outline(head)
        if seen.top == "start_array":
            return ARRAY if sum(f"item.{name}" in seen.paths for name in _LOOKED_AT_PATHS) > 1 else None
        return LINES if sum(name in seen.paths for name in _LOOKED_AT_PATHS) > 1 else None

    def read(
        self, stream: BinaryIO, ref: EvidenceRef, report: ReadReport, *, interest: Interest | None = None
    ) -> Iterator[AccessRecord]:
        """Yield one record per audit entry; other log entries are counted and left."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source, first_row=report.first_row)
        if report.format == LINES:
            rows = json_lines(chunks, report, _matters(interest))
        else:
            rows = json_items(PlainFile(chunks, source), "item", report)
        yield from convert_rows(rows, lambda row, entry: self._access(row, entry, ref), report)

    def _access(self, row: int, entry: Mapping[str, Any], ref: EvidenceRef) -> AccessRecord | None:
        payload = table_of(entry, "protoPayload")
        if not payload:
            return None
        method, service = text(payload, "methodName") or "", text(payload, "serviceName") or ""
        resource = text(payload, "resourceName") or ""
        system = _OTHER_SYSTEMS.get(service, self.system)
        if system == "google_workspace":
            return self._workspace(row, entry, payload, ref)
        operation = _operation(method, text(entry, "logName") or "")
        collection, categories, items = self._held(payload, operation, system, resource)
        owned = classify_path(resource, self.layout)
        is_named = operation in {Operation.READ, Operation.CHANGE}
        outcome, detail = _outcome(payload)
        return AccessRecord(
            system=system, evidence_id=ref.evidence_id, row=row, at=iso_instant(entry.get("timestamp"),
            "timestamp"),
            actor=_actor(payload), subjects=owned.subjects if is_named else (), resource=resource,
            categories=owned.categories if is_named and owned.subjects else categories,
            outcome=outcome, operation=operation, collection=collection,
            items_unresolved=0 if is_named and owned.subjects else items,
            request_id=text(entry, "insertId"), detail=f"{method}; {detail}" if detail else method,
        )  # fmt: skip

    def _workspace(
        self, row: int, entry: Mapping[str, Any], payload: Mapping[str, Any], ref: EvidenceRef
    ) -> AccessRecord:
        """Return what staff did in Workspace, which Cloud Audit Logs also tell: `metadata.event[]`."""
        seen = [
            (text(event, "eventName") or "", read_by(event))
            for event in tables_of(table_of(payload, "metadata"), "event")
        ]
        collection, categories, items = next((read for _name, read in seen if read[0]), ("", (), 0))
        outcome, detail = _outcome(payload)
        said = " ".join(name for name, _read in seen) or text(payload, "methodName") or ""
        return AccessRecord(
            system="google_workspace", evidence_id=ref.evidence_id, row=row,
            at=iso_instant(entry.get("timestamp"), "timestamp"), actor=_actor(payload), subjects=(),
            resource=collection or text(payload, "serviceName") or "", categories=categories, outcome=outcome,
            operation=Operation.LIST if collection else Operation.ADMIN, collection=collection,
            items_unresolved=items, request_id=text(entry, "insertId"),
            detail=f"{said}; {detail}" if detail else said, complete=False,
        )  # fmt: skip

    def _held(
        self, payload: Mapping[str, Any], operation: Operation, system: str, resource: str
    ) -> tuple[str, tuple[str, ...], int | None]:
        """Return the collection read, what it holds, and how many items were read (None: not said)."""
        count = payload.get("numResponseItems")
        items = whole_number(count, "numResponseItems") if count is not None else None
        if operation is Operation.ADMIN:
            return "", (), 0
        if system != self.system:
            return "accounts", _ACCOUNT_CATEGORIES, items
        if "/buckets/" in resource:
            bucket = resource.partition("/buckets/")[2].partition("/")[0]
            names_only = operation is Operation.LIST
            return bucket, ("user_id",) if names_only else self.layout.unknown, items if names_only else 1
        collection = _queried(payload) or resource.partition("/documents/")[2].partition("/")[0]
        return collection, self.collections.get(collection, self.layout.unknown), items


def _operation(method: str, log_name: str) -> Operation:
    verb = method.rpartition(".")[2]
    if _BULK.search(verb):
        return Operation.LIST
    if "data_access" not in log_name:
        return Operation.ADMIN
    return Operation.CHANGE if _CHANGE.search(verb) else Operation.READ


def _queried(payload: Mapping[str, Any]) -> str:
    """Return the collection that a Firestore query names."""
    query = table_of(table_of(payload, "request"), "structuredQuery")
    sources = tables_of(query, "from")
    return (text(sources[0], "collectionId") or "") if sources else ""


def _actor(payload: Mapping[str, Any]) -> Actor:
    who, how = table_of(payload, "authenticationInfo"), table_of(payload, "requestMetadata")
    address, precision = seen_address(text(how, "callerIp"))
    return Actor(
        address, precision, principal=text(who, "principalEmail"), token=text(who, "serviceAccountKeyName")
    )


def _outcome(payload: Mapping[str, Any]) -> tuple[Outcome, str]:
    code = table_of(payload, "status").get("code", 0)
    outcome = rpc_outcome(whole_number(code, "status.code"))
    if outcome is not Outcome.SUCCESS:
        return outcome, f"status {code}"
    granted = [entry.get("granted") for entry in tables_of(payload, "authorizationInfo")]
    if all(value is True for value in granted):
        return Outcome.SUCCESS, ""
    if all(value is False for value in granted):
        return Outcome.DENIED, "not granted"
    return Outcome.ERROR, "the entry does not say plainly whether access was granted"


def _matters(interest: Interest | None) -> Callable[[bytes], bool] | None:
    """Tell lines that can be the actor's: a wanted string, no principal at all, or text spelled otherwise."""
    if interest is None:
        return None
    wanted = tuple(name.lower().encode() for name in (*interest.addresses, *interest.names))

    hextets = [tuple(each.encode() for each in groups) for groups in interest.hextets]

    def matters(line: bytes) -> bool:
        low = line.lower()
        if any(name in low for name in wanted) or b'"principalemail"' not in low:
            return True
        if (b"\\" in low and (b"\\u" in low or b"\\/" in low)) or not low.isascii() or is_cut_off(low):
            return True
        return any(all(each in low for each in groups) for groups in hextets)

    return matters
