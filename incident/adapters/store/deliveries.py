"""How the letter to each person stands, put together from batches and from the rows of those who differ."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, and_, func, select

from incident.adapters.store.bulk import chunks, insert_rows
from incident.adapters.store.driver import ask, by_key
from incident.adapters.store.rows import names, read
from incident.adapters.store.tables import BATCH, BATCH_SPAN, DELIVERY
from incident.core.people import DeliveryRow
from incident.errors import NotFoundError
from incident.ledger.entry import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

POSITIONS_AT_ONCE = 1000
_HOLDERS = (
    "SELECT j.value, s.batch FROM {0} CROSS JOIN batch_span s WHERE s.notice_id = {1} AND s.last >= j.value AND s.first"
    " = (SELECT max(t.first) FROM batch_span t WHERE t.notice_id = {1} AND t.first <= j.value)"
)
"""CROSS: SQLite then takes the positions first and finds the span of each by its key; else it compares all with all."""
_APART = "SELECT batch, position, state FROM delivery WHERE notice_id = {mark}"
_OWN = tuple(DELIVERY.c[name] for name in names(DeliveryRow))
_OWN_OF = f"SELECT {', '.join(names(DeliveryRow))} FROM delivery WHERE notice_id = {{mark}}"  # noqa: S608
_SHARED = (BATCH_SPAN.c.first, BATCH_SPAN.c.last, BATCH_SPAN.c.batch,
           BATCH.c.letter_id, BATCH.c.state, BATCH.c.reason, BATCH.c.changed_at)  # fmt: skip
_JOINED = BATCH_SPAN.join(
    BATCH, and_(BATCH.c.notice_id == BATCH_SPAN.c.notice_id, BATCH.c.number == BATCH_SPAN.c.batch)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which deliveries are wanted; no states are all states."""

    notice_id: str
    batch: int | None
    states: frozenset[str]
    after: int

    def wants(self, row: DeliveryRow) -> bool:
        """Whether a delivery is among them."""
        return (
            row.position > self.after
            and self.batch in {None, row.batch}
            and (not self.states or row.state in self.states)
        )


class _Span(NamedTuple):
    first: int
    last: int
    batch: int
    letter_id: str
    state: str
    reason: str | None
    changed_at: str

    def row(self, notice_id: str, position: int) -> DeliveryRow:
        at = parse_instant(self.changed_at)
        return DeliveryRow(notice_id, position, self.batch, self.letter_id, self.state, self.reason, at)


def one_page(connection: Connection, asked: Asked, limit: int) -> list[DeliveryRow]:
    """Return up to `limit` deliveries in order of position: windows of spans, overlaid with people's own rows."""
    found: list[DeliveryRow] = []
    after: int | None = asked.after
    while after is not None and len(found) < limit:
        rows, after = _window(connection, asked, after, limit)
        found += rows
    return found[:limit]


def at_positions(
    connection: Connection, asked: Asked, positions: Sequence[int], limit: int
) -> list[DeliveryRow]:
    """Return the deliveries at these ascending positions."""
    found: list[DeliveryRow] = []
    for some in chunks(positions, POSITIONS_AT_ONCE):
        own = {row.position: row for row in own_at(connection, asked.notice_id, some)}
        held = holders(connection, asked.notice_id, [p for p in some if p not in own])
        fates = _fates(connection, asked.notice_id, set(held.values()))
        for position in some:
            row = own.get(position)
            if row is None and position in held:
                row = DeliveryRow(asked.notice_id, position, held[position], *fates[held[position]])
            if row is not None and asked.wants(row):
                found.append(row)
        if len(found) >= limit:
            break
    return found[:limit]


def holders(connection: Connection, notice_id: str, positions: Sequence[int]) -> dict[int, int]:
    """Return the batch of each position that is laid out: by the key alone, in the driver's own way."""
    if not positions:
        return {}
    if connection.dialect.name == "sqlite":
        listed, query = json.dumps(sorted(positions)), _HOLDERS.format("json_each(?) j", "?")
    else:
        listed, query = sorted(positions), _HOLDERS.format("unnest(%s::int[]) AS j(value)", "%s")  # type: ignore[assignment]
    result = connection.exec_driver_sql(query, (listed, notice_id, notice_id))
    return dict(result.cursor.fetchall())


def _fates(
    connection: Connection, notice_id: str, numbers: set[int]
) -> dict[int, tuple[str, str, str | None, datetime]]:
    """Return letter, state, reason and time of batches."""
    columns = (BATCH.c.number, BATCH.c.letter_id, BATCH.c.state, BATCH.c.reason, BATCH.c.changed_at)
    query = select(*columns).where(BATCH.c.notice_id == notice_id)
    found: dict[int, tuple[str, str, str | None, datetime]] = {}
    for some in chunks(sorted(numbers), POSITIONS_AT_ONCE):
        for number, letter_id, state, reason, at in connection.execute(query.where(BATCH.c.number.in_(some))):
            found[number] = (letter_id, state, reason, parse_instant(at))
    return found


