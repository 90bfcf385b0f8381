"""Settle deliveries: take in what the provider reports, resolve doubts, account for people by hand, say when done.

Provider events arrive late, twice and in any order; they are kept once by their id and only ever move a delivery
as its state machine allows. What cannot be placed is counted and kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, TOCSIN, Actor, Role
from incident.core.decide import notice as decide
from incident.core.decide import scope
from incident.core.deliveries import NEEDS_OTHER_CHANNEL, DeliveryState, Signal, advance
from incident.core.lifecycle import told
from incident.core.people import ProviderEventRow
from incident.core.signals import Reported
from incident.core.state import Incident, Notice
from incident.errors import BadInputError, RefusedError
from incident.ports import Transaction
from incident.service.house import House, load, record, view, write

PAGE = 1000
MOST_DIGITS = 9  # of a position; a longer one is nobody's, and no database's


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a request full of events."""

    events: int
    new: int
    moved: int
    unplaced: int


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One delivery as shown to a person who may see it."""

    position: int
    state: str
    reason: str | None
    changed_at: datetime
    contact: str | None


def take_in(house: House, reported: Sequence[Reported], *, source_sha256: str) -> Taken:
    """Take in the events of one verified request; events for unknown notices are counted as unplaced."""
    by_notice: defaultdict[str, list[tuple[int, Reported]]] = defaultdict(list)
    unplaced = 0
    for one in reported:
        notice_id, position = _place(one.delivery_id)
        if position is None:
            unplaced += 1
        else:
            by_notice[notice_id].append((position, one))
    new = moved = 0
    for notice_id, placed in by_notice.items():
        taken = _take_notice(house, notice_id, placed, source_sha256)
        if taken is None:
            unplaced += len(placed)
            continue
        fresh, shifted = taken
        new += fresh
        moved += shifted
    return Taken(len(reported), new, moved, unplaced)


def resolve(
    house: House, incident_id: str, *, actor: Actor, batch: int, accepted: bool, how: str
) -> Incident:
    """Settle the doubt about a batch by a person's word."""
    actor.must_be(*RESPONDERS, to="resolve a doubt")
    notice_id = _notice(view(house, incident_id)).plan.notice_id
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        rows = tx.people.deliveries(notice_id, batch=batch, states=("uncertain",))
        positions = [row.position for row in rows]
        events = decide.resolve_batch(
            state, notice_id=notice_id, batch=batch, accepted=accepted, how=how, positions=positions
        )
        target = "accepted" if accepted else "planned"
        tx.people.move_deliveries(notice_id, positions, state=target, reason=how, at=now)
        write(house, tx, state, events, actor=actor, now=now)
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
) -> Incident:
    """Account for people whom mail did not reach: told on another channel, or decided to be out of reach."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        notice_id = _notice(state).plan.notice_id
        rows = tx.people.deliveries(notice_id, positions=tuple(positions), limit=max(1, len(positions)))
        states = {row.position: DeliveryState(row.state) for row in rows}
        missing = sorted(set(positions) - set(states))
        if missing:
            raise BadInputError(f"there is nobody at position {missing[0]}", field="positions")
        events = decide.account(
            state,
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
        notice = _notice(state)
        if not told(notice):
            return ()
        moments = [m for m in (notice.last_accepted_at, notice.told_otherwise_at) if m is not None]
        met_at = max(moments) if moments else now
        how = "everyone on the list was told by mail or accounted for by a named person"
        duties = [
            i
            for i, o in state.obligations.items()
            if o.arose.recipient in {"customer", "individuals"} and o.open
        ]
        return [event for i in duties for event in scope.meet_obligation(state, i, met_at=met_at, how=how)]

    after = record(house, incident_id, actor=TOCSIN, decide=decide_settled)
    return "everyone was told" if told(_notice(after)) else "not everyone is told yet"


def deliveries(
    house: House, incident_id: str, *, not_reached: bool = False, contacts_for: Actor | None = None
) -> tuple[DeliveryLine, ...]:
    """List deliveries by position; contacts only for somebody who may see them, and the reading is recorded."""
    state = view(house, incident_id)
    notice = _notice(state)
    if contacts_for is not None:
        contacts_for.must_be(*RESPONDERS, Role.COUNSEL, to="read contacts of people")
        read = e.EvidenceRead(
            (), "contacts of people not reached" if not_reached else "contacts of all deliveries"
        )
        record(house, incident_id, actor=contacts_for, decide=lambda _s, _now: (read,))
    return tuple(_lines(house, notice, not_reached=not_reached, contacts=contacts_for is not None))


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
                yield DeliveryLine(row.position, row.state, row.reason, row.changed_at, contact)
        if not rows:
            return
        after = rows[-1].position


def _place(delivery_id: str | None) -> tuple[str, int | None]:
    """Split a delivery id into notice and position; no position when it is not one of ours."""
    notice_id, dash, position = (delivery_id or "").rpartition("-")
    if not dash or not (position.isascii() and position.isdecimal() and len(position) <= MOST_DIGITS):
        return "", None
    return notice_id, int(position)


def _take_notice(
    house: House, notice_id: str, placed: Sequence[tuple[int, Reported]], source_sha256: str
) -> tuple[int, int] | None:
    """Take in the events of one notice; None when there is no such notice."""
    incident_id = notice_id.rpartition("-N")[0]
    now = house.clock.now()
    with house.store.begin() as tx:
        if tx.entry_count(incident_id) == 0:
            return None
        state = load(tx, incident_id, drill=house.profile.drill)
        if notice_id not in state.notices:
            return None
        kept = tx.people.new_events([_event_row(notice_id, position, one) for position, one in placed])
        fresh = {row.event_id for row in kept}
        moves = _moves(tx, notice_id, [(p, o) for p, o in placed if o.event_id in fresh])
        events = _advanced(notice_id, moves, placed, len(fresh), source_sha256)
        for target, where in _by_state(moves).items():
            reason = next((r for _p, _o, n, r in moves if n == target), None)
            tx.people.move_deliveries(notice_id, where, state=target, reason=reason, at=now)
        write(house, tx, state, events, actor=TOCSIN, now=now)
        _believe(house, tx, state, notice_id, [move[0] for move in moves], now)
    return len(fresh), len(moves)


def _believe(
    house: House, tx: Transaction, state: Incident, notice_id: str, positions: Sequence[int], now: datetime
) -> None:
    """Resolve a doubt: one event about one person shows that the provider took that person's whole batch."""
    doubted = {n for n, b in state.notices[notice_id].batches.items() if b.state == "uncertain"}
    if not doubted or not positions:
        return
    rows = tx.people.deliveries(notice_id, positions=tuple(positions), limit=len(positions))
    for number in sorted({row.batch for row in rows} & doubted):
        rest = [row.position for row in tx.people.deliveries(notice_id, batch=number, states=("uncertain",))]
        how = "the provider reported an event about somebody in this batch"
        if rest:
            tx.people.move_deliveries(notice_id, rest, state="accepted", reason=how, at=now)
        resolved = decide.resolve_batch(
            state, notice_id=notice_id, batch=number, accepted=True, how=how, positions=rest
        )
        write(house, tx, state, resolved, actor=TOCSIN, now=now)


