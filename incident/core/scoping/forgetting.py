"""Leave one person out of the header of a frozen cohort: likenesses, conflicts, and a question that named them.

Pure; the header is a line of JSON as `cohort` writes it. Counts stay: they name nobody. Keeping it is left to others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from incident.core.documents import canonical

GONE = "erased"
_LISTS = ("suggestions", "conflicts")
_NAMING = ("include", "exclude", "apart")


def identities(record: bytes) -> frozenset[str]:
    """Return everything by which a question can name the person of this record; nothing for a record that is erased."""
    if not record:
        return frozenset()
    said = json.loads(record)
    values = {str(value) for _, value, *_ in said["identities"]}
    return frozenset({*values, *(str(said[name]) for name in ("email", "phone") if said[name])})


def without_person(header: bytes, pseudonym: str, known_by: Collection[str]) -> bytes:
    """Return the header without the person; the same bytes where it does not name them."""
    said: dict[str, Any] = json.loads(header)
    for name in _LISTS:
        said[name] = [one for one in said.get(name, []) if pseudonym not in one[2]]
    said["question"] = _question(said.get("question", {}), known_by)
    fresh = canonical(said)
    return header if canonical(json.loads(header)) == fresh else fresh


def names(question: Mapping[str, Any], known_by: Collection[str]) -> bool:
    """Say whether a question names somebody by one of these."""
    return _question(question, known_by) != question


def _question(question: Mapping[str, Any], known_by: Collection[str]) -> dict[str, Any]:
    changed = dict(question)
    for name in _NAMING:
        if name in changed:
            changed[name] = [
                {**one, "value": GONE} if one["value"] in known_by else one for one in changed[name]
            ]
    if "merges" in changed:
        changed["merges"] = [
            {**one, **{side: [one[side][0], GONE] for side in ("left", "right") if one[side][1] in known_by}}
            for one in changed["merges"]
        ]
    return changed
