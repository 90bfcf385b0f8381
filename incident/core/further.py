"""Further letters to some people of a notice: a correction, a second address, the rest that was not handed over.

Each is a notice of its own, with letters, approval, intents and deliveries of its own. Whoever is taken over is owed a
letter by the further notice alone, so that everybody is owed one by one notice at any time. A correction takes nobody
over: who got the wrong letter was told, wrongly, and is owed the right one besides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from incident.core import events as e
from incident.core.deliveries import UNSENT, DeliveryState
from incident.core.people import DeliveryRow
from incident.core.said import Said, people, say
from incident.core.state import Approval, Incident, Notice

_S = DeliveryState


class Kind(StrEnum):
    """Why somebody gets a further letter."""

    CORRECTION = "correction"
    SECOND_ADDRESS = "second_address"
    UNSENT = "unsent"


GOT_IT = frozenset({_S.ACCEPTED, _S.PROCESSED, _S.DEFERRED, _S.DELIVERED, _S.SPAM_REPORTED})
"""Who has the letter of a notice, or will have it."""
GOT_IT_BY = frozenset({"letter", "second_address"})
"""Other channels that carried the letter itself."""
CAME_BACK = frozenset(
    {_S.REFUSED, _S.DROPPED, _S.BLOCKED, _S.BOUNCED, _S.NO_ADDRESS, _S.OTHER_CHANNEL_PLANNED}
)
"""Whom another address of theirs may reach."""
_DOUBT = frozenset({_S.INTENT.value, _S.UNCERTAIN.value})
_WAITS = frozenset(state.value for state in UNSENT)


def owes(kind: Kind, notice: Notice, row: DeliveryRow, *, letter_id: str | None = None) -> bool:
    """Whether somebody is to get a further letter of this kind, as their delivery stands."""
    state = DeliveryState(row.state)
    match kind:
        case Kind.CORRECTION:
            otherwise = state is _S.TOLD_OTHERWISE and row.reason in GOT_IT_BY
            return row.letter_id == (letter_id or row.letter_id) and (state in GOT_IT or otherwise)
        case Kind.SECOND_ADDRESS:
            return state in CAME_BACK and "second_address" not in notice.tried.get(row.position, frozenset())
        case Kind.UNSENT:
            return state is _S.CANCELLED or state in UNSENT


def why_not_yet(kind: Kind, state: Incident, notice: Notice, *, by_letter: Mapping[str, int]) -> str | None:
    """Return why further letters cannot be proposed now; `by_letter` counts those concerned by delivery state."""
    if kind is Kind.SECOND_ADDRESS and by_second_address(state, notice):
        return "these letters went to second addresses already"
    if kind is Kind.UNSENT:
        return None
    waiting = sum(n for s, n in by_letter.items() if s in _WAITS)
    if kind is Kind.CORRECTION and waiting and notice.halted_because is None:
        return (
            f"{waiting} people would still be sent the wrong letter: stop that with `tocsin send --stop`; "
            "`tocsin letters unsent` then writes to them"
        )
    doubts = sum(n for s, n in by_letter.items() if s in _DOUBT)
    if kind is Kind.CORRECTION and doubts:
        return f"whether {doubts} people have the wrong letter is in doubt; settle that first"
    return None


def by_second_address(state: Incident, notice: Notice) -> bool:
    """Whether a notice goes to second addresses."""
    proposed = state.further.get(notice.plan.approval_id)
    return proposed is not None and proposed.kind == Kind.SECOND_ADDRESS


def present_letter(state: Incident, notice: Notice, letter_id: str) -> e.LetterDrafted:
    """Return what somebody of a notice is told now: the approved correction of their letter, where there is one.

    For those whom the letter never reached: on paper they are not told again what was found to be wrong.
    """
    for other in reversed(state.notices.values()):
        proposed = state.further.get(other.plan.approval_id)
        if proposed is None or (proposed.kind, proposed.of_notice) != (
            Kind.CORRECTION,
            notice.plan.notice_id,
        ):
            continue
        if letter_id in other.letters:
            return other.letters[letter_id]
    return notice.letters[letter_id]


def part_sha256(commitment: str, proposed: e.FurtherProposed) -> str:
    """Hash whom an approval is about: some people of a frozen cohort, and which address of theirs is meant."""
    part = [commitment, proposed.kind, proposed.of_notice, proposed.positions]
    return hashlib.sha256(json.dumps(part, separators=(",", ":")).encode()).hexdigest()


def waiting(state: Incident) -> tuple[tuple[str, e.FurtherProposed], ...]:
    """Return the further letters that are proposed or approved and not laid out: by approval id."""
    used = {notice.plan.approval_id for notice in state.notices.values()}
    return tuple(
        (i, one)
        for i, one in state.further.items()
        if i not in used and state.approvals[i].voided_because is None
    )


def to_do(state: Incident) -> Iterator[tuple[bool, Said, str]]:
    """Say what comes next for each further letters that wait: whether they are approved, the words, the approval."""
    for approval_id, one in waiting(state):
        whom = people(one.people)
        if state.approvals[approval_id].granted:
            yield (
                True,
                say("do.lay_out_further", "lay the further letters to {people} out in batches", people=whom),
                approval_id,
            )
        else:
            yield False, _second_person(one.people), approval_id


def _second_person(number: int) -> Said:
    return say(
        "do.approve_further",
        "a second person reads and approves the further letters to {people}",
        people=people(number),
    )


def asked(state: Incident, triple: str | None = None) -> Approval | None:
    """Return the approval that waits: by what somebody read, else the present one, else the only further one."""
    present = state.approval
    waits = present is not None and not present.granted
    if waits and present is not None and (triple is None or present.request.triple.startswith(triple)):
        return present
    open_ones = [state.approvals[i] for i, _one in waiting(state) if not state.approvals[i].granted]
    if triple is not None:
        return next((a for a in open_ones if a.request.triple.startswith(triple)), None)
    return open_ones[0] if len(open_ones) == 1 else None


def says_the_same(proposed: Iterable[e.LetterDrafted], sent: Mapping[str, e.LetterDrafted]) -> bool:
    """Whether every letter would read as the one that was sent."""
    return all(d.letter_id in sent and sent[d.letter_id].sha256 == d.sha256 for d in proposed)
