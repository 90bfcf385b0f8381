"""Rows of batches inside one transaction, who is in each, and what letters need of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from incident.adapters.store.addressed import addressed
from incident.adapters.store.bulk import chunks, insert_rows
from incident.adapters.store.deliveries import apart_of, by_batch, holders, own_at, put
from incident.adapters.store.driver import Found, Question, ask, ask_together, by_key, put_off
from incident.adapters.store.rows import names, read, values
from incident.adapters.store.tables import BATCH, BATCH_SPAN, PACE
from incident.adapters.store.told import told
from incident.core import spans
from incident.core.addressees import Addressees
from incident.core.batches import Look, Looking, Reading
from incident.core.pacing import PaceRow
from incident.core.people import BatchRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ASKED_AT_ONCE = 500
FIXED = frozenset(
    {"notice_id", "number", "cohort_id", "letter_id", "positions", "people_sha256", "parent", "salt"}
)
KEY = ("notice_id", "number")
SPAN = ("notice_id", "first", "last", "batch")
_ROWS = f"SELECT {', '.join(names(BatchRow))} FROM batch WHERE notice_id = {{mark}} AND number > {{mark}}"  # noqa: S608
_PACE = f"SELECT {', '.join(names(PaceRow))} FROM pace WHERE provider = {{mark}}"  # noqa: S608

_CHANGING = tuple(name for name in names(BatchRow) if name not in FIXED)
_PUT = (
    f"UPDATE batch SET {', '.join(f'{name} = {{mark}}' for name in _CHANGING)} "  # noqa: S608
    f"WHERE {' AND '.join(f'{name} = {{mark}}' for name in KEY)}"
)
_PUT_TOGETHER = (
    f"UPDATE batch SET {', '.join(f'{name} = new.{name}' for name in _CHANGING)} "  # noqa: S608
    "FROM (SELECT * FROM json_populate_recordset(CAST(NULL AS batch), CAST({mark} AS JSON)) LIMIT {mark}) AS new "
    f"WHERE {' AND '.join(f'batch.{name} = new.{name}' for name in KEY)}"
)
"""PostgreSQL is handed all in one statement, and how many: it expects a hundred, and would read every batch."""


Seen = tuple[Looking, Sequence[Found]]
"""What was looked at as the transaction began."""


class SqlBatches:
    """`core.batches.Batches` on one connection; what was seen in its beginning is not asked for again, once."""

    def __init__(self, connection: Connection, seen: Seen | None = None) -> None:
        self._connection, self._seen = connection, seen

    def plan(self, rows: Iterable[BatchRow]) -> None:
        """Keep new batches, and who is in each; streams."""
        for some in chunks(rows, 100):
            insert_rows(self._connection, BATCH, names(BatchRow), map(values, some))
            insert_rows(
                self._connection,
                BATCH_SPAN,
                SPAN,
                sorted((r.notice_id, a, b, r.number) for r in some for a, b in spans.read_spans(r.positions)),
            )

    def put(self, rows: Sequence[BatchRow]) -> None:
        """Write what changed about batches that are there; positions never do."""
        listed = names(BatchRow)
        written = [dict(zip(listed, values(row), strict=True)) for row in rows]
        kept = [{name: one[name] for name in (*_CHANGING, *KEY)} for one in written]
        if self._connection.dialect.name == "sqlite":
            put_off(self._connection, _PUT, [tuple(one.values()) for one in kept])
        elif kept:
            put_off(self._connection, _PUT_TOGETHER, [(json.dumps(kept), len(kept))])

    def split(self, parent: BatchRow, children: Sequence[BatchRow]) -> None:
        """Give people of a batch to new ones, their own rows with them; `parent` is what becomes of it."""
        self.put([parent])
        own = BATCH_SPAN.c.notice_id == parent.notice_id, BATCH_SPAN.c.batch == parent.number
        before = self._connection.execute(select(BATCH_SPAN.c.first, BATCH_SPAN.c.last).where(*own)).all()
        holder = {p: parent.number for first, last in before for p in range(first, last + 1)}
        for child in children:
            holder |= dict.fromkeys(spans.read(child.positions), child.number)
        self._connection.execute(BATCH_SPAN.delete().where(*own))
        insert_rows(self._connection, BATCH, names(BatchRow), map(values, children))
        insert_rows(self._connection, BATCH_SPAN, SPAN, _spans(parent.notice_id, holder))
        for child in children:
            for some in chunks(spans.read(child.positions), ASKED_AT_ONCE):
                held = own_at(self._connection, parent.notice_id, some)
                put(self._connection, (values(replace(row, batch=child.number)) for row in held))

    def rows(
        self,
        notice_id: str,
        *,
        states: Sequence[str] = (),
        numbers: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[BatchRow]:
        """Return one page of batches by number; empty filters let everything through."""
        if not numbers:
            return self._rows(notice_id, states, (), after, limit)
        found: list[BatchRow] = []
        for some in chunks(sorted(set(numbers)), ASKED_AT_ONCE):
            found += self._rows(notice_id, states, some, after, limit)
        return found[:limit]

    def _rows(
        self, notice_id: str, states: Sequence[str], numbers: Sequence[int], after: int, limit: int
    ) -> list[BatchRow]:
        """Ask in the driver's own way: for each turn of a sending the building of a statement would count."""
        query, asked = _ROWS, (notice_id, after, *states)
        if states:
            query += f" AND state IN ({', '.join(['{mark}'] * len(states))})"
        if numbers:
            query, asked = by_key(self._connection, query, asked, "number", numbers)
        found = ask(self._connection, f"{query} ORDER BY number LIMIT {{mark}}", (*asked, limit))
        return [read(BatchRow, row) for row in found]

    def look(self, looking: Looking) -> Look:
        """Return what a turn goes by, asked for at once."""
        seen, self._seen = self._seen, None
        if seen is None or seen[0] != looking:
            seen = looking, ask_together(self._connection, questions(self._connection, looking))
        rows, own, pace = seen[1]
        present = {row.number: row for row in (read(BatchRow, one) for one in rows)}
        return Look(present, by_batch(own), read(PaceRow, pace[0]) if pace else None)

    def count(self, notice_id: str, *, states: Sequence[str]) -> int:
        """Count the batches in these states."""
        query = select(func.count()).select_from(BATCH).where(BATCH.c.notice_id == notice_id)
        return int(self._connection.execute(query.where(BATCH.c.state.in_(states))).scalar_one())

    def next_number(self, notice_id: str) -> int:
        """Return the first number that no batch has."""
        query = select(func.coalesce(func.max(BATCH.c.number), -1) + 1).where(BATCH.c.notice_id == notice_id)
        return int(self._connection.execute(query).scalar_one())

    def people_by_state(self, notice_id: str) -> Mapping[str, int]:
        """Return how many people are in batches of each state, those with rows of their own counted with them."""
        query = select(BATCH.c.state, func.sum(BATCH.c.people)).where(BATCH.c.notice_id == notice_id)
        return {state: int(n) for state, n in self._connection.execute(query.group_by(BATCH.c.state))}

    def of_messages(self, message_ids: Sequence[str]) -> Mapping[str, BatchRow]:
        """Return the batches that the provider took under these ids."""
        found: dict[str, BatchRow] = {}
        query = select(*(BATCH.c[name] for name in names(BatchRow)))
        for some in chunks(sorted(set(message_ids)), ASKED_AT_ONCE):
            for row in self._connection.execute(query.where(BATCH.c.message_id.in_(some))):
                batch = read(BatchRow, row)
                found[str(batch.message_id)] = batch
        return found

    def holders(self, notice_id: str, positions: Sequence[int]) -> Mapping[int, int]:
        """Return the batch number of each position that is laid out."""
        return holders(self._connection, notice_id, sorted(set(positions)))

    def addressed(self, cohort_id: str, first: int, last: int) -> Addressees:
        """Return everyone from position `first` to `last` as letters are laid out, in order."""
        return addressed(self._connection, cohort_id, first, last)

    def readings(self, cohort_id: str, positions: str) -> Sequence[Reading]:
        """Return what letters to these people (ranges) need, in order; people without an address are left out."""
        return self.readings_of(cohort_id, [positions])[0]

    def readings_of(self, cohort_id: str, batches: Sequence[str]) -> Sequence[Sequence[Reading]]:
        """Return the same of several batches, asked for at once."""
        return told(self._connection, cohort_id, batches)

    def pace(self, provider: str) -> PaceRow | None:
        """Return how fast a provider is called now; None when nobody called it yet."""
        found = ask(self._connection, _PACE, (provider,))
        return read(PaceRow, found[0]) if found else None

    def put_pace(self, row: PaceRow) -> None:
        """Write how fast a provider is called from now on."""
        changing = [name for name in names(PaceRow) if name != "provider"]
        sets = ", ".join(f"{name} = excluded.{name}" for name in changing)
        instead = f"ON CONFLICT (provider) DO UPDATE SET {sets}"
        insert_rows(self._connection, PACE, names(PaceRow), [values(row)], instead=instead)


def questions(connection: Connection, looking: Looking) -> Sequence[Question]:
    """Return what is asked of the database for a look."""
    notice_id, numbers, provider = looking
    return (
        by_key(connection, _ROWS, (notice_id, -1), "number", numbers),
        apart_of(connection, notice_id, numbers),
        (_PACE, (provider,)),
    )


def _spans(notice_id: str, holder: Mapping[int, int]) -> Iterable[tuple[Any, ...]]:
    for number, group in groupby(sorted(holder), key=holder.__getitem__):
        yield from ((notice_id, first, last, number) for first, last in spans.spans_of(group))
