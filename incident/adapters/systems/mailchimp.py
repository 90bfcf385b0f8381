"""Mailchimp: an audience's members from the API, and the export's CSV files, bare or in their ZIP.

Unsubscribed and cleaned contacts are affected too. The member id is the MD5 of the lower-case address. The head
columns of the CSV carry the labels of the merge fields, so only the address and the fixed tail are read by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.csv_rows import NoHeaderError, first_rows, headed_rows
from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.pulled import note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of, without_mark
from incident.adapters.systems.scalars import convert_rows, iso_instant, table_of, text
from incident.adapters.systems.zipped import ZIP_START, zipped_files, zipped_head
from incident.core.scoping.identity import email_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import (
    AccountRecord,
    Attributes,
    Confidence,
    Identity,
    IdentityKind,
    ResidenceHint,
    Strength,
)
from incident.errors import BadInputError

if TYPE_CHECKING:
    from datetime import datetime

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

MEMBERS, CSV, ZIP = "mailchimp-members", "mailchimp-audience-csv", "mailchimp-audience-zip"
_TAIL = {"MEMBER_RATING", "OPTIN_TIME", "LEID", "EUID"}
_ADDRESS = "Email Address"
_TOTAL = re.compile(rb'"total_items"\s*:\s*([0-9]{1,12})')


class MailchimpReader:
    """Read everybody in an audience, whatever their status."""

    system = "mailchimp"
    version = "2"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of an export that begins so."""
        if head.startswith(ZIP_START):
            return ZIP if _is_audience(zipped_head(head)) else None
        seen = outline(head)
        if seen.top:
            is_empty = "members.item" not in seen.paths and {"members", "list_id"} <= seen.paths
            return MEMBERS if "members.item.email_address" in seen.paths or is_empty else None
        return CSV if _is_audience(head) else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per contact."""
        source = source_of(ref)
        if report.format == MEMBERS:
            file = PlainFile(plain_chunks(stream, source), source)
            yield from convert_rows(
                json_items(file, "members.item", report),
                lambda row, item: self._member(row, item, ref),
                report,
            )
            totals = [int(found) for end in (file.first, file.last) for found in _TOTAL.findall(end)]
            note_missing_pages(file, report, more=max(totals, default=0) > report.rows)
            return
        parts = zipped_files(stream, source) if report.format == ZIP else iter([plain_chunks(stream, source)])
        for chunks in parts:
            rows = headed_rows(without_mark(chunks), report, source)
            try:
                yield from convert_rows(rows, lambda row, cells: self._contact(row, cells, ref), report)
            except NoHeaderError as error:
                if report.format != ZIP:
                    raise
                report.lacks(f"a file in the archive was not read: {error.reason}")

    def _member(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccountRecord:
        email, name = text(item, "email_address"), text(item, "full_name")
        digest = text(item, "id")
        identities = (
            *email_identity(email, "email_address"),
            *((Identity(IdentityKind.EMAIL_MD5, digest.lower(), Strength.NORMAL, "id"),) if digest else ()),
        )
        country = text(table_of(item, "location"), "country_code")
        created = _first_seen(item, ("timestamp_signup", "timestamp_opt"), assume_utc=False)
        held = {
            "email": email, "name": name, "location": country,
            "ip_address": text(item, "ip_signup") or text(item, "ip_opt"),
        }  # fmt: skip
        attributes = _attributes(email, name, country, text(item, "language"), held)
        return self._record(row, ref, identities, attributes, created)

    def _contact(self, row: int, cells: Mapping[str, str], ref: EvidenceRef) -> AccountRecord:
        column = (
            _ADDRESS if _ADDRESS in cells else next(iter(cells))
        )  # the label is the audience's, the place is not
        named = _ADDRESS if column == _ADDRESS else "first column"  # a label may be anything
        email = text(cells, column)
        if email is None:
            raise BadInputError("is missing", field=named)
        identities = email_identity(email, column)
        if not identities:
            raise BadInputError("is not an address", field=named)
        name = " ".join(part for column in ("First Name", "Last Name") if (part := text(cells, column)))
        country = text(cells, "CC")
        held = {
            "email": email, "name": name, "location": country,
            "ip_address": text(cells, "OPTIN_IP") or text(cells, "CONFIRM_IP"),
        }  # fmt: skip
        attributes = _attributes(email, name or None, country, None, held)
        created = _first_seen(cells, ("OPTIN_TIME", "CONFIRM_TIME"), assume_utc=True)
        return self._record(row, ref, identities, attributes, created)

    def _record(
        self,
        row: int,
        ref: EvidenceRef,
        identities: tuple[Identity, ...],
        attributes: Mapping[str, Any],
        created: Any,
    ) -> AccountRecord:
        return AccountRecord(
            self.system, ref.evidence_id, row, identities, Attributes(**attributes, created_at=created)
        )


def _first_seen(item: Mapping[str, Any], fields: tuple[str, ...], *, assume_utc: bool) -> datetime | None:
    """Return the earlier of signing up and confirming: who has not confirmed yet is in the audience already."""
    known = [iso_instant(said, name, assume_utc=assume_utc) for name in fields if (said := text(item, name))]
    return min(known, default=None)


def _is_audience(head: bytes) -> bool:
    header = [name.strip() for name in next(iter(first_rows(head.removeprefix(b"\xef\xbb\xbf"), 1)), [])]
    return _TAIL.issubset(header) and header[0] not in _TAIL


def _attributes(
    email: str | None, name: str | None, country: str | None, language: str | None, held: Mapping[str, object]
) -> dict[str, Any]:
    hints = (ResidenceHint("sign-up location", country, None, Confidence.LOW),) if country else ()
    return {
        "display_name": name,
        "email": email,
        "residence": hints,
        "language": language or None,
        "categories": tuple(sorted(code for code, value in held.items() if value)),
    }
