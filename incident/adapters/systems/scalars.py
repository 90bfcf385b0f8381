"""Values out of untrusted rows, typed or refused with the field's name.

And the loop that sets broken rows aside.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, TypeVar

from incident.core.scoping.records import AddressPrecision
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from incident.core.scoping.reader import ReadReport

_Row = TypeVar("_Row")
_Made = TypeVar("_Made")
_LAST_SECOND = 253_402_300_799  # 9999-12-31
_MILLI, _MICRO = 1_000, 1_000_000
_V6_HOST_BITS = 64
_LONGEST_ID = 256
_LONGEST_NUMBER = 20  # digits of 64 bits


def convert_rows(
    rows: Iterator[tuple[int, _Row]], convert: Callable[[int, _Row], _Made | None], report: ReadReport
) -> Iterator[_Made]:
    """Yield what `convert` makes of each row; rows it refuses are set aside with field and reason."""
    for row, item in rows:
        try:
            made = convert(row, item)
        except BadInputError as error:
            report.set_aside(row, f"{error.field}: {error.reason}" if error.field else error.reason)
        else:
            if made is not None:
                yield made


def text(table: Mapping[str, Any], name: str) -> str | None:
    """Return a text, or None when it is absent, null or blank."""
    value = table.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadInputError("is not a text", field=name)
    return value.strip() or None


def required_id(table: Mapping[str, Any], name: str) -> str:
    """Return an id: a text of 1 to 256 characters."""
    value = text(table, name)
    if value is None or len(value) > _LONGEST_ID:
        raise BadInputError("is missing or too long", field=name)
    return value


def table_of(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object, empty when it is absent or null."""
    value = table.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInputError("is not an object", field=name)
    return value


def tables_of(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects, empty when it is absent or null."""
    value = table.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise BadInputError("is not a list of objects", field=name)
    return value


def truth(table: Mapping[str, Any], name: str) -> bool | None:
    """Return a boolean, None when it is absent; CSV writes it as a word."""
    value = table.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in {"true", "false"}:
        raise BadInputError("is neither true nor false", field=name)
    return word == "true"


def whole_number(value: object, name: str) -> int:
    """Return a whole number from a number or its digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) < _LONGEST_NUMBER and value.strip().lstrip("-").isdecimal():
        return int(value)
    raise BadInputError("is not a whole number", field=name)


def epoch_instant(value: object, name: str, *, per_second: int = 1) -> datetime:
    """Return the instant of a Unix time in seconds, milliseconds (1000) or microseconds (1000000)."""
    count = whole_number(value, name)
    seconds, part = divmod(count, per_second)
    if not 0 <= seconds <= _LAST_SECOND:
        raise BadInputError("is not a time that can be", field=name)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=part * (_MICRO // per_second))


def iso_instant(value: object, name: str, *, assume_utc: bool = False) -> datetime:
    """Return an ISO 8601 instant; a missing zone is refused unless the format is documented as UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None:
        raise BadInputError("is not an instant", field=name)
    if at.tzinfo is None:
        if not assume_utc:
            raise BadInputError("has no time zone", field=name)
        return at.replace(tzinfo=UTC)
    return at.astimezone(UTC)


@lru_cache(maxsize=1 << 16)
def seen_address(value: str | None) -> tuple[str | None, AddressPrecision]:
    """Return a logged address and how much of it is shown.

    Zeroed tails are taken as masks, words as withheld.

    Masks as the CDN applies them: the last octet of IPv4, the last 64 bits of IPv6; all zero when dropped.
    """
    try:
        address = ip_address((value or "").strip())
    except ValueError:
        return None, AddressPrecision.WITHHELD
    number = int(address)
    if not number:
        return None, AddressPrecision.WITHHELD
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return seen_address(str(address.ipv4_mapped))
        masked = not number & ((1 << _V6_HOST_BITS) - 1)
        return str(address), AddressPrecision.MASKED_64 if masked else AddressPrecision.EXACT
    return str(address), AddressPrecision.EXACT if number & 0xFF else AddressPrecision.MASKED_24
