"""Take in what the provider reports: kept once, placed, and each delivery moved only as its state machine allows.

Events arrive late, twice, in floods and in any order, before our own commit or after it. They are read and written in
sets, with one ledger entry for all of them. What cannot be placed is kept and counted; an event about one person
shows that the provider took the whole call, so it ends a doubt.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core import spans
from incident.core.actors import TOCSIN
from incident.core.deliveries import CLIMB, DeliveryState, Signal, advance
from incident.core.further import by_second_address
from incident.core.people import BatchRow, DeliveryRow, ProviderEventRow
from incident.core.signals import Reported, accepted_ids
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.doubts import REPORTED, settle_doubt
from incident.service.house import House, write
from incident.service.letting_go import hear_seeds
from incident.service.readings import readings
from incident.service.snapshots import Snapshot

MOST_DIGITS = 9  # of a position; a longer one is nobody's, and no database's
NOWHERE = ""
"""The notice of events that name none of ours."""

Placed = tuple[int | None, Reported]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a request full of events."""

    events: int
    new: int
    moved: int
    unplaced: int


AT_ONCE = 5_000
"""Events that one entry tells of: the positions of so many, however scattered, fit into an entry."""


@dataclass(slots=True)
class Intake:
    """Takes events in; the state of an incident is kept from one request to the next."""

    house: House
    snapshots: dict[str, Snapshot]

    def take_in(self, reported: Sequence[Reported], *, source_sha256: str) -> Taken:
        """Take in the events of verified requests; events for unknown notices are counted as unplaced."""
        hear_seeds(self.house, reported)
        by_notice, strays = self._placed(reported)
        new = moved = unplaced = 0
        parts = ((one, part) for one, placed in by_notice.items() for part in _slices(placed))
        for notice_id, placed in parts:
            taken = self._take(notice_id, placed, source_sha256)
            if taken is None:
                strays += [one for _position, one in placed]
                continue
            new += taken.new
            moved += taken.moved
            unplaced += taken.unplaced
        if strays:
            with self.house.store.begin() as tx:
                new += len(tx.people.new_events([_event_row(NOWHERE, None, one) for one in strays]))
        return Taken(len(reported), new, moved, unplaced + len(strays))

    def _placed(self, reported: Sequence[Reported]) -> tuple[dict[str, list[Placed]], list[Reported]]:
        by_notice: defaultdict[str, list[Placed]] = defaultdict(list)
        nameless: list[Reported] = []
        for one in reported:
            notice_id, position = place_of(one.delivery_id)
            if position is None:
                nameless.append(one)
            else:
                by_notice[notice_id].append((position, one))
        strays: list[Reported] = []
        for one, found in self._by_message(nameless):
            if found is None:
                strays.append(one)
            else:
                by_notice[found[0]].append((found[1], one))
        return by_notice, strays

    def _by_message(self, nameless: Sequence[Reported]) -> list[tuple[Reported, tuple[str, int] | None]]:
        """Place events that do not carry our id by the provider's message id and the address."""
        ids = {i for one in nameless if one.message_id for i in accepted_ids(one.message_id)}
        if not ids:
            return [(one, None) for one in nameless]
        with self.house.store.reading() as tx:
            batches = tx.batches.of_messages(sorted(ids))
        second = {b.notice_id: self._to_second(b.notice_id) for b in batches.values()}
        with self.house.store.reading() as tx:
            held = {
                b.message_id: (b.notice_id, _addresses(tx, b, second=second[b.notice_id]))
                for b in batches.values()
            }
        return [(one, _found(one, held)) for one in nameless]

    def _to_second(self, notice_id: str) -> bool:
        """Whether a notice goes to second addresses."""
        snapshot = self._snapshot(notice_id.rpartition("-N")[0])
        state = None if snapshot is None else snapshot.look()
        return state is not None and by_second_address(state, state.notices[notice_id])

    def _take(self, notice_id: str, placed: Sequence[Placed], source_sha256: str) -> Taken | None:
        """Take in the events of one notice; None when there is no such notice."""
        incident_id = notice_id.rpartition("-N")[0]
        snapshot = self._snapshot(incident_id)
        if snapshot is None:
            return None
        now = self.house.clock.now()
        with snapshot.begin() as (tx, state):
            if notice_id not in state.notices:
                return None
            kept = tx.people.new_events([_event_row(notice_id, position, one) for position, one in placed])
            fresh_ids = {row.event_id for row in kept}
            fresh = _first(placed, fresh_ids)
            moves, missing = _moves(tx, notice_id, fresh)
            events = _advanced(notice_id, moves, placed, len(fresh), source_sha256)
            tx.people.put_own(moved.row(now) for moved in moves)
            write(self.house, tx, state, events, actor=TOCSIN, now=now)
            _believe(self.house, tx, state, notice_id, moves, now)
        return Taken(len(placed), len(fresh), len(moves), missing)

    def _snapshot(self, incident_id: str) -> Snapshot | None:
        known = self.snapshots.get(incident_id)
        if known is None:
            with self.house.store.reading() as tx:
                if tx.entry_count(incident_id) == 0:
                    return None
            known = self.snapshots[incident_id] = Snapshot(self.house, incident_id)
        return known


