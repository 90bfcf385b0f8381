"""What SendGrid is told of each person: address, values of placeholders, our own names of delivery and attempt.

Written as JSON by laying columns between what is the same for everybody; whoever has a character in them that is
escaped anywhere is written through the encoder instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from incident.core.mailing import Recipients
from incident.core.placeholders import HTML_SUFFIX, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.mailing import Batch, Recipient

DELIVERY_ARG = "tocsin_delivery"
ATTEMPT_ARG = "tocsin_attempt"
_PLAIN = bytes(byte for byte in range(0x20, 0x100) if byte not in b"\"\\\\&<>'%,;\x7f")
"""Bytes of text that neither JSON nor HTML escapes, that placeholders may keep, and that a name may hold."""


def personalizations(batch: Batch) -> str:
    """Write each person, alone in one: several addresses in one personalization would see each other."""
    attempt_id, people = batch.attempt_id, Recipients.of(batch.recipients)
    if people is None:
        return ",".join([_encoded(recipient, attempt_id) for recipient in batch.recipients])
    columns = [people.ids, people.addresses, *people.columns()]
    pieces = list(_pieces(people, attempt_id))
    parts, wide = interleaved(pieces, len(people)), len(pieces)
    if not _is_plain(columns):
        texts = [" ".join(each) for each in zip(*columns, strict=True)]
        for place in _escaped(texts, 0, len(texts)):
            own = [_encoded(people[place], attempt_id) + ",", *[""] * (wide - 1)]
            parts[place * wide : (place + 1) * wide] = own
    return "".join(parts)[:-1]


def interleaved(pieces: Sequence[str | Sequence[str]], people: int) -> list[str]:
    """Lay columns, and what is the same for everybody, one after the other for each person."""
    parts = [""] * (len(pieces) * people)
    for place, piece in enumerate(pieces):
        parts[place :: len(pieces)] = [piece] * people if isinstance(piece, str) else piece
    return parts


def _pieces(people: Recipients, attempt_id: str) -> Iterator[str | Sequence[str]]:
    """Give what a person is written of, in order: what is the same for everybody, or the column of what is not."""
    yield '{"to":[{"email":"'
    yield people.addresses
    yield [f'","name":"{name}"' if name else '"' for name in people.names]
    before = '}],"substitutions":{'
    for name, values in people.values.items():
        for suffix in ("", HTML_SUFFIX):  # as it stands in text, and in HTML
            yield f'{before}"%{name}{suffix}%":"'
            yield values
            before = '",'
    ending = '"}' if people.values else before + "}"
    yield f'{ending},"custom_args":{{"{DELIVERY_ARG}":"'
    yield people.ids
    yield f'","{ATTEMPT_ARG}":"{attempt_id}"}}}},'


def _is_plain(columns: Sequence[Sequence[str]]) -> bool:
    """Whether nobody has a character that is escaped anywhere."""
    return not any("".join(c).encode("utf-8", "surrogatepass").translate(None, _PLAIN) for c in columns)


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


def _encoded(recipient: Recipient, attempt_id: str) -> str:
    return orjson.dumps({
        "to": [party(recipient.address, recipient.name or "")],
        "substitutions": encoded(recipient.substitutions),
        "custom_args": {DELIVERY_ARG: recipient.delivery_id, ATTEMPT_ARG: attempt_id},
    }).decode()  # fmt: skip
