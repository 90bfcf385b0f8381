"""What SendGrid is told of each person: address, values of placeholders, our own names of delivery and attempt.

Written as JSON by laying columns between what is the same for everybody; whoever has something in them that is not
quiet (`core.quiet_text`) is written through the encoder instead.
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


def personalizations(batch: Batch) -> list[str]:
    """Write each person, after a comma and alone: several addresses in one personalization would see each other.

    In parts that are joined once, with the rest of the request: it is long, and each copy of it counts.
    """
    attempt_id, people = batch.attempt_id, Recipients.of(batch.recipients)
    if people is None:
        return [f",{_encoded(recipient, attempt_id)}" for recipient in batch.recipients]
    pieces = list(_pieces(people, attempt_id))
    parts, wide = interleaved(pieces, len(people)), len(pieces)
    for place in people.odd:
        own = [f",{_encoded(people[place], attempt_id)}", *[""] * (wide - 1)]
        parts[place * wide : (place + 1) * wide] = own
    return parts


def interleaved(pieces: Sequence[str | Sequence[str]], people: int) -> list[str]:
    """Lay columns, and what is the same for everybody, one after the other for each person."""
    parts = [""] * (len(pieces) * people)
    for place, piece in enumerate(pieces):
        parts[place :: len(pieces)] = [piece] * people if isinstance(piece, str) else piece
    return parts


def _pieces(people: Recipients, attempt_id: str) -> Iterator[str | Sequence[str]]:
    """Give what a person is written of, in order: what is the same for everybody, or the column of what is not."""
    yield ',{"to":[{"email":"'
    yield people.addresses
    if all(people.names):
        yield '","name":"'
        yield people.names  # type: ignore[misc]  # nobody is without one
        before = '"}],"substitutions":{'
    else:
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
    yield f'","{ATTEMPT_ARG}":"{attempt_id}"}}}}'


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