def take_in(house: House, reported: Sequence[Reported], *, source_sha256: str) -> Taken:
    """Take in the events of one verified request."""
    return Intake(house, {}).take_in(reported, source_sha256=source_sha256)


@dataclass(frozen=True, slots=True)
class Moved:
    """One delivery that events moved."""

    present: DeliveryRow
    state: DeliveryState
    reason: str | None

    def row(self, at: datetime) -> DeliveryRow:
        """Return the row of the person's own."""
        p = self.present
        return DeliveryRow(p.notice_id, p.position, p.batch, p.letter_id, self.state.value, self.reason, at)


def _addresses(tx: Transaction, batch: BatchRow, *, second: bool) -> dict[str, int]:
    """Return who was written to under which address."""
    found = readings(tx, batch.cohort_id, batch.positions, second=second)
    return {r.email.casefold(): r.position for r in found}


def place_of(delivery_id: str | None) -> tuple[str, int | None]:
    """Split a delivery id into notice and position; no position when it is not one of ours."""
    notice_id, dash, position = (delivery_id or "").rpartition("-")
    if not dash or not (position.isascii() and position.isdecimal() and len(position) <= MOST_DIGITS):
        return "", None
    return notice_id, int(position)


def _found(one: Reported, held: Mapping[str | None, tuple[str, Mapping[str, int]]]) -> tuple[str, int] | None:
    for message_id in accepted_ids(one.message_id or ""):
        if message_id in held and one.address:
            notice_id, positions = held[message_id]
            position = positions.get(one.address.casefold())
            if position is not None:
                return notice_id, position
    return None


def _first(placed: Sequence[Placed], fresh_ids: set[str]) -> list[Placed]:
    """Return each fresh event once."""
    first: dict[str, Placed] = {}
    for position, one in placed:
        if one.event_id in fresh_ids:
            first.setdefault(one.event_id, (position, one))
    return list(first.values())


def _event_row(notice_id: str, position: int | None, one: Reported) -> ProviderEventRow:
    return ProviderEventRow(one.event_id, notice_id, position, one.signal.value, one.happened_at, one.raw)


def _slices(placed: Sequence[Placed]) -> Iterator[Sequence[Placed]]:
    return (placed[start : start + AT_ONCE] for start in range(0, len(placed), AT_ONCE))


def _moves(tx: Transaction, notice_id: str, fresh: Sequence[Placed]) -> tuple[list[Moved], int]:
    """Return every delivery that the fresh events move, and how many of them are about nobody who is there."""
    positions = sorted({position for position, _one in fresh if position is not None})
    if not positions:
        return [], 0
    rows = tx.people.deliveries(notice_id, positions=positions, limit=len(positions))
    start = {row.position: row for row in rows}
    now: dict[int, tuple[DeliveryState, str | None]] = {}
    missing = 0
    for position, one in fresh:
        row = start.get(position) if position is not None else None
        if row is None:
            missing += 1
            continue
        present = now[row.position][0] if row.position in now else DeliveryState(row.state)
        reached, _why = advance(present, one.signal)
        if reached is not present:
            now[row.position] = (reached, one.reason)
    moved = [Moved(start[p], state, reason) for p, (state, reason) in sorted(now.items())]
    return moved, missing


def _advanced(
    notice_id: str, moves: Sequence[Moved], placed: Sequence[Placed], fresh: int, source_sha256: str
) -> tuple[e.Event, ...]:
    if not fresh:
        return ()
    by_state: defaultdict[str, list[int]] = defaultdict(list)
    for moved in moves:
        by_state[moved.state.value].append(moved.present.position)
    return (
        e.DeliveriesAdvanced(
            notice_id,
            source_sha256,
            len(placed),
            len(placed) - fresh,
            sum(1 for _p, one in placed if one.signal is Signal.UNKNOWN),
            {state: spans.written(where) for state, where in by_state.items()},
            dict(Counter(f"{moved.present.state}>{moved.state}" for moved in moves)),
        ),
    )


def _believe(
    house: House, tx: Transaction, state: Incident, notice_id: str, moves: Iterable[Moved], now: datetime
) -> None:
    """End the doubt about each batch that somebody was reported on."""
    doubted = {n for n, b in state.notices[notice_id].batches.items() if b.state == "uncertain"}
    touched = sorted({m.present.batch for m in moves if m.state in CLIMB} & doubted)
    for row in tx.batches.rows(notice_id, numbers=touched) if touched else ():
        if row.state == "uncertain":
            settle_doubt(house, tx, state, row, accepted=True, how=REPORTED, by="event", now=now)
