"""The sentences about further letters: proposed to whom and why, and whom they take over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core import spans
from incident.core.said import Said, clean, people, say

_KINDS = {
    "correction": say("further.correction", "corrected letters to those who got a wrong one"),
    "second_address": say("further.second_address", "letters to second addresses"),
    "unsent": say("further.unsent", "letters to those to whom nothing was handed over"),
}


def _proposed(e: Any) -> Said:
    return say(
        "further.proposed",
        "Further letters were proposed, {kind}: {people} of {notice}. Reason: {why}.",
        kind=_KINDS.get(e.kind, e.kind),
        people=people(e.people),
        notice=e.of_notice,
        why=clean(e.reason),
    )


def _followed(e: Any) -> Said:
    return say(
        "further.followed",
        "{people} of {notice} are written to again by {by}.",
        people=people(spans.size(e.positions)),
        notice=e.notice_id,
        by=e.by_notice,
    )


FURTHER: Mapping[str, Callable[[Any], Said]] = {
    "further:proposed": _proposed,
    "deliveries:followed": _followed,
}
"""How each of these kinds is said."""