def apart(connection: Connection, notice_id: str, batches: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
    """Return the states of those in these batches who have a row of their own: by batch, by position."""
    found: dict[int, dict[int, str]] = {}
    for some in chunks(batches, POSITIONS_AT_ONCE):
        found |= by_batch(ask(connection, *apart_of(connection, notice_id, some)))
    return found


def apart_of(connection: Connection, notice_id: str, batches: Sequence[int]) -> tuple[str, tuple[Any, ...]]:
    """Return the question for those in these batches who have a row of their own."""
    return by_key(connection, _APART, (notice_id,), "batch", batches)


def by_batch(found: Iterable[Sequence[Any]]) -> dict[int, dict[int, str]]:
    """Put what answers it by batch, by position."""
    states: dict[int, dict[int, str]] = {}
    for number, position, state in found:
        states.setdefault(number, {})[position] = state
    return states


def own_at(connection: Connection, notice_id: str, positions: Sequence[int]) -> list[DeliveryRow]:
    """Return the rows of their own that people at these positions have."""
    found = ask(connection, *by_key(connection, _OWN_OF, (notice_id,), "position", positions))
    return [read(DeliveryRow, row) for row in found]


def move(
    connection: Connection,
    notice_id: str,
    positions: Sequence[int],
    *,
    state: str,
    reason: str | None,
    at: str,
) -> None:
    """Give each a row of their own in this state; NotFoundError, and nothing moves, when one was never laid out."""
    if not positions:
        return
    present = at_positions(connection, Asked(notice_id, None, frozenset(), -1), positions, len(positions))
    if len(present) != len(positions):
        missing = len(positions) - len(present)
        raise NotFoundError(f"notice {notice_id} has no delivery at {missing} of these positions")
    put(connection, ((notice_id, r.position, r.batch, r.letter_id, state, reason, at) for r in present))


def put(connection: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    """Write people's own rows, in order of DeliveryRow's fields; newer ones replace."""
    insert_rows(
        connection,
        DELIVERY,
        names(DeliveryRow),
        rows,
        instead="ON CONFLICT (notice_id, position) DO UPDATE SET batch = excluded.batch, "
        "letter_id = excluded.letter_id, state = excluded.state, reason = excluded.reason, "
        "changed_at = excluded.changed_at",
    )


def counted(connection: Connection, notice_id: str) -> Mapping[str, int]:
    """Count people by state: what batches hold, less those who differ, and those by their own."""
    counts: Counter[str] = Counter()
    held = select(BATCH.c.state, func.sum(BATCH.c.people)).where(BATCH.c.notice_id == notice_id)
    for state, number in connection.execute(held.group_by(BATCH.c.state)):
        counts[state] += int(number)
    joined = DELIVERY.outerjoin(
        BATCH, and_(BATCH.c.notice_id == DELIVERY.c.notice_id, BATCH.c.number == DELIVERY.c.batch)
    )
    own = (
        select(BATCH.c.state, DELIVERY.c.state, func.count())
        .select_from(joined)
        .where(DELIVERY.c.notice_id == notice_id)
        .group_by(BATCH.c.state, DELIVERY.c.state)
    )
    for shared, state, number in connection.execute(own):
        if shared is not None:
            counts[shared] -= number
        counts[state] += number
    return {state: number for state, number in sorted(counts.items()) if number}


def _window(
    connection: Connection, asked: Asked, after: int, limit: int
) -> tuple[list[DeliveryRow], int | None]:
    """Return the wanted rows of one window, and where the next one begins; None at the end."""
    spans = _spans_after(connection, asked, after, limit)
    end = _end(spans, after, limit)
    own = select(*_OWN).where(DELIVERY.c.notice_id == asked.notice_id, DELIVERY.c.position > after)
    if asked.batch is not None:
        own = own.where(DELIVERY.c.batch == asked.batch)
    if not spans and asked.states:
        own = own.where(DELIVERY.c.state.in_(asked.states))
    if end is not None:
        own = own.where(DELIVERY.c.position <= end)
    page = connection.execute(own.order_by(DELIVERY.c.position).limit(2 * limit))
    differing = [read(DeliveryRow, row) for row in page]
    if len(differing) == 2 * limit:
        last = differing[-1].position
        end = last if end is None else min(end, last)
    rows = {
        position: span.row(asked.notice_id, position)
        for span in spans
        for position in range(
            max(span.first, after + 1), (span.last if end is None else min(span.last, end)) + 1
        )
    }
    rows |= {row.position: row for row in differing}
    return [row for _, row in sorted(rows.items()) if asked.wants(row)], end


def _spans_after(connection: Connection, asked: Asked, after: int, limit: int) -> list[_Span]:
    query = (
        select(*_SHARED)
        .select_from(_JOINED)
        .where(
            BATCH_SPAN.c.notice_id == asked.notice_id, BATCH_SPAN.c.first >= _start(asked.notice_id, after)
        )
    )
    if asked.batch is not None:
        query = query.where(BATCH_SPAN.c.batch == asked.batch)
    if asked.states:
        query = query.where(BATCH.c.state.in_(asked.states))
    return [_Span(*row) for row in connection.execute(query.order_by(BATCH_SPAN.c.first).limit(limit))]


def _end(spans: Sequence[_Span], after: int, limit: int) -> int | None:
    """Return the last position that a window of about `limit` people reaches; None when all spans fit."""
    people = 0
    for span in spans:
        first = max(span.first, after + 1)
        people += span.last - first + 1
        if people >= limit:
            return span.last - (people - limit)
    return spans[-1].last if len(spans) >= limit else None


def _start(notice_id: str, position: int) -> Any:
    """Return where the span begins that holds a position, or the last one before it: found by the key alone."""
    before = select(func.max(BATCH_SPAN.c.first)).where(
        BATCH_SPAN.c.notice_id == notice_id, BATCH_SPAN.c.first <= position
    )
    return func.coalesce(before.scalar_subquery(), -1)
