"""The sentences of the plan and the watch: the latest safe send, pages, what people decided about the sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.spoken_times import when
from incident.core.wording import status

WOKEN = {"on_call": "On-call was", "officer": "On-call and the officers were", "all": "Everybody was"}


def _plan(e: Any) -> str:
    if e.latest_safe_at is None:
        return f"The latest safe send was worked out anew: {e.working}."
    late = ", which is past" if e.standing == "past_safe_send" else ""
    return f"The latest safe send is {when(e.latest_safe_at)}{late}: {e.working}."


def _page(e: Any) -> str:
    whom = WOKEN.get(e.to, "On-call was")
    if not e.reached:
        return f"Paging failed on every channel: {clean(e.sentence)}."
    again = f" for the {e.times}. time" if e.times > 1 else ""
    return f"{whom} paged{again}: {clean(e.sentence)}."


def _tried(e: Any) -> str:
    whom = people(len(e.positions))
    return f"{whom} were tried by {status(e.channel)} in vain on {when(e.happened_at)}. {clean(e.note)}."


def _searched(e: Any) -> str:
    if e.taken:
        found = "a letter of it is there"
    elif e.missed:
        found = f"{e.missed} of {people(e.asked)} asked about {'is' if e.missed == 1 else 'are'} not there"
        found += "" if e.past_lag else ", which shows nothing this early"
    else:
        found = "without a clear answer"
    why = f"; {clean(e.reason)}" if e.reason else ""
    return f"Batch {e.batch}, attempt {e.attempt}, was looked up in the {status(e.where)}: {found}{why}."


_ASKED = {"pause": "hold", "cancel": "throw away", "go_on": "go on with"}


def _group(e: Any) -> str:
    if e.reason is not None:
        return (
            f"The provider gave no name to the letters, so they cannot be recalled there: {clean(e.reason)}."
        )
    return f"The provider holds each letter for {e.minutes} minutes, under the name {e.group}."


def _asked(e: Any) -> str:
    did = "and did" if e.reason is None else f"and did not: {clean(e.reason)}"
    return f"The provider was asked to {_ASKED.get(e.what, e.what)} the letters it holds, {did}."


_STAGES = {"seeds": "letters to our own mailboxes", "slice": "first slice"}


def _seeded(e: Any) -> str:
    wrong = f"; {'; '.join(e.findings)}" if e.findings else ""
    return f"Our own mailboxes were sent {e.letters} letters, {e.taken} were taken{wrong}."


def people(count: int) -> str:
    """Count people."""
    return f"{count:,} {'person' if count == 1 else 'people'}"


def clean(text: str) -> str:
    """Return the text on one line, without its last full stop."""
    return " ".join(text.split()).rstrip(".")


def subject(code: str) -> str:
    """Say what a page is about."""
    family, _, rest = code.partition(":")
    return f"{status(family)} ({rest.replace('_', ' ')})" if rest else status(family)


GOING: Mapping[str, Callable[[Any], str]] = {
    "send_plan:determined": _plan,
    "page:sent": _page,
    "page:acknowledged": lambda e: (
        f"The page about {subject(e.subject)} was taken notice of: {clean(e.note)}."
    ),
    "deliveries:tried": _tried,
    "batch:searched": _searched,
    "group:opened": _group,
    "group:asked": _asked,
    "canary:planned": lambda e: (
        f"Nothing goes to everybody at once: first {e.seeds} mailboxes of our own, then {people(e.slice_people)}."
    ),
    "canary:intended": lambda e: f"{e.letters} letters to our own mailboxes are about to leave.",
    "canary:sent": _seeded,
    "canary:observed": lambda e: f"The letters arrived at our own mailboxes: {clean(e.how)}.",
    "canary:passed": lambda e: f"The {_STAGES.get(e.stage, e.stage)} passed: {clean(e.reason)}.",
    "canary:failed": lambda e: (
        f"The {_STAGES.get(e.stage, e.stage)} did not pass, and nothing more goes: {'; '.join(e.findings)}."
    ),
    "notice:paused": lambda e: f"Sending is paused: {clean(e.reason)}.",
    "notice:halted": lambda e: f"Sending was stopped for good: {clean(e.reason)}.",
    "deliveries:exported": lambda e: (
        f"The contacts of {people(e.people)} were written out for {status(e.channel)}, hash {e.sha256[:12]}."
    ),
    "page:cleared": lambda e: f"What was paged about is over: {subject(e.subject)}.",
}
"""How each of these kinds is said."""
