"""Mailchimp: an audience's members from the API, and the export's CSV files, bare or in their ZIP.

Unsubscribed and cleaned contacts are affected too. The member id is the MD5 of the lower-case address. The head
columns of the CSV carry the labels of the merge fields, so only the address and the fixed tail are read by name.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.csv_rows import first_rows, headed_rows
from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.raw import CHUNK_BYTES, PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, iso_instant, table_of, text
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
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

MEMBERS, CSV, ZIP = "mailchimp-members", "mailchimp-audience-csv", "mailchimp-audience-zip"
_ZIP_START = b"PK\x03\x04"
_TAIL = {"MEMBER_RATING", "OPTIN_TIME", "LEID", "EUID"}
_ADDRESS = "Email Address"
_LARGEST_FILE = 4 << 30
_LARGEST_EXPANSION = 200


class MailchimpReader:
    """Read everybody in an audience, whatever their status."""

    system = "mailchimp"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of an export that begins so."""
        if head.startswith(_ZIP_START):
            return ZIP if b"_members_export_" in head[:512] else None
        seen = outline(head)
        if seen.top:
            return MEMBERS if "members.item.email_address" in seen.paths else None
        header = {name.strip() for name in next(iter(first_rows(head, 1)), [])}
        return CSV if _ADDRESS in header and header >= _TAIL else None

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
            return
        parts = _unzipped(stream, source) if report.format == ZIP else iter([plain_chunks(stream, source)])
        for chunks in parts:
            rows = headed_rows(chunks, report, source)
            yield from convert_rows(rows, lambda row, cells: self._contact(row, cells, ref), report)

    def _member(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccountRecord:
        email, name = text(item, "email_address"), text(item, "full_name")
        digest = text(item, "id")
        identities = (
            *email_identity(email, "email_address"),
            *((Identity(IdentityKind.EMAIL_MD5, digest.lower(), Strength.NORMAL, "id"),) if digest else ()),
        )
        country = text(table_of(item, "location"), "country_code")
        created = text(item, "timestamp_opt") or text(item, "timestamp_signup")
        held = {
            "email": email, "name": name, "location": country,
            "ip_address": text(item, "ip_signup") or text(item, "ip_opt"),
        }  # fmt: skip
        attributes = _attributes(email, name, country, text(item, "language"), held)
        return self._record(
            row, ref, identities, attributes, iso_instant(created, "timestamp") if created else None
        )

    def _contact(self, row: int, cells: Mapping[str, str], ref: EvidenceRef) -> AccountRecord:
        email = text(cells, _ADDRESS)
        if email is None:
            raise BadInputError("is missing", field=_ADDRESS)
        name = " ".join(part for column in ("First Name", "Last Name") if (part := text(cells, column)))
        country = text(cells, "CC")
        opted = text(cells, "OPTIN_TIME")
        held = {
            "email": email, "name": name, "location": country,
            "ip_address": text(cells, "OPTIN_IP"),
        }  # fmt: skip
        attributes = _attributes(email, name or None, country, None, held)
        created = iso_instant(opted, "OPTIN_TIME", assume_utc=True) if opted else None
        return self._record(row, ref, email_identity(email, _ADDRESS), attributes, created)

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


def _unzipped(stream: BinaryIO, source: str) -> Iterator[Iterator[bytes]]:
    """Yield the chunks of each CSV in the ZIP; BadInputError for a broken, huge or bomb-like archive."""
    try:
        with zipfile.ZipFile(stream) as archive:
            for entry in archive.infolist():
                if not entry.filename.endswith(".csv"):
                    continue
                if entry.file_size > max(_LARGEST_EXPANSION * max(entry.compress_size, 1), 1 << 24) or (
                    entry.file_size > _LARGEST_FILE
                ):
                    raise BadInputError("a file in the archive expands too much", source=source)
                with archive.open(entry) as inside:
                    yield _chunks(inside)
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        raise BadInputError("the archive is broken", source=source) from None


def _chunks(member: IO[bytes]) -> Iterator[bytes]:
    while chunk := member.read(CHUNK_BYTES):
        yield chunk
