"""Settle deliveries: end doubts by a person's word, account for people by hand, list deliveries, say when done.

What the provider reports is `reporting`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, TOCSIN, Actor, Role
from incident.core.decide import notice as decide
from incident.core.decide import scope
from incident.core.deliveries import NEEDS_OTHER_CHANNEL, DeliveryState
from incident.core.lifecycle import everyone_told
from incident.core.state import Incident, Notice
from incident.errors import BadInputError, NotFoundError, RefusedError
from incident.service.doubts import settle_doubt
from incident.service.house import House, load, record, view, write
from incident.service.notices import the_notice

PAGE = 1000


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery as shown to a person who may see it."""

    notice_id: str
    position: int
    state: str
    reason: str | None
    changed_at: datetime
    contact: str | None


def resolve(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    batch: int,
    accepted: bool,
    how: str,
    notice: str | None = None,
) -> Incident:
    """Settle the doubt about a batch by a person's word."""
    actor.must_be(*RESPONDERS, to="resolve a doubt")
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        notice_id = the_notice(state, notice).plan.notice_id
        rows = tx.batches.rows(notice_id, numbers=[batch])
        if not rows:
            raise NotFoundError(f"notice {notice_id} has no batch {batch}")
        settle_doubt(house, tx, state, rows[0], accepted=accepted, how=how, by="person", now=now, actor=actor)
    return state


def account(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    positions: Sequence[int],
    channel: str,
    told: bool,
    happened_at: datetime,
    note: str,
    notice: str | None = None,
) -> Incident:
    """Account for people whom mail did not reach: told on another channel, or decided to be out of reach."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        notice_id = the_notice(state, notice).plan.notice_id
        rows = tx.people.deliveries(notice_id, positions=tuple(positions), limit=max(1, len(positions)))
        states = {row.position: DeliveryState(row.state) for row in rows}
        missing = sorted(set(positions) - set(states))
        if missing:
            raise BadInputError(f"there is nobody at position {missing[0]}", field="positions")
        events = decide.account(
            state,
            notice_id=notice_id,
            actor=actor,
            now=now,
            states=states,
            channel=channel,
            told=told,
            happened_at=happened_at,
            note=note,
        )
        target = DeliveryState.TOLD_OTHERWISE if told else DeliveryState.NOT_REACHABLE
        tx.people.move_deliveries(notice_id, list(states), state=target.value, reason=channel, at=now)
        write(house, tx, state, events, actor=actor, now=now)
    return state


def settle(house: House, incident_id: str) -> str:
    """Record that everyone was told, once it is true; the promise and the duties to people are met by it."""

    def decide_settled(state: Incident, now: datetime) -> Sequence[e.Event]:
        if not everyone_told(state):
            return ()
        moments = [
            m
            for notice in state.notices.values()
            for m in (notice.last_accepted_at, notice.told_otherwise_at)
            if m is not None
        ]
        met_at = max(moments) if moments else now
        how = "everyone on the list was told by mail or accounted for by a named person"
        duties = [
            i
            for i, o in state.obligations.items()
            if o.arose.recipient in {"customer", "individuals"} and o.open
        ]
        return [event for i in duties for event in scope.meet_obligation(state, i, met_at=met_at, how=how)]

    after = record(house, incident_id, actor=TOCSIN, decide=decide_settled)
    return "everyone was told" if everyone_told(after) else "not everyone is told yet"


def deliveries(
    house: House, incident_id: str, *, not_reached: bool = False, contacts_for: Actor | None = None
) -> tuple[DeliveryLine, ...]:
    """List deliveries of every notice by position; contacts only for who may see them, and the reading is recorded."""
    state = view(house, incident_id)
    if not state.notices:
        raise RefusedError("no notice was planned yet")
    if contacts_for is not None:
        contacts_for.must_be(*RESPONDERS, Role.COUNSEL, to="read contacts of people")
        read = e.EvidenceRead(
            (), "contacts of people not reached" if not_reached else "contacts of all deliveries"
        )
        record(house, incident_id, actor=contacts_for, decide=lambda _s, _now: (read,))
    return tuple(
        line
        for notice in state.notices.values()
        for line in _lines(house, notice, not_reached=not_reached, contacts=contacts_for is not None)
    )


def _lines(house: House, notice: Notice, *, not_reached: bool, contacts: bool) -> Iterator[DeliveryLine]:
    wanted = tuple(s.value for s in NEEDS_OTHER_CHANNEL) if not_reached else ()
    after = -1
    while True:
        with house.store.reading() as tx:
            rows = tx.people.deliveries(notice.plan.notice_id, states=wanted, after=after, limit=PAGE)
            for row in rows:
                contact = None
                if contacts:
                    person = tx.people.person(notice.plan.cohort_id, row.position)
                    contact = " / ".join(part for part in (person.name, person.email, person.phone) if part)
                yield DeliveryLine(
                    row.notice_id, row.position, row.state, row.reason, row.changed_at, contact
                )
        if not rows:
            return
        after = rows[-1].position
