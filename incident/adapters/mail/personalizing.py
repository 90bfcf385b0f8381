"""What SendGrid is told of each person: address, values of placeholders, our own names of delivery and attempt.

Written as JSON by filling one pattern a batch, a million times; whoever has a character in them that is escaped
anywhere, or the other values than the first of the batch, is written through the encoder instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from incident.core.placeholders import HTML_SUFFIX, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.mailing import Batch, Recipient

DELIVERY_ARG = "tocsin_delivery"
ATTEMPT_ARG = "tocsin_attempt"
_PLAIN = bytes(byte for byte in range(0x20, 0x100) if byte not in b"\"\\\\&<>'%,;\x7f")
"""Bytes of text that neither JSON nor HTML escapes, that placeholders may keep, and that a name may hold."""


def personalizations(batch: Batch) -> list[str]:
    """Write each person, alone in one: several addresses in one personalization would see each other."""
    recipients, attempt_id = batch.recipients, batch.attempt_id
    ids, addresses, names, values = zip(*recipients, strict=True)
    listed = tuple(values[0])
    if any(tuple(each) != listed for each in values):
        return [_encoded(recipient, attempt_id) for recipient in recipients]
    columns = [[each[name] for each in values] for name in listed]
    called = [f',"name":"{name}"' if name else "" for name in names]
    twice = [column for column in columns for _ in range(2)]  # as it stands in text, and in HTML
    filled = _pattern(listed, attempt_id).__mod__
    lines = list(map(filled, zip(addresses, called, *twice, ids, strict=True)))
    texts = list(map(" ".join, zip(ids, addresses, [name or "" for name in names], *columns, strict=True)))
    for place in _escaped(texts, 0, len(texts)):
        lines[place] = _encoded(recipients[place], attempt_id)
    return lines


def _escaped(texts: Sequence[str], first: int, end: int) -> Iterator[int]:
    """Find the texts that hold what is escaped: most hold none, so many are looked at together."""
    if not "".join(texts[first:end]).encode("utf-8", "surrogatepass").translate(None, _PLAIN):
        return
    if end - first == 1:
        yield first
        return
    middle = (first + end) // 2
    yield from _escaped(texts, first, middle)
    yield from _escaped(texts, middle, end)


def party(address: str, name: str) -> dict[str, str]:
    """Return an address with its name; SendGrid refuses names with , or ; so those stay away."""
    if not name or "," in name or ";" in name:
        return {"email": address}
    return {"email": address, "name": name}


def _pattern(listed: Sequence[str], attempt_id: str) -> str:
    """Return what is filled with address, the field of the name, every value twice, and delivery id."""
    pairs = [f'"%%{name}{suffix}%%":"%s"' for name in listed for suffix in ("", HTML_SUFFIX)]
    ours = f'"{DELIVERY_ARG}":"%s","{ATTEMPT_ARG}":"{attempt_id}"'
    return f'{{"to":[{{"email":"%s"%s}}],"substitutions":{{{",".join(pairs)}}},"custom_args":{{{ours}}}}}'


def _encoded(recipient: Recipient, attempt_id: str) -> str:
    return orjson.dumps({
        "to": [party(recipient.address, recipient.name or "")],
        "substitutions": encoded(recipient.substitutions),
        "custom_args": {DELIVERY_ARG: recipient.delivery_id, ATTEMPT_ARG: attempt_id},
    }).decode()  # fmt: skip
