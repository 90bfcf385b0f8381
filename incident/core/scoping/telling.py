"""Say why somebody is told or left out, from the frozen record; holds no name and no address."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from incident.core.letters import exposure_text
from incident.core.said import NOTHING, Joined, Said, Term, say
from incident.core.scoping.question import RANK, Certainty


def why_record(record: bytes) -> tuple[Said, ...]:
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


def _lines(person: Mapping[str, Any]) -> Iterator[Said]:
    yield say("why.is", "{person} is {certainty}", person=person["person"], certainty=_level(person))
    for each in person["exposures"]:
        yield say(
            "why.exposure",
            "{certainty}: {system}, {reason}: {data}{where}{note}",
            certainty=_level(each),
            system=_system(each),
            reason=each["reason"],
            data=Joined(Term("category", one, one) for one in each["categories"])
            or say("why.no_categories", "categories not known"),
            where=_where(each),
            note=_note(each),
        )
    for each in person["exclusions"]:
        yield say(
            "why.no_exposure",
            "no exposure: {system}, {reason}{where}{note}",
            system=_system(each),
            reason=each["reason"],
            where=_where(each),
            note=_note(each),
        )
    yield _home(person["residence"])
    for reason in person["joined_by"]:
        yield say("why.joined", "records joined by {reason}", reason=reason)


def _home(home: Mapping[str, Any]) -> Said:
    confidence, code = home["confidence"], home["jurisdiction"]
    return say(
        "why.lives",
        "lives in {place} ({confidence}: {source}){note}",
        place=Term("place", code, code),
        confidence=Term("confidence", confidence, confidence)
        if confidence
        else say("why.no_source", "no source"),
        source=home["source"] or say("why.nothing_says", "nothing says where"),
        note=_note(home),
    )


def _level(each: Mapping[str, Any]) -> Term:
    return Term("certainty", each["certainty"], each["certainty"])


def _system(each: Mapping[str, Any]) -> str:
    return each["system"] or say("why.by_hand", "by hand")


def _where(each: Mapping[str, Any]) -> Said:
    if not each["rows"]:
        return NOTHING
    rows = ", ".join(str(row) for row in each["rows"])
    more = each["row_count"] - len(each["rows"])
    seen = each["sha256"][:12]
    if more > 0:
        return say(
            "why.where_more", "; evidence {evidence}, row {rows} and {more} more",
            evidence=seen, rows=rows, more=str(more),
        )  # fmt: skip
    return say("why.where", "; evidence {evidence}, row {rows}", evidence=seen, rows=rows)


def _note(each: Mapping[str, Any]) -> Said:
    return say("why.note", "; {note}", note=each["note"]) if each.get("note") else NOTHING
