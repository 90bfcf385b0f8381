"""Say why somebody is told or left out, from the frozen record; holds no name and no address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from incident.core.letters import exposure_text
from incident.core.scoping.question import RANK, Certainty


def why_record(record: bytes) -> tuple[str, ...]:
    """Return the reasons in a frozen person record (`cohort.person_document` as JSON), one line each."""
    return tuple(_lines(json.loads(record)))


def exposure_of(person: Mapping[str, Any]) -> str:
    """Return the exposure profile that a frozen person record amounts to: the strongest certainty by category.

    What the evidence could neither show nor rule out is possible.
    """
    strongest: dict[str, Certainty] = {}
    for each in person["exposures"]:
        level = Certainty(each["certainty"])
        levels = [(name, level) for name in each["categories"]]
        levels += [(name, Certainty.POSSIBLE) for name in each["unseen"]]
        for name, found in levels:
            present = strongest.get(name)
            if present is None or RANK[found] < RANK[present]:
                strongest[name] = found
    return exposure_text((name, level.value) for name, level in strongest.items())


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
