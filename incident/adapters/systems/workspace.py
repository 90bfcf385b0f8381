"""Google Workspace: audit activities in their three shapes, and the directory's users.

Activities arrive up to three days late: no line is no proof. Reading a mail, downloading a file, granting an
application the mailbox or taking out data are reads whose people the log does not name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.json_rows import json_items, json_lines, outline
from incident.adapters.systems.pulled import NEXT_PAGE, note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import (
    convert_rows,
    iso_instant,
    seen_address,
    table_of,
    tables_of,
    text,
    truth,
)
from incident.core.scoping.identity import email_identity, provider_email_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccessRecord, AccountRecord, Actor, Attributes, Operation, Outcome

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

PAGE, LINES, ARRAY, USERS = (
    "workspace-activities",
    "workspace-activity-lines",
    "workspace-activity-array",
    "workspace-users",
)
_PATHS = {PAGE: "items.item", ARRAY: "item"}
_MAIL = ("email", "message_content", "name")
_READS = {
    ("gmail", "view"): ("mailbox", _MAIL, 1),
    ("gmail", "download"): ("mailbox", _MAIL, 1),
    ("drive", "view"): ("drive", ("email", "name", "user_content"), None),
    ("drive", "download"): ("drive", ("email", "name", "user_content"), None),
    ("drive", "copy"): ("drive", ("email", "name", "user_content"), None),
    ("takeout", "initiated_by_user"): ("mailbox", _MAIL, None),
}
"""What an event read: where, which data lies there, how many items (None: the log hides even the number)."""


class WorkspaceActivityReader:
    """Read audit activities; one activity may hold several events."""

    system = "google_workspace"
    version = "2"
    holds = Holds.ACCESSES

    def recognise(self, head: bytes) -> str | None:
        """Return the shape of a log that begins so."""
        seen = outline(head)
        if seen.top == "start_array":
            named = {"item.id.applicationName", "item.actor.email"}
            return ARRAY if named <= seen.paths else None
        if seen.top != "start_map":
            return None
        if str(seen.scalars.get("kind", "")).startswith("admin#reports#activit"):
            return PAGE if any(path.startswith("items") for path in seen.paths) else LINES
        return LINES if {"id.applicationName", "actor.email"} <= seen.paths else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - logs are small, and may hide their caller
    ) -> Iterator[AccessRecord]:
        """Yield one record per event."""
        source = source_of(ref)
        report.complete = False  # activities may still arrive
        file = PlainFile(plain_chunks(stream, source), source)
        rows = (
            json_lines(file.chunks, report)
            if report.format == LINES
            else json_items(file, _PATHS[report.format], report)
        )
        for found in convert_rows(rows, lambda row, item: tuple(self._events(row, item, ref)), report):
            yield from found
        _note_more(file, report)

    def _events(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> Iterator[AccessRecord]:
        name, who = table_of(item, "id"), table_of(item, "actor")
        application = text(name, "applicationName") or ""
        address, precision = seen_address(text(item, "ipAddress"))
        for event in _events_of(item):
            verb = text(event, "name") or ""
            collection, categories, items = read_by(event, application)
            yield AccessRecord(
                system=self.system, evidence_id=ref.evidence_id, row=row, at=iso_instant(name.get("time"), "id.time"),
                actor=Actor(address, precision, principal=text(who, "email")),
                subjects=(), resource=collection or application, categories=categories, outcome=Outcome.SUCCESS,
                operation=Operation.LIST if collection else Operation.ADMIN, collection=collection,
                items_unresolved=items if collection else 0,
                request_id=text(name, "uniqueQualifier"), detail=f"{application} {verb}", complete=False,
            )  # fmt: skip


class WorkspaceUserReader:
    """Read the directory: staff, who are people too."""

    system = "google_workspace"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a directory page that begins so."""
        seen = outline(head)
        return USERS if seen.top == "start_map" and "users.item.primaryEmail" in seen.paths else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per user."""
        source = source_of(ref)
        file = PlainFile(plain_chunks(stream, source), source)
        rows = json_items(file, "users.item", report)
        yield from convert_rows(rows, lambda row, item: self._user(row, item, ref), report)
        _note_more(file, report)

    def _user(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccountRecord:
        email, name = text(item, "primaryEmail"), text(table_of(item, "name"), "fullName")
        aliases = item.get("aliases")
        others = [a for a in aliases if isinstance(a, str)] if isinstance(aliases, list) else []
        identities = (
            *email_identity(email, "primaryEmail"),
            *(one for alias in others for one in email_identity(alias, "aliases")),
            *provider_email_identity(text(item, "recoveryEmail"), "recoveryEmail"),
        )
        created = text(item, "creationTime")
        return AccountRecord(
            self.system, ref.evidence_id, row, identities,
            Attributes(
                display_name=name, email=email, staff=True, disabled=truth(item, "suspended"),
                created_at=iso_instant(created, "creationTime") if created else None,
                categories=tuple(sorted(c for c, v in {"email": email, "name": name}.items() if v)),
            ),
        )  # fmt: skip


def _note_more(file: PlainFile, report: ReadReport) -> None:
    note_missing_pages(file, report, more=any(NEXT_PAGE.search(end) for end in (file.first, file.last)))


def _events_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the events of an activity: a list, a single object, or the activity itself where it is flat."""
    events = item.get("events")
    if isinstance(events, dict):
        return [events]
    if events is None and "name" in item:
        return [item]
    return tables_of(item, "events")


def read_by(event: Mapping[str, Any], application: str = "token") -> tuple[str, tuple[str, ...], int | None]:
    """Return the collection, the data and the number of items that an event read; ("", (), 0) for none.

    The report calls its parts `name` and `parameters`, the Cloud Audit Log `eventName` and `parameter`.
    """
    verb = text(event, "name") or text(event, "eventName") or ""
    known = _READS.get((application, verb))
    if known is not None:
        return known
    given = json.dumps([event.get("parameters"), event.get("parameter")])
    if application == "token" and verb == "authorize" and "mail.google.com" in given:
        return "mailbox", _MAIL, None
    return "", (), 0
