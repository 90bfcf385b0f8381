"""What SendGrid is told of each person: address, values of placeholders, our own names of delivery and attempt.

Written as JSON by filling one pattern a batch, a million times; whoever has a character in them that is escaped
anywhere, or the other values than the first of the batch, is written through the encoder instead.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import orjson

from incident.core.placeholders import HTML_SUFFIX, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.mailing import Batch, Recipient

DELIVERY_ARG = "tocsin_delivery"
ATTEMPT_ARG = "tocsin_attempt"
_ESCAPED = re.compile("[\x00-\x1f\"\\\\&<>'%,;\x7f\ud800-\udfff]")
"""What JSON or HTML escapes, what placeholders may not keep, and what a name may not hold."""


def personalizations(batch: Batch) -> Iterator[str]:
    """Write each person, alone in one: several addresses in one personalization would see each other."""
    recipients, attempt_id = batch.recipients, batch.attempt_id
    if not recipients:
        return
    listed = tuple(recipients[0].substitutions)
    pattern, nameless = _pattern(listed, attempt_id, named=True), _pattern(listed, attempt_id, named=False)
    for recipient in recipients:
        delivery_id, address, name, values = recipient
        text = (delivery_id, address, *values.values())
        if tuple(values) != listed or _ESCAPED.search(f"{name}{' '.join(text)}"):
            yield _encoded(recipient, attempt_id)
        elif name:
            yield pattern % (address, name, *_twice(text[2:]), delivery_id)
        else:
            yield nameless % (address, *_twice(text[2:]), delivery_id)


def party(address: str, name: str) -> dict[str, str]:
    """Return an address with its name; SendGrid refuses names with , or ; so those stay away."""
    if not name or "," in name or ";" in name:
        return {"email": address}
    return {"email": address, "name": name}


def _pattern(listed: Sequence[str], attempt_id: str, *, named: bool) -> str:
    """Return what is filled with address, name, every value twice, and delivery id."""
    pairs = [f'"%%{name}{suffix}%%":"%s"' for name in listed for suffix in ("", HTML_SUFFIX)]
    to = '"email":"%s","name":"%s"' if named else '"email":"%s"'
    ours = f'"{DELIVERY_ARG}":"%s","{ATTEMPT_ARG}":"{attempt_id}"'
    return f'{{"to":[{{{to}}}],"substitutions":{{{",".join(pairs)}}},"custom_args":{{{ours}}}}}'


def _twice(values: Sequence[str]) -> Iterator[str]:
    """Return every value as it stands in text, and as it stands in HTML; nothing in them is escaped."""
    for value in values:
        yield value
        yield value


def _encoded(recipient: Recipient, attempt_id: str) -> str:
    return orjson.dumps({
        "to": [party(recipient.address, recipient.name or "")],
        "substitutions": encoded(recipient.substitutions),
        "custom_args": {DELIVERY_ARG: recipient.delivery_id, ATTEMPT_ARG: attempt_id},
    }).decode()  # fmt: skip
