"""What SendGrid's v3 mail/send refuses, written down a second time and apart from our own checks.

Source: the OpenAPI description of the Mail API and the limits named in its texts. An error is
(field, message) as in SendGrid's `errors` array; like the original, a message may repeat an address.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Complaint = tuple[str, str]

MAX_BYTES = 30_000_000
_MAX_PEOPLE = 1000
_MAX_SMALL_BYTES = 10_000
_MAX_AHEAD_SECONDS = 72 * 3600
_FIELDS = ("to", "cc", "bcc")
_BYPASSES = (
    "bypass_unsubscribe_management",
    "bypass_spam_management",
    "bypass_bounce_management",
)


def complaints(body: Any, *, now_seconds: float) -> Iterator[Complaint]:
    """Yield why this request body is answered with 400."""
    if not isinstance(body, dict):
        yield "", "Bad Request"
        return
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        yield "personalizations", "The personalizations field is required and must have at least one."
        return
    if len(people) > _MAX_PEOPLE:
        yield "personalizations", "The personalizations field is limited to 1000."
    for index, person in enumerate(people):
        yield from _of_person(person, f"personalizations.{index}", now_seconds)
    yield from _of_addresses(people)
    yield from _of_message(body)
    yield from _of_settings(body)


def _of_person(person: Any, place: str, now_seconds: float) -> Iterator[Complaint]:
    if not isinstance(person, dict) or not isinstance(person.get("to"), list) or not person["to"]:
        yield f"{place}.to", "The to array is required for all personalization objects."
        return
    for field in _FIELDS:
        for index, party in enumerate(person.get(field) or []):
            yield from _of_party(party, f"{place}.{field}.{index}")
    for field in ("substitutions", "custom_args"):
        pairs = person.get(field) or {}
        if not isinstance(pairs, dict) or not all(isinstance(v, str) for v in pairs.values()):
            yield f"{place}.{field}", "The values must be strings."
        elif len(json.dumps(pairs, ensure_ascii=False).encode()) > _MAX_SMALL_BYTES + 6 * len(pairs):
            yield f"{place}.{field}", "The total size may not exceed 10,000 bytes."
    send_at = person.get("send_at", 0)
    if not isinstance(send_at, int) or send_at > now_seconds + _MAX_AHEAD_SECONDS:
        yield f"{place}.send_at", "Scheduling more than 72 hours in advance is forbidden."


def _of_party(party: Any, place: str) -> Iterator[Complaint]:
    address = party.get("email") if isinstance(party, dict) else None
    local, _, domain = address.rpartition("@") if isinstance(address, str) else ("", "", "")
    if not local or "." not in domain or any(c.isspace() for c in local + domain):
        yield f"{place}.email", f"Does not contain a valid address: [{address}]"
    elif not local.isascii():
        yield f"{place}.email", f"Unicode is not supported in [{address}]"
    name = party.get("name", "") if isinstance(party, dict) else ""
    if not isinstance(name, str) or any(c in ";,\r\n" for c in name):
        yield f"{place}.name", "The name may not contain a comma, a semicolon or a line end."


def _of_addresses(people: list[Any]) -> Iterator[Complaint]:
    seen: set[str] = set()
    total = 0
    for index, person in enumerate(people):
        for field in _FIELDS:
            for party in (person.get(field) or []) if isinstance(person, dict) else []:
                address = str(party.get("email") if isinstance(party, dict) else "").casefold()
                total += 1
                if address in seen:
                    place = f"personalizations.{index}.{field}"
                    yield place, f"Each address should be unique. First duplicate: [{address}] in {place}"
                seen.add(address)
    if total > _MAX_PEOPLE:
        yield "personalizations", "The total number of recipients is limited to 1000."


def _of_message(body: dict[str, Any]) -> Iterator[Complaint]:
    sender = body.get("from")
    if not isinstance(sender, dict) or not str(sender.get("email") or "").isascii():
        yield "from.email", "The from address is required and may not hold Unicode."
    elif "@" not in str(sender.get("email")):
        yield "from.email", "The from email does not contain a valid address."
    subject = body.get("subject")
    if not isinstance(subject, str) or not subject or any(c in subject for c in "\r\n"):
        yield "subject", "The subject is required and is one line."
    content = body.get("content")
    kinds = (
        [part.get("type") for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    )
    if not kinds or not all(isinstance(part.get("value"), str) and part["value"] for part in content or []):
        yield "content", "Unless a valid template_id is provided, the content parameter is required."
    if "text/plain" in kinds and kinds.index("text/plain") != 0:
        yield "content", "If present, text/plain must be first, followed by text/html."


def _of_settings(body: dict[str, Any]) -> Iterator[Complaint]:
    categories = body.get("categories") or []
    if len(categories) > 10 or len(set(categories)) != len(categories):  # noqa: PLR2004
        yield "categories", "Categories are limited to 10 and unique."
    on = [
        n
        for n, s in (body.get("mail_settings") or {}).items()
        if isinstance(s, dict) and s.get("enable") is True
    ]
    if "bypass_list_management" in on and any(name in on for name in _BYPASSES):
        yield "mail_settings.bypass_list_management", "It cannot be combined with other bypass filters."