def _event_row(notice_id: str, position: int, one: Reported) -> ProviderEventRow:
    return ProviderEventRow(one.event_id, notice_id, position, one.signal.value, one.happened_at, one.raw)


Move = tuple[int, str, str, str | None]


def _moves(tx: Transaction, notice_id: str, fresh: Sequence[tuple[int, Reported]]) -> list[Move]:
    """Return (position, from, to, reason) for every delivery that the fresh events move."""
    positions = sorted({position for position, _one in fresh})
    rows = tx.people.deliveries(notice_id, positions=tuple(positions), limit=max(1, len(positions)))
    start = {row.position: DeliveryState(row.state) for row in rows}
    end: dict[int, tuple[DeliveryState, str | None]] = {}
    for position, one in fresh:
        if position not in start:
            continue
        present = end.get(position, (start[position], None))[0]
        reached, _why = advance(present, one.signal)
        if reached is not present:
            end[position] = (reached, one.reason)
    return [(p, start[p].value, s.value, r) for p, (s, r) in sorted(end.items()) if s is not start[p]]


def _by_state(moves: Sequence[Move]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for position, _old, new, _reason in moves:
        found[new].append(position)
    return found


def _advanced(
    notice_id: str,
    moves: Sequence[Move],
    placed: Sequence[tuple[int, Reported]],
    fresh: int,
    source_sha256: str,
) -> tuple[e.Event, ...]:
    if not fresh:
        return ()
    unknown = sum(1 for _p, one in placed if one.signal is Signal.UNKNOWN)
    return (
        e.DeliveriesAdvanced(
            notice_id,
            source_sha256,
            len(placed),
            len(placed) - fresh,
            unknown,
            {state: tuple(where) for state, where in _by_state(moves).items()},
            Counter(f"{old}>{new}" for _p, old, new, _r in moves),
        ),
    )


def _notice(state: Incident) -> Notice:
    if state.notice is None:
        raise RefusedError("no notice was planned yet")
    return state.notice
