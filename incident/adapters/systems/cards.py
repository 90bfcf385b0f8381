"""What payment records show of a card: brand, last four digits, expiry, country. Never more: no export holds numbers.

A detail that cannot be read is left out; it costs nobody their row.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from incident.core.scoping.records import Card

if TYPE_CHECKING:
    from collections.abc import Mapping

_BRAND = re.compile(r"[A-Za-z][A-Za-z _-]{0,30}")
_LAST4 = re.compile(r"[0-9]{4}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")
_MONTHS = 12


def card_of(card: Mapping[str, Any]) -> tuple[Card, ...]:
    """Return the card of an API object: none when it shows nothing."""
    return _card(
        card.get("brand"), card.get("last4"), card.get("exp_month"), card.get("exp_year"), card.get("country")
    )


def card_of_row(row: Mapping[str, str]) -> tuple[Card, ...]:
    """Return the card of a dashboard row."""
    names = ("Card Brand", "Card Last4", "Card Exp Month", "Card Exp Year", "Card Issue Country")
    return _card(*(row.get(name) for name in names))


def _card(brand: object, last4: object, month: object, year: object, country: object) -> tuple[Card, ...]:
    found = Card(
        _fitting(_BRAND, brand).lower(), _fitting(_LAST4, last4), _month(month, year),
        _fitting(_COUNTRY, country).upper(),
    )  # fmt: skip
    return (found,) if found.last4 or found.expires else ()


def _fitting(pattern: re.Pattern[str], value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if pattern.fullmatch(text) else ""


def _month(month: object, year: object) -> str:
    digits = [str(value).strip() for value in (month, year)]
    if not all(each.isascii() and each.isdigit() for each in digits) or len(digits[1]) != len("2028"):
        return ""
    number = int(digits[0][:3])
    return f"{digits[1]}-{number:02d}" if 1 <= number <= _MONTHS else ""
