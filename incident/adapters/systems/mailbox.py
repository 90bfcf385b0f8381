"""Mail in mbox form, as a Vault export holds it: whoever stands in a header, or is named in what was written, is in it.

Of a body the text is searched for addresses and labelled user ids, as far as a few mebibytes go. What is attached is
not looked into. Vault's accompanying lists were never seen and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.parser import BytesParser, HeaderParser
from email.utils import getaddresses
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.systems.free_text import categories_of, named_in, plain_of_html
from incident.adapters.systems.raw import lines, plain_chunks, source_of
from incident.core.scoping.identity import email_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes
from incident.errors import BadInputError

if TYPE_CHECKING:
    from email.message import Message

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

MBOX = "mbox"
_PEOPLE = ("from", "sender", "to", "cc", "bcc", "reply-to", "resent-to", "resent-cc", "delivered-to")
_LARGEST_HEADER = 256 << 10
_LARGEST_BODY = 4 << 20
_SEPARATOR = re.compile(rb"From \S+ +(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|.*\d{4}\s*$)")
_START = re.compile(rb"From [^\n]*\n[A-Za-z-]+:")


class MailboxReader:
    """Read the people in a mailbox."""

    system = "google_workspace"
    version = "2"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format when the file begins with an mbox separator and headers."""
        return MBOX if _START.match(head.replace(b"\r\n", b"\n")) else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per message and person, in its header or named in it; the row is its first line."""
        for mail in _mails(plain_chunks(stream, source_of(ref)), report):
            if b"\0" in mail.header:
                report.set_aside(mail.row, "the message's header holds a NUL byte")
            try:
                header, is_utf8 = _header(bytes(mail.header))
                people = tuple(_people(header))
            except (MessageError, HeaderParseError, LookupError, ValueError):
                report.set_aside(mail.row, "the message's header cannot be read")
                continue
            if not is_utf8 and any(not address.isascii() for _, address, _ in people):
                report.set_aside(mail.row, "an address in the message's header is not UTF-8")
                people = tuple(each for each in people if each[1].isascii())
            for name, address, with_ip in people:
                held = {"email": True, "message_content": True, "name": name, "ip_address": with_ip}
                categories = tuple(sorted(code for code, value in held.items() if value))
                yield AccountRecord(
                    self.system, ref.evidence_id, mail.row, email_identity(address, "header"),
                    Attributes(display_name=name, email=address, categories=categories),
                )  # fmt: skip
            known = {address.lower() for _, address, _ in people}
            for each in named_in(_text_of(mail), "body"):
                if each.value not in known:
                    yield AccountRecord(
                        self.system,
                        ref.evidence_id,
                        mail.row,
                        (each,),
                        Attributes(categories=categories_of([each])),
                    )


@dataclass(slots=True)
class _Mail:
    row: int
    header: bytearray = field(default_factory=bytearray)
    body: bytearray = field(default_factory=bytearray)
    in_header: bool = True
    is_refused: bool = False

    def take(self, text: bytes, report: ReadReport) -> None:
        """Take one line."""
        if self.is_refused:
            return
        if not self.in_header:
            if len(self.body) + len(text) <= _LARGEST_BODY:
                self.body += text + b"\n"
            else:
                report.lacks("what was written was searched only as far as 4 MiB of a message go")
        elif text:
            self.header += text + b"\n"
            if len(self.header) > _LARGEST_HEADER:
                report.set_aside(self.row, "the message's header is larger than 256 KiB")
                self.is_refused = True
        else:
            self.in_header = False


def _mails(chunks: Iterator[bytes], report: ReadReport) -> Iterator[_Mail]:
    """Yield each message with the line it starts at; a separator stands at the beginning or behind a blank line."""
    mail, blank = None, True
    broken: list[BadInputError] = []
    for row, line in _to_the_end(lines(chunks), broken):
        text = line if line is not None else b""
        if (blank and _SEPARATOR.match(text)) or (row == 1 and text.startswith(b"From ")):
            if mail is not None and not mail.is_refused:
                yield mail
            report.rows += 1
            mail = _Mail(row)
        elif mail is not None:
            mail.take(text, report)
        blank = not text and line is not None
    if mail is not None and not mail.is_refused:
        if mail.in_header:
            report.lacks("the last message ends within its header")
        yield mail
    if broken:
        raise broken[0]


def _to_the_end(
    rows: Iterator[tuple[int, bytes | None]], broken: list[BadInputError]
) -> Iterator[tuple[int, bytes | None]]:
    """Yield lines until the file breaks off, and keep why: the message before it is whole all the same."""
    try:
        yield from rows
    except BadInputError as error:
        broken.append(error)


def _header(raw: bytes) -> tuple[Message, bool]:
    """Parse a header, in UTF-8 or else byte by byte; tells which of the two."""
    try:
        return HeaderParser().parsestr(raw.decode()), True
    except UnicodeDecodeError:
        return HeaderParser().parsestr(raw.decode("latin-1")), False


def _people(message: Message) -> Iterator[tuple[str | None, str, bool]]:
    seen: set[str] = set()
    sender_ip = bool(message.get("x-originating-ip"))
    for name_of_field in _PEOPLE:
        for name, address in getaddresses([str(value) for value in message.get_all(name_of_field, [])]):
            if not email_identity(address, "header") or address.lower() in seen:
                continue
            seen.add(address.lower())
            yield (
                str(make_header(decode_header(name))) if name else None,
                address,
                sender_ip and name_of_field == "from",
            )


def _text_of(mail: _Mail) -> str:
    """Return what was written, of all parts that are text and not attached."""
    message = BytesParser().parsebytes(bytes(mail.header) + b"\n" + bytes(mail.body))
    return "\n".join(_part_text(part) for part in message.walk() if _is_written(part))


def _is_written(part: Message) -> bool:
    return part.get_content_maintype() == "text" and part.get_content_disposition() != "attachment"


def _part_text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    plain = raw if isinstance(raw, bytes) else b""
    try:
        text = plain.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a charset that nobody knows
        text = plain.decode("utf-8", "replace")
    return plain_of_html(text) if part.get_content_subtype() == "html" else text
