"""Say why somebody is told or left out, from the frozen record; holds no name and no address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def why_record(record: bytes) -> tuple[str, ...]:
    """Return the reasons in a frozen person record (`cohort.person_document` as JSON), one line each."""
    return tuple(_lines(json.loads(record)))


def _lines(person: Mapping[str, Any]) -> Iterator[str]:
    yield f"{person['person']} is {person['certainty']}"
    for each in person["exposures"]:
        held = ", ".join(each["categories"]) or "categories not known"
        what = f"{each['certainty']}: {each['system'] or 'by hand'}, {each['reason']}: {held}"
        yield what + _where(each) + _note(each)
    for each in person["exclusions"]:
        yield f"no exposure: {each['system'] or 'by hand'}, {each['reason']}" + _where(each) + _note(each)
    home = person["residence"]
    confidence = home["confidence"] or "no source"
    yield f"lives in {home['jurisdiction']} ({confidence}: {home['source'] or 'nothing says where'})" + _note(
        home
    )
    for reason in person["joined_by"]:
        yield f"records joined by {reason}"


def _where(each: Mapping[str, Any]) -> str:
    if not each["rows"]:
        return ""
    rows = ", ".join(str(row) for row in each["rows"])
    more = each["row_count"] - len(each["rows"])
    return f"; evidence {each['sha256'][:12]}, row {rows}" + (f" and {more} more" if more > 0 else "")


def _note(each: Mapping[str, Any]) -> str:
    return f"; {each['note']}" if each.get("note") else ""
