"""The sentences of the plan and the watch: the latest safe send, pages, what people decided about the sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.said import NOTHING, Joined, Said, Term, clean, people, say, status_of
from incident.core.wording import status

WOKEN = {
    "on_call": say("woken.on_call", "On-call was"),
    "officer": say("woken.officer", "On-call and the officers were"),
    "all": say("woken.all", "Everybody was"),
}
_STAGES = {
    "seeds": say("stage.seeds", "letters to our own mailboxes"),
    "slice": say("stage.slice", "first slice"),
}


def _plan(e: Any) -> Said:
    if e.latest_safe_at is None:
        return say("plan.none", "The latest safe send was worked out anew: {working}.", working=e.working)
    return say(
        "plan",
        "The latest safe send is {at}{late}: {working}.",
        at=e.latest_safe_at,
        late=say("plan.past", ", which is past") if e.standing == "past_safe_send" else NOTHING,
        working=e.working,
    )


def _page(e: Any) -> Said:
    if not e.reached:
        return say("page.failed", "Paging failed on every channel: {what}.", what=clean(e.sentence))
    return say(
        "page",
        "{whom} paged{again}: {what}.",
        whom=WOKEN.get(e.to, WOKEN["on_call"]),
        again=say("page.again", " for the {n}. time", n=str(e.times)) if e.times > 1 else NOTHING,
        what=clean(e.sentence),
    )


def _tried(e: Any) -> Said:
    return say(
        "tried",
        "{people} were tried by {channel} in vain on {at}. {note}.",
        people=people(len(e.positions)),
        channel=status_of(e.channel),
        at=e.happened_at,
        note=clean(e.note),
    )


def _searched(e: Any) -> Said:
    return say(
        "searched",
        "Batch {batch}, attempt {attempt}, was looked up in the {where}: {found}{why}.",
        batch=str(e.batch),
        attempt=str(e.attempt),
        where=status_of(e.where),
        found=_found(e),
        why=say("searched.why", "; {why}", why=clean(e.reason)) if e.reason else NOTHING,
    )


def _found(e: Any) -> Said:
    if e.taken:
        return say("searched.taken", "a letter of it is there")
    if not e.missed:
        return say("searched.unclear", "without a clear answer")
    early = NOTHING if e.past_lag else say("searched.early", ", which shows nothing this early")
    asked = people(e.asked)
    if e.missed == 1:
        return say(
            "searched.one", "{n} of {asked} asked about is not there{early}", n="1", asked=asked, early=early
        )
    return say(
        "searched.several",
        "{n} of {asked} asked about are not there{early}",
        n=str(e.missed),
        asked=asked,
        early=early,
    )


def _seeded(e: Any) -> Said:
    wrong = Joined(e.findings, "; ")
    return say(
        "seeded",
        "Our own mailboxes were sent {letters} letters, {taken} were taken{wrong}.",
        letters=str(e.letters),
        taken=str(e.taken),
        wrong=say("seeded.wrong", "; {wrong}", wrong=wrong) if wrong else NOTHING,
    )


def subject(code: str) -> str:
    """Say what a page is about."""
    family, _, rest = code.partition(":")
    words = Term("subject", family, status(family))
    return say("about", "{what} ({which})", what=words, which=rest.replace("_", " ")) if rest else words


GOING: Mapping[str, Callable[[Any], Said]] = {
    "send_plan:determined": _plan,
    "page:sent": _page,
    "page:acknowledged": lambda e: say(
        "page.acknowledged",
        "The page about {what} was taken notice of: {note}.",
        what=subject(e.subject),
        note=clean(e.note),
    ),
    "deliveries:tried": _tried,
    "batch:searched": _searched,
    "canary:planned": lambda e: say(
        "canary.planned",
        "Nothing goes to everybody at once: first {seeds} mailboxes of our own, then {people}.",
        seeds=str(e.seeds),
        people=people(e.slice_people),
    ),
    "canary:intended": lambda e: say(
        "canary.intended", "{n} letters to our own mailboxes are about to leave.", n=str(e.letters)
    ),
    "canary:sent": _seeded,
    "canary:observed": lambda e: say(
        "canary.observed", "The letters arrived at our own mailboxes: {how}.", how=clean(e.how)
    ),
    "canary:passed": lambda e: say(
        "canary.passed",
        "The {stage} passed: {why}.",
        stage=_STAGES.get(e.stage, e.stage),
        why=clean(e.reason),
    ),
    "canary:failed": lambda e: say(
        "canary.failed",
        "The {stage} did not pass, and nothing more goes: {wrong}.",
        stage=_STAGES.get(e.stage, e.stage),
        wrong=Joined(e.findings, "; "),
    ),
    "notice:paused": lambda e: say("paused", "Sending is paused: {why}.", why=clean(e.reason)),
    "notice:halted": lambda e: say("halted", "Sending was stopped for good: {why}.", why=clean(e.reason)),
    "deliveries:exported": lambda e: say(
        "contacts",
        "The contacts of {people} were written out for {channel}, hash {hash}.",
        people=people(e.people),
        channel=status_of(e.channel),
        hash=e.sha256[:12],
    ),
    "page:cleared": lambda e: say(
        "cleared", "What was paged about is over: {what}.", what=subject(e.subject)
    ),
}
"""How each of these kinds is said."""
