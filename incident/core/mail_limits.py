"""What may be handed to a mail transport: limits and forms, checked before anything leaves.

The limits are SendGrid's for v3 mail/send (its OpenAPI description and documentation); they bind every
transport, so that a provider can be exchanged while sending. A flaw names a place and a reason, never a
person's data. The serialized size of a request is the adapter's to check.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from incident.core.columns import places_of, without
from incident.core.mailing import Recipients
from incident.core.placeholders import encoded, flaws_of_letter, names_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incident.core.mailing import Batch, LetterContent, Recipient

MAX_RECIPIENTS = 1000  # personalizations in one request
MAX_REQUEST_BYTES = 30_000_000  # "under 30 MB"
MAX_SUBSTITUTION_BYTES = 10_000  # in one personalization
MAX_CATEGORIES = 10
LETTERS_REMEMBERED = 64
_MAX_LOCAL, _MAX_DOMAIN = 64, 253  # RFC 5321 4.5.3.1, RFC 1035 2.3.4

_OPAQUE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CATEGORY = re.compile(r"[A-Za-z0-9_.:-]{1,255}")
_HEADER_NAME = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_LOCAL = re.compile(r"[A-Za-z0-9!#$&'*+/=?^_`{|}~%-]+(\.[A-Za-z0-9!#$&'*+/=?^_`{|}~%-]+)*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+{_LABEL}|localhost")
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
_PLAIN_LINES = re.compile(
    r"(?:[A-Za-z0-9]++(?:[._+-][A-Za-z0-9]++)*+@(?:[A-Za-z0-9]++(?:-++[A-Za-z0-9]++)*+\.)++[A-Za-z]{2,}+\n)++"
)
"""Many of them, a line each; nothing is tried twice. No label is too long in what is short as a whole."""
_MAX_PLAIN = 64
"""Characters up to which no limit of length can be met, whatever the characters are."""
_MAX_VALUE, _MOST_PER_CHARACTER = 200, 4
"""Characters of a value, and bytes of one: quiet values are written as they are in text and in HTML."""
_OPAQUE_ALL = re.compile(r"[A-Za-z0-9_-]*")
# C0, DEL and C1 controls, line and paragraph separators, bidirectional embeddings, overrides and isolates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_BODY = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why something cannot be sent; `index` is the recipient's place in the batch, None for the whole."""

    reason: str
    index: int | None = None


def flaws(batch: Batch) -> tuple[Flaw, ...]:
    """Return everything that keeps this batch from being sent; empty when nothing does."""
    of_letter, needed = _of_letter(batch.letter)
    whole = [Flaw(reason) for reason in (*_of_batch(batch), *of_letter)]
    if all_plain(batch.recipients, needed=needed):
        return tuple(whole)
    each = [
        Flaw(reason, index)
        for index, recipient in enumerate(batch.recipients)
        for reason in flaws_of_recipient(recipient, needed=needed)
    ]
    return (*whole, *each, *_repeated(batch))


