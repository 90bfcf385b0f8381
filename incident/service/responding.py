"""Advance an incident: ask the agenda, perform what is Tocsin's to do, leave the rest to people.

Level-triggered: nothing is remembered between calls but the ledger. One run works on an incident at a time, by a
lease in the database; a run that dies loses it, and the next one picks up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from incident.core.actors import TOCSIN
from incident.core.agenda import Action, Do, agenda
from incident.core.decide import scope
from incident.core.state import Incident
from incident.errors import LeaseHeldError, RefusedError, TocsinError
from incident.ports import FlowStarter
from incident.service import (
    ahead,
    approving,
    filing,
    further_planning,
    letters,
    letting_go,
    looking_up,
    obligations,
    paging,
    planning,
    postmortem,
    resolving,
    sending,
    settling,
)
from incident.service.house import House, record, view
from incident.service.notices import the_notice

Progress = Callable[[int, int], None]
BY_POLICY = "{n} batches in doubt are sent again by policy, as possible duplicates"


@dataclass(frozen=True, slots=True)
class Advance:
    """What one run did, and what the incident waits for now."""

    status: Literal["waiting", "closed", "busy", "idle"]
    done: tuple[str, ...]
    waiting: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class _How:
    """What a step is told beside the incident: whom to tell how far it is, the one notice, and which part of it."""

    progress: Progress
    only: str | None
    share: tuple[int, int]


def quiet(_done: int, _all: int) -> None:
    """Report progress to nobody."""


def claim(house: House, incident_id: str, *, owner: str) -> bool:
    """Take or renew the lease of an incident."""
    now = house.clock.real_now()
    until = now + timedelta(seconds=house.profile.lease_seconds)
    return house.store.claim(incident_id, owner, now=now, until=until)


def release(house: House, incident_id: str, *, owner: str) -> None:
    """Give the lease back."""
    house.store.release(incident_id, owner)


def due(house: House, incident_id: str) -> tuple[Action, ...]:
    """Return the incident's agenda as of now."""
    return due_in(house, view(house, incident_id))


def due_in(house: House, state: Incident) -> tuple[Action, ...]:
    """Return the agenda of an incident that was read before."""
    return agenda(state, house.clock.now(), house.profile.lookup)


def perform(
    house: House,
    incident_id: str,
    action: Action,
    *,
    owner: str,
    progress: Progress = quiet,
    only: str | None = None,
    share: tuple[int, int] = (0, 1),
) -> str:
    """Perform one action of Tocsin's; done twice is done once. Returns a sentence without personal data.

    `only` names the notice that is sent when several could be, `share` which part of it where others send too.
    """
    if not claim(house, incident_id, owner=owner):
        raise LeaseHeldError(f"another run works on {incident_id} now")

    def renew(done: int, whole: int) -> None:
        if not claim(house, incident_id, owner=owner):
            raise LeaseHeldError(f"another run took over {incident_id}")
        progress(done, whole)

    step = STEPS.get(action.do)
    if step is None:
        raise RefusedError(f"{action.do.value} is for a person to do")
    return step(house, incident_id, _How(renew, only, share))


def advance(
    house: House, incident_id: str, *, owner: str, progress: Progress = quiet, notice: str | None = None
) -> Advance:
    """Perform everything that is ours to do now, and say what waits for whom; `notice` lets no other one be sent."""
    only = None if notice is None else the_notice(view(house, incident_id), notice).plan.notice_id
    if not claim(house, incident_id, owner=owner):
        return Advance("busy", (), ())
    done: list[str] = []
    try:
        if again := resolving.resolve_by_policy(house, incident_id):
            done.append(BY_POLICY.format(n=again))
        last: tuple[Action, int] | None = None
        while True:
            state = view(house, incident_id)
            actions = agenda(state, house.clock.now(), house.profile.lookup)
            ours = next((a for a in actions if a.ours and _meant(a, only)), None)
            if ours is None or last == (ours, state.version):
                break
            last = (ours, state.version)
            done.append(perform(house, incident_id, ours, owner=owner, progress=progress, only=only))
    finally:
        release(house, incident_id, owner=owner)
    waiting = tuple(a for a in actions if not a.ours)
    status: Literal["waiting", "closed", "idle"] = "waiting" if waiting else "idle"
    return Advance("closed" if state.closed_at else status, tuple(done), waiting)


