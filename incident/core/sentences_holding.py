"""The sentences about letters that the provider holds, and about single people whose letter was in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core import spans
from incident.core.said import NOTHING, Said, clean, people, say

_ASKED = {
    "pause": say("group.pause", "hold"),
    "cancel": say("group.cancel", "throw away"),
    "go_on": say("group.go_on", "go on with"),
}


def _opened(e: Any) -> Said:
    if e.reason is not None:
        return say(
            "group.none",
            "The provider gave no name to the letters, so they cannot be recalled there: {why}.",
            why=clean(e.reason),
        )
    return say(
        "group.opened",
        "The provider holds each letter for {n} minutes, under the name {name}.",
        n=str(e.minutes),
        name=e.group,
    )


def _asked(e: Any) -> Said:
    return say(
        "group.asked",
        "The provider was asked to {what} the letters it holds, and {did}{why}.",
        what=_ASKED.get(e.what, e.what),
        did=say("group.did", "did") if e.reason is None else say("group.did_not", "did not"),
        why=NOTHING if e.reason is None else say("group.why", ": {why}", why=clean(e.reason)),
    )


def _resolved(e: Any) -> Said:
    return say(
        "resolved.people",
        "The doubt about {people} of batch {batch} was settled, {found}: {how}.",
        people=people(spans.size(e.child.positions)),
        batch=str(e.batch),
        found=say("resolved.people.taken", "the mail provider has their letters")
        if e.accepted
        else say("resolved.people.missed", "the mail provider certainly does not have their letters"),
        how=clean(e.how),
    )


HOLDING: Mapping[str, Callable[[Any], Said]] = {
    "group:opened": _opened,
    "group:asked": _asked,
    "deliveries:resolved": _resolved,
}
"""How each of these kinds is said."""
