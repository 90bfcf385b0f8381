"""What a message of mail holds: the text of every part that is text, attached or not, and what else is in it by type.

A part is text when its bytes are, whatever it calls itself; images, documents and archives are counted and not opened.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from email.errors import HeaderParseError, MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import TYPE_CHECKING

from incident.adapters.systems.attached import images_within, text_within
from incident.adapters.systems.free_text import plain_of_html
from incident.core.scoping.identity import email_identity
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PEOPLE = ("from", "sender", "to", "cc", "bcc", "reply-to", "resent-to", "resent-cc", "delivered-to")
_MOST_CONTAINERS, _MOST_PARTS = (
    50,
    20_000,
)  # a mailer nests a few and makes some dozens; the parser pays for each
UNREADABLE = (MessageError, HeaderParseError, LookupError, ValueError, RecursionError)
"""What the standard library says of a header that makes no sense, or is made to exhaust it."""


@dataclass(slots=True)
class Within:
    """What is in a message: texts, by whether they were written or attached, the messages in it, and the unread."""

    written: list[str] = field(default_factory=list)
    attached: list[str] = field(default_factory=list)
    headers: list[Message] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)


def look_into(header: bytes, body: bytes) -> Within:
    """Take a message apart; BadInputError when it is made of more than a mailer makes."""
    containers = body.lower().count(b"boundary=") + body.lower().count(b"message/rfc822")
    if containers > _MOST_CONTAINERS or body.count(b"\n--") > _MOST_PARTS:
        raise BadInputError("the message has too many parts, or is nested too deep")
    try:
        message = BytesParser().parsebytes(header + b"\n" + body)
        parts = list(message.walk())
    except UNREADABLE:
        raise BadInputError("the parts of the message cannot be told apart") from None
    found = Within()
    for part in parts:
        _take(part, found)
        if part is not message and part.get_content_type() == "message/rfc822":
            found.headers += [each for each in part.get_payload() if isinstance(each, Message)]
    return found


def people_of(message: Message) -> Iterator[tuple[str | None, str, bool]]:
    """Yield name, address, and whether their internet address is given, of everybody in a header, once each."""
    seen: set[str] = set()
    sender_ip = bool(message.get("x-originating-ip"))
    for name_of_field in _PEOPLE:
        for name, address in getaddresses([str(value) for value in message.get_all(name_of_field, [])]):
            if email_identity(address, "header") and address.lower() not in seen:
                seen.add(address.lower())
                yield _spoken(name), address, sender_ip and name_of_field == "from"


def _spoken(name: str) -> str | None:
    """Return a name in letters; one that cannot be decoded costs nobody their address."""
    try:
        return str(make_header(decode_header(name))) or None
    except UNREADABLE:
        return None


def _take(part: Message, found: Within) -> None:
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        told = [each for each in part.get_payload() if isinstance(each, Message)]
        found.attached += [str(value) for each in told for value in each.values()]
    if part.is_multipart():
        return
    raw = part.get_payload(decode=True)
    plain = raw if isinstance(raw, bytes) else b""
    is_attached = part.get_content_disposition() == "attachment"
    if part.get_content_maintype() == "text":
        text = _decoded(plain, part.get_content_charset())
    elif (looked := text_within(plain)) is not None:
        text = looked
    else:
        found.unread[part.get_content_type()] += 1
        return
    if part.get_content_subtype() == "html":
        found.unread.update(images_within(text))
        text = plain_of_html(text)
    (found.attached if is_attached or part.get_content_maintype() != "text" else found.written).append(text)


def _decoded(plain: bytes, charset: str | None) -> str:
    try:
        return plain.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):  # a charset that nobody knows, or that refuses to replace
        return plain.decode("utf-8", "replace")