def _meant(action: Action, only: str | None) -> bool:
    return only is None or action.do not in {Do.LET_GO, Do.SEND_BATCHES} or action.subject == only


def watch_tick(house: House, *, starter: FlowStarter | None, owner: str) -> tuple[str, ...]:
    """Look at every open incident: page what is late or soon will be, and see that each is worked on.

    Where the orchestrator takes the incident, it runs there; where there is none, it is advanced here. What fails
    with one incident is said, and the others are looked at all the same.
    """
    said: list[str] = []
    open_ones = [row.incident_id for row in house.store.board() if row.closed_at is None]
    failed = 0
    for incident_id in open_ones:
        try:
            said.extend(_watch(house, incident_id, starter, owner))
        except TocsinError as error:
            said.append(f"{incident_id}: FAILED, {error}")
            failed += 1
        except Exception as error:  # noqa: BLE001 - one broken incident does not stop the watch of the others
            said.append(f"{incident_id}: FAILED, {type(error).__name__}")
            failed += 1
    if house.heartbeat is not None:
        house.heartbeat.beat(house.clock.real_now(), incidents=len(open_ones), failed=failed)
    return tuple(said)


def _watch(house: House, incident_id: str, starter: FlowStarter | None, owner: str) -> Iterator[str]:
    ahead.determine_if_changed(house, incident_id)
    if again := resolving.resolve_by_policy(house, incident_id):
        yield f"{incident_id}: {BY_POLICY.format(n=again)}"
    yield from paging.page_what_is_late(house, incident_id, owner=owner)
    if not any(action.ours for action in due(house, incident_id)):
        return
    run = starter.start(incident_id, reason="watch") if starter is not None else None
    if run is None:
        result = advance(house, incident_id, owner=owner)
        yield f"{incident_id}: {result.status}, {len(result.done)} things done here"
    else:
        yield f"{incident_id}: run {run} started"


def _miss(house: House, incident_id: str) -> str:
    before = view(house, incident_id)
    after: Incident = record(
        house, incident_id, actor=TOCSIN, decide=lambda state, now: scope.miss_deadlines(state, now=now)
    )
    missed = [o for i, o in after.obligations.items() if o.missed_at and not before.obligations[i].missed_at]
    return f"froze the lateness of {len(missed)} obligations"


STEPS: Mapping[Do, Callable[[House, str, _How], str]] = {
    Do.PLAN_AHEAD: lambda house, i, _how: ahead.determine(house, i),
    Do.MISS_DEADLINES: lambda house, i, _how: _miss(house, i),
    Do.EXPIRE_APPROVAL: lambda house, i, _how: approving.expire(house, i),
    Do.DETERMINE_OBLIGATIONS: lambda house, i, _how: obligations.determine(house, i),
    Do.DRAFT_LETTERS: lambda house, i, _how: letters.draft(house, i),
    Do.REQUEST_APPROVAL: lambda house, i, _how: letters.request_approval(house, i),
    Do.PREPARE_FILINGS: lambda house, i, _how: filing.prepare(house, i),
    Do.PLAN_NOTICE: lambda house, i, _how: planning.plan(house, i),
    Do.LET_GO: lambda house, i, how: letting_go.let_go(house, i, only=how.only),
    Do.PLAN_FURTHER: lambda house, i, _how: further_planning.plan_further(house, i),
    Do.SEND_BATCHES: lambda house, i, how: sending.send(
        house, i, progress=how.progress, only=how.only, share=how.share
    ),
    Do.LOOK_UP: lambda house, i, _how: looking_up.look_up(house, i),
    Do.SETTLE_NOTICE: lambda house, i, _how: settling.settle(house, i),
    Do.DRAFT_POST_MORTEM: lambda house, i, _how: postmortem.draft(house, i),
}
"""How each action of Tocsin's is performed; the same set as `agenda.OURS`."""