@lru_cache(LETTERS_REMEMBERED)
def _of_letter(letter: LetterContent) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the flaws of a letter and the placeholders that it uses; there are few letters and many batches."""
    return tuple(flaws_of_letter_content(letter)), names_in(letter)


def all_plain(recipients: Sequence[Recipient], *, needed: frozenset[str]) -> bool:
    """Whether everybody is beyond doubt free of flaws: a quick look at all of them together.

    What is not plain may still be good; then each is looked at.
    """
    people = Recipients.of(recipients)
    if people is None or not people:
        return not recipients
    others = [column for column in people.columns() if column is not people.ids]
    return (
        needed.issubset(people.values)
        and _are_plain(people.addresses)
        and _all_differ(people.addresses)
        and len(set(people.ids)) == len(people)
        and all(people.ids)
        and max(map(len, people.ids)) <= _MAX_LOCAL
        and _OPAQUE_ALL.fullmatch("".join(people.ids)) is not None
        and all(max(map(len, column)) <= _MAX_VALUE for column in others)
        and _most_bytes(people.values) <= MAX_SUBSTITUTION_BYTES
        and not any(True for place in people.odd for _ in flaws_of_recipient(people[place], needed=needed))
    )


def _most_bytes(names: Iterable[str]) -> int:
    """Return what values of these placeholders take at most, where none is too long and all are quiet."""
    return sum(_size(encoded({name: ""})) + 2 * _MAX_VALUE * _MOST_PER_CHARACTER for name in names)


def doubtful(addresses: Sequence[str | None]) -> list[int]:
    """Return the places of those that are not beyond doubt plain addresses: a quick look at many."""
    nobody = places_of(None, addresses)
    if _are_plain(without(addresses, nobody)):  # type: ignore[arg-type]  # nobody is without one
        return nobody
    plain = _PLAIN_ADDRESS.fullmatch
    return [n for n, a in enumerate(addresses) if a is None or len(a) > _MAX_PLAIN or plain(a) is None]


def _are_plain(addresses: Sequence[str]) -> bool:
    """Whether all are beyond doubt plain addresses: looked at as one text, a line each."""
    if max(map(len, addresses), default=0) > _MAX_PLAIN:
        return False
    text = "\n".join(addresses)
    return text.count("\n") == max(len(addresses) - 1, 0) and _PLAIN_LINES.fullmatch(text + "\n") is not None


def _all_differ(addresses: Sequence[str]) -> bool:
    """Whether plain addresses are each another one, whatever their case: most often all is in lower case already."""
    text = "\n".join(addresses)
    lower = text.lower()
    return len(set(addresses if text == lower else lower.split("\n"))) == len(addresses)


def flaws_of_letter_content(letter: LetterContent) -> Iterator[str]:
    """Say what is wrong with a variant, whoever it goes to."""
    for field in ("subject", "text", "html", "from_address"):
        if not getattr(letter, field).strip():
            yield f"the letter's {field} is empty"
    for field in ("text", "html"):
        if _UNSAFE_IN_BODY.search(getattr(letter, field)):
            yield f"the letter's {field} holds control characters"
    yield from _of_headers(letter)
    yield from flaws_of_letter(letter)


def flaws_of_recipient(recipient: Recipient, *, needed: frozenset[str]) -> Iterator[str]:
    """Say why this person cannot be sent a letter with the placeholders `needed`."""
    if not _OPAQUE.fullmatch(recipient.delivery_id):
        yield "the delivery id is not opaque: letters, digits, - and _, 64 at most"
    if reason := flaw_of_address(recipient.address):
        yield reason
    if recipient.name is not None and _breaks_header(recipient.name):
        yield "the name holds control characters or an encoded word"
    for name in sorted(needed - recipient.substitutions.keys()):
        yield f"no value for the placeholder {name!r}"
    if any(_breaks_header(value) for value in recipient.substitutions.values()):
        yield "a value holds control characters or an encoded word"
    elif _size(encoded(recipient.substitutions)) > MAX_SUBSTITUTION_BYTES:
        yield f"the values take more than {MAX_SUBSTITUTION_BYTES} bytes"


def flaw_of_address(address: str) -> str | None:
    """Return why this address cannot be written to, or None; the domain must be in its ASCII form."""
    if len(address) <= _MAX_PLAIN and _PLAIN_ADDRESS.fullmatch(address):
        return None
    local, at, domain = address.rpartition("@")
    if _UNSAFE.search(address) or "=?" in address:
        return "the address holds control characters or an encoded word"
    if not at or not local:
        return "the address is not of the form local@domain"
    if not local.isascii():
        return "the part before the @ is not ASCII: unreachable by this channel"
    if not domain.isascii():
        return "the domain is not in its ASCII form"
    if len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        return "the part before the @ is not a plain one of at most 64 characters"
    if len(domain) > _MAX_DOMAIN or not _DOMAIN.fullmatch(domain):
        return "the domain is not a domain name"
    return None


def _of_headers(letter: LetterContent) -> Iterator[str]:
    for field in ("subject", "from_name", "reply_to"):
        if _breaks_header(getattr(letter, field)):
            yield f"the letter's {field} holds control characters or an encoded word"
    for field in ("from_address", "reply_to"):
        value = getattr(letter, field)
        if value and (reason := flaw_of_address(value)):
            yield f"the letter's {field}: {reason}"
    for name, value in letter.headers:
        if not _HEADER_NAME.fullmatch(name) or not value.isascii() or _breaks_header(value):
            yield "an extra header needs a name X-... and a plain ASCII value"


def _of_batch(batch: Batch) -> Iterator[str]:
    if not batch.recipients:
        yield "the batch has no recipients"
    if len(batch.recipients) > MAX_RECIPIENTS:
        yield f"the batch has more than {MAX_RECIPIENTS} recipients"
    if not _OPAQUE.fullmatch(batch.notice_id):
        yield "the notice id is not opaque: letters, digits, - and _, 64 at most"
    if len(set(batch.categories)) != len(batch.categories) or len(batch.categories) > MAX_CATEGORIES:
        yield f"categories are unique and {MAX_CATEGORIES} at most"
    if not all(_CATEGORY.fullmatch(c) for c in batch.categories):
        yield "a category is not an opaque word"


def _repeated(batch: Batch) -> Iterator[Flaw]:
    addresses: set[str] = set()
    ids: set[str] = set()
    for index, recipient in enumerate(batch.recipients):
        address = recipient.address.casefold()
        if address in addresses:
            yield Flaw("the same address stands in the batch before", index)
        if recipient.delivery_id in ids:
            yield Flaw("the same delivery stands in the batch before", index)
        addresses.add(address)
        ids.add(recipient.delivery_id)


def _breaks_header(value: str) -> bool:
    """Whether a value could end a header line, now or after RFC 2047 decoding: no encoded word is let in."""
    return "=?" in value or (not value.isprintable() and _UNSAFE.search(value) is not None)


def _size(pairs: dict[str, str]) -> int:
    return sum(len(key.encode()) + len(value.encode()) for key, value in pairs.items())
