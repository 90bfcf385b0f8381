"""What SendGrid's answers mean, by one literal table; everything not in it is a doubt.

The reason of a refusal keeps the provider's field names and loses whatever could name a person.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING

import orjson

from incident.core.mailing import (
    Accepted,
    Batch,
    NotSent,
    Outcome,
    RateLimit,
    Refused,
    Split,
    Stop,
    Uncertain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Meaning(Enum):
    """What an HTTP status says about a request to send."""

    TAKEN = auto()
    TAKEN_IN_SANDBOX = auto()
    REFUSED = auto()
    STOP = auto()
    SPLIT = auto()
    LATER = auto()
    DOUBT = auto()


MEANINGS = MappingProxyType(
    {
        202: Meaning.TAKEN,
        200: Meaning.TAKEN_IN_SANDBOX,
        400: Meaning.REFUSED,
        401: Meaning.STOP,  # the key
        403: Meaning.STOP,  # the sender or the account; also a block after repeated bad requests
        404: Meaning.STOP,  # the host
        405: Meaning.STOP,
        413: Meaning.SPLIT,
        415: Meaning.STOP,
        429: Meaning.LATER,
        451: Meaning.STOP,  # the account may not send for now
    }
)
_INDEX = re.compile(r"personalizations\.(\d{1,4})(?:\.|$)")
_MAY_NAME_SOMEBODY = re.compile(r"\S*@\S*|\[[^\]]*\]|\"[^\"]*\"|'[^']*'|<[^>]*>")
_MAX_REASON = 300
_MAX_WAIT_SECONDS = 86_400.0


def outcome(
    status: int, headers: Mapping[str, str], content: bytes, *, batch: Batch, sandbox: bool
) -> Outcome:
    """Return what an answer to a request to send `batch` means; `headers` by lower-case name."""
    rate = rate_limit(headers)
    match MEANINGS.get(status, Meaning.DOUBT):
        case Meaning.TAKEN:
            return Accepted(headers.get("x-message-id"), _date(headers.get("date")), rate)
        case Meaning.TAKEN_IN_SANDBOX if sandbox:
            return Accepted(None, _date(headers.get("date")), rate)
        case Meaning.REFUSED:
            reason, indexes = _complaints(content, batch)
            return Refused(reason, indexes, rate)
        case Meaning.STOP:
            return Stop(f"the provider answered {status}: {_complaints(content, batch)[0]}", rate)
        case Meaning.SPLIT:
            return Split("the provider calls the request too large (413)", rate)
        case Meaning.LATER:
            return NotSent("the provider asks to slow down (429)", retry_seconds(headers), rate)
        case Meaning.DOUBT | Meaning.TAKEN_IN_SANDBOX:
            return Uncertain(f"the provider answered {status}", rate)


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return what X-RateLimit-* said; None when nothing. Reset is taken as seconds since 1970."""
    limit, remaining = _whole(headers.get("x-ratelimit-limit")), _whole(headers.get("x-ratelimit-remaining"))
    reset = _whole(headers.get("x-ratelimit-reset"))
    if limit is remaining is reset is None:
        return None
    return RateLimit(limit, remaining, None if reset is None else datetime.fromtimestamp(reset, UTC))


def retry_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait: Retry-After as seconds or date, else Reset; dates count from `Date`."""
    asked, now = headers.get("retry-after"), _date(headers.get("date"))
    seconds = _whole(asked)
    if seconds is not None:
        return min(float(seconds), _MAX_WAIT_SECONDS)
    rate = rate_limit(headers)
    until = _date(asked) or (rate.reset_at if rate else None)
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), _MAX_WAIT_SECONDS)


def _complaints(content: bytes, batch: Batch) -> tuple[str, tuple[int, ...] | None]:
    """Return a reason without personal data, and the recipients to blame where each complaint names one."""
    try:
        errors = orjson.loads(content)["errors"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "no reason that could be read", None
    listed = [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    if not listed:
        return "no reason that could be read", None
    reason = "; ".join(dict.fromkeys(_sentences(listed, batch)))[:_MAX_REASON]
    places = [_INDEX.match(str(error.get("field") or "")) for error in listed]
    blamed = tuple(sorted({int(place[1]) for place in places if place}))
    certain = all(places) and all(i < len(batch.recipients) for i in blamed)
    return reason, blamed if certain else None


def _sentences(errors: list[dict[str, object]], batch: Batch) -> Iterator[str]:
    for error in errors:
        field = re.sub(r"[^A-Za-z0-9_.]", "", str(error.get("field") or ""))[:80]
        message = _MAY_NAME_SOMEBODY.sub("...", str(error.get("message") or ""))
        if _names_somebody(message, batch):
            message = "a reason that named somebody"
        yield f"{field}: {message}" if field else message


def _names_somebody(message: str, batch: Batch) -> bool:
    text = message.casefold()
    return any(
        value.casefold() in text
        for recipient in batch.recipients
        for value in (recipient.address, recipient.name, *recipient.substitutions.values())
        if value
    )


def _whole(text: str | None) -> int | None:
    """Return a whole number of at most ten digits, else None."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,10}", text.strip()) else None


def _date(text: str | None) -> datetime | None:
    """Return an HTTP date, aware, in UTC; None when it is none."""
    try:
        parsed = parsedate_to_datetime(text or "")
    except (TypeError, ValueError):
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
