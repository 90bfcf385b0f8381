"""Residence hints from postal addresses and cards, as customers and payment pages write them.

United States codes: ISO 3166-2:US, the states, the District of Columbia and the territories that are also
sent as states.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from incident.adapters.systems.scalars import text
from incident.core.scoping.records import Confidence, ResidenceHint

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia
FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky
LA Louisiana|ME Maine
MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska
NV Nevada
NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio
OK Oklahoma|OR Oregon
PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VT Vermont|VA Virginia
WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa|GU Guam|MP Northern Mariana Islands
PR Puerto Rico|VI Virgin Islands
"""
_BY_NAME = {
    word.partition(" ")[2].lower(): word.partition(" ")[0]
    for line in _STATES.split("\n")
    for word in line.split("|")
    if word
}
_CODES = frozenset(_BY_NAME.values())
_CITY_WITH_STATE = re.compile(r".+,\s*([A-Z]{2})")
_COUNTRY = re.compile(r"[A-Z]{2}")


def address_hint(address: Mapping[str, Any], source: str) -> ResidenceHint | None:
    """Return where an address lies, or None when it names no country.

    A state written into the city is taken with less confidence, and the hint says so.
    """
    country = (text(address, "country") or "").upper()
    if not _COUNTRY.fullmatch(country):
        return None
    state = text(address, "state")
    if country != "US":
        return ResidenceHint(source, country, None, Confidence.HIGH)
    if state:
        code = state.upper() if state.upper() in _CODES else _BY_NAME.get(state.lower())
        return ResidenceHint(source, country, f"US-{code}" if code else None, Confidence.HIGH)
    in_city = _CITY_WITH_STATE.fullmatch(text(address, "city") or "")
    if in_city and in_city[1] in _CODES:
        note = "the state is written in the city field"
        return ResidenceHint(source, country, f"US-{in_city[1]}", Confidence.MEDIUM, note)
    return ResidenceHint(source, country, None, Confidence.HIGH, "no state is given")


def card_country_hint(country: str | None) -> ResidenceHint | None:
    """Return the issuer's country: weak, people carry foreign cards."""
    code = (country or "").upper()
    return ResidenceHint("card country", code, None, Confidence.LOW) if _COUNTRY.fullmatch(code) else None
