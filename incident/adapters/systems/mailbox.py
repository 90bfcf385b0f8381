"""Mail in mbox form, as a Vault export holds it: everybody whose address stands in a header is in that mailbox.

Only headers are read; what people wrote is not looked at. Vault's accompanying lists were never seen and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.systems.raw import lines, plain_chunks, source_of
from incident.core.scoping.identity import email_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes

if TYPE_CHECKING:
    from email.message import Message

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

MBOX = "mbox"
_PEOPLE = ("from", "to", "cc", "bcc", "reply-to")
_LARGEST_HEADER = 256 << 10


class MailboxReader:
    """Read the people in a mailbox."""

    system = "google_workspace"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format when the file begins with an mbox separator and headers."""
        return MBOX if re.match(rb"From [^\n]*\n[A-Za-z-]+:", head) else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per message and person in its headers; the row is the message's first line."""
        for row, header in _headers(plain_chunks(stream, source_of(ref)), report):
            try:
                people = tuple(_people(BytesHeaderParser().parsebytes(header)))
            except (MessageError, HeaderParseError, LookupError, UnicodeDecodeError):
                report.set_aside(row, "the message's header cannot be read")
                continue
            for name, address, with_ip in people:
                held = {"email": True, "message_content": True, "name": name, "ip_address": with_ip}
                categories = tuple(sorted(code for code, value in held.items() if value))
                yield AccountRecord(
                    self.system, ref.evidence_id, row, email_identity(address, "header"),
                    Attributes(display_name=name, email=address, categories=categories),
                )  # fmt: skip


def _headers(chunks: Iterator[bytes], report: ReadReport) -> Iterator[tuple[int, bytes]]:
    """Yield the header of each message with the line it starts at; bodies are passed over."""
    start, header, inside = 0, bytearray(), False
    for row, line in lines(chunks):
        text = line if line is not None else b""
        if text.startswith(b"From ") and not inside:
            report.rows += 1
            start, header, inside = row, bytearray(), True
        elif inside and not text:
            inside = False
            yield start, bytes(header)
        elif inside:
            header += text + b"\n"
            if len(header) > _LARGEST_HEADER:
                inside = False
                report.set_aside(start, "the message's header is larger than 256 KiB")
    if inside and header:
        yield start, bytes(header)


def _people(message: Message) -> Iterator[tuple[str | None, str, bool]]:
    seen: set[str] = set()
    sender_ip = bool(message.get("x-originating-ip"))
    for field in _PEOPLE:
        for name, address in getaddresses([str(value) for value in message.get_all(field, [])]):
            if not email_identity(address, "header") or address.lower() in seen:
                continue
            seen.add(address.lower())
            yield (
                str(make_header(decode_header(name))) if name else None,
                address,
                sender_ip and field == "from",
            )
