"""Mail in mbox form, as a Vault export holds it: whoever stands in a header, or is named in what was written, is in it.

Text, written or attached, is searched for addresses and labelled user ids, as far as a few mebibytes go; other
attachments are counted as not looked into. Vault's accompanying lists were never seen and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import HeaderParser
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.systems.free_text import categories_of, named_in
from incident.adapters.systems.mail_parts import UNREADABLE, Within, look_into, people_of
from incident.adapters.systems.raw import lines, plain_chunks, source_of
from incident.core.scoping.identity import email_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef, Identity

MBOX = "mbox"
_LARGEST_HEADER = 256 << 10
_LARGEST_BODY = 4 << 20
_SEPARATOR = re.compile(rb"From \S++ ++(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|.*\d{4}\s*$)")
_START = re.compile(rb"From [^\n]*\n[A-Za-z-]+:")
Person = tuple[str | None, str, bool]
"""Name, address, and whether their internet address is given."""


class MailboxReader:
    """Read the people in a mailbox."""

    system = "google_workspace"
    version = "3"
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
                people, is_utf8 = _header(bytes(mail.header))
            except UNREADABLE:
                report.set_aside(mail.row, "the message's header cannot be read")
                people, is_utf8 = (), True
            if not is_utf8 and any(not address.isascii() for _, address, _ in people):
                report.set_aside(mail.row, "an address in the message's header is not UTF-8")
                people = tuple(each for each in people if each[1].isascii())
            for identities, attributes in _found(mail, people, report):
                yield AccountRecord(self.system, ref.evidence_id, mail.row, identities, attributes)


def _found(
    mail: _Mail, people: tuple[Person, ...], report: ReadReport
) -> Iterator[tuple[tuple[Identity, ...], Attributes]]:
    """Yield everybody in a message: in its header, in the header of one that is within, and whom its texts name."""
    try:
        within = look_into(bytes(mail.header), bytes(mail.body))
        inner = [each for header in within.headers for each in people_of(header)]
    except (BadInputError, *UNREADABLE) as error:
        reason = error.reason if isinstance(error, BadInputError) else "a message within cannot be read"
        report.set_aside(mail.row, reason)
        within, inner = Within(written=[bytes(mail.body).decode("utf-8", "replace")]), []
    report.not_looked_into.update(within.unread)
    known: set[str] = set()
    for name, address, with_ip in (*people, *inner):
        if address.lower() in known:
            continue
        known.add(address.lower())
        held = {"email": True, "message_content": True, "name": name, "ip_address": with_ip}
        categories = tuple(sorted(code for code, value in held.items() if value))
        yield (
            email_identity(address, "header"),
            Attributes(display_name=name, email=address, categories=categories),
        )
    for texts, source in ((within.written, "body"), (within.attached, "attachment")):
        for each in named_in("\n".join(texts), source):
            if each.value not in known:
                known.add(each.value)
                yield (each,), Attributes(categories=categories_of([each]))


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
        if line is None:
            report.lacks("a line of more than 1 MiB in a message was not searched")
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


def _header(raw: bytes) -> tuple[tuple[Person, ...], bool]:
    """Return the people of a header, read in UTF-8 or else byte by byte; tells which of the two."""
    try:
        text, is_utf8 = raw.decode(), True
    except UnicodeDecodeError:
        text, is_utf8 = raw.decode("latin-1"), False
    return tuple(people_of(HeaderParser().parsestr(text))), is_utf8
