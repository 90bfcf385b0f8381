"""The store in memory: same promises, no database; mirrors `ports.Store`.

One writer at a time, a copy of everything a transaction, swapped in at its end: a rollback is to drop the copy.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from incident.core import spans
from incident.core.addressees import Addressees
from incident.core.anchors import Failure, Receipt
from incident.core.batches import Batches, Look, Looking, Reading
from incident.core.pacing import PaceRow
from incident.core.people import BatchRow, DeliveryRow, Node, People, PersonRow, ProviderEventRow
from incident.core.projections import BoardRow, ClockRow, TimelineRow
from incident.core.stretches import Stretch, stretches_of
from incident.errors import BadInputError, NotFoundError, PermanentError
from incident.ledger.entry import Draft, Entry, canonical, decode, encode
from incident.ledger.merkle import CompactRange, Upper, leaf_hash
from incident.ledger.proving import LeafHashes
from incident.ledger.verify import Row
from tests.fakes.erasing import FakeErasing


@dataclass
class Kept:
    """Everything that a transaction can change."""

    rows: list[Row] = field(default_factory=list)
    head: CompactRange = field(default_factory=CompactRange)
    checkpoints: list[tuple[str, int, datetime]] = field(default_factory=list)
    uppers: list[Upper] = field(default_factory=list)
    receipts: dict[tuple[str, int], Receipt] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    persons: dict[tuple[str, int], PersonRow] = field(default_factory=dict)
    batches: dict[tuple[str, int], BatchRow] = field(default_factory=dict)
    paces: dict[str, PaceRow] = field(default_factory=dict)
    holders: dict[tuple[str, int], int] = field(default_factory=dict)
    deliveries: dict[tuple[str, int], DeliveryRow] = field(default_factory=dict)
    events: dict[str, ProviderEventRow] = field(default_factory=dict)
    nodes: dict[tuple[str, int, int], bytes] = field(default_factory=dict)
    named: dict[str, frozenset[str]] = field(default_factory=dict)
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    board: dict[str, BoardRow] = field(default_factory=dict)
    clocks: dict[tuple[str, str], ClockRow] = field(default_factory=dict)
    timeline: dict[tuple[str, int], TimelineRow] = field(default_factory=dict)

    def copied(self) -> Kept:
        return Kept(**{name: copy.copy(value) for name, value in vars(self).items()})


class FakeStore:
    """`ports.Store` for tests."""

    url_kind = "fake"

    def __init__(self) -> None:
        self._kept = Kept()
        self._writer = threading.Lock()

    @contextmanager
    def begin(self, looking: Looking | None = None) -> Iterator[FakeTransaction]:
        del looking  # seen when it is asked for
        with self._writer:
            transaction = FakeTransaction(self._kept.copied(), writable=True)
            yield transaction
            self._kept = transaction.kept
        for work in transaction.committed:
            work()

    @contextmanager
    def at_one_moment(self) -> Iterator[FakeStore]:
        moment = FakeStore()
        moment._kept = self._kept.copied()
        yield moment

    @contextmanager
    def reading(self) -> Iterator[FakeTransaction]:
        yield FakeTransaction(self._kept.copied(), writable=False)

    def rows(self) -> Iterator[Row]:
        return iter(list(self._kept.rows))

    def checkpoints(self) -> Iterator[str]:
        return iter([note for note, _, _ in self._kept.checkpoints])

    def uppers(self) -> Iterator[Upper]:
        return iter(sorted(self._kept.uppers))

    def receipts(self, *, newest: bool = False) -> Sequence[Receipt]:
        kept = [row for _, row in sorted(self._kept.receipts.items())]
        return list({row.name: row for row in kept}.values()) if newest else kept

    def missing_guards(self) -> Sequence[str]:
        return []

    def anchor_failures(self) -> Sequence[Failure]:
        return [row for _, row in sorted(self._kept.failures.items())]

    def head(self) -> CompactRange:
        return self._kept.head

    def incident_ids(self) -> Sequence[str]:
        return [incident for incident in dict.fromkeys(row.incident for row in self._kept.rows) if incident]

    def board(self) -> Sequence[BoardRow]:
        return [row for _, row in sorted(self._kept.board.items())]

    def clocks(self, incident_id: str | None = None) -> Sequence[ClockRow]:
        return [row for (of, _), row in sorted(self._kept.clocks.items()) if incident_id in {None, of}]

    def timeline(
        self,
        incident_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        kinds: Sequence[str] = (),
        actor: str | None = None,
    ) -> Sequence[TimelineRow]:
        rows = sorted(self._kept.timeline.items())
        return [
            row
            for (of, seq), row in rows
            if of == incident_id
            and seq > after
            and (not kinds or row.kind in kinds)
            and actor in {None, row.actor}
        ][:limit]

    def projection_digest(self) -> str:
        total = hashlib.sha256()
        for name in ("board", "clocks", "timeline"):
            table = name.removesuffix("s")
            for _, row in sorted(getattr(self._kept, name).items()):
                total.update(canonical([table, as_kept(row)]) + b"\n")
        return total.hexdigest()

    def claim(self, incident_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
        with self._writer:
            held = self._kept.leases.get(incident_id)
            free = held is None or held[0] == owner or held[1] <= now
            if free:
                self._kept.leases[incident_id] = (owner, until)
            return free

    def scrub(self) -> Sequence[str]:
        return ()

    def release(self, incident_id: str, owner: str) -> None:
        with self._writer:
            if self._kept.leases.get(incident_id, ("",))[0] == owner:
                del self._kept.leases[incident_id]

    def lease(self, incident_id: str) -> tuple[str, datetime] | None:
        return self._kept.leases.get(incident_id)

    def migrate(self) -> None:
        """Nothing to do: memory has no schema."""

    def close(self) -> None:
        """Nothing to do: memory has no connections."""


class FakeTransaction:
    """`ports.Transaction` on a copy."""

    def __init__(self, kept: Kept, *, writable: bool) -> None:
        self.kept = kept
        self.people: People = FakePeople(kept, writable=writable)
        self.batches: Batches = FakeBatches(kept, writable=writable)
        self._writable = writable
        self.committed: list[Callable[[], None]] = []

    def when_committed(self, work: Callable[[], None]) -> None:
        self.committed.append(work)

    @property
    def erasing(self) -> FakeErasing:
        return FakeErasing(self.kept, writable=self._writable)

    def tree(self) -> LeafHashes:
        return LeafHashes([row.leaf_hash for row in self.kept.rows])

    def checkpoint_columns(self) -> Sequence[tuple[int, int]]:
        return [(number, size) for number, (_, size, _) in enumerate(self.kept.checkpoints)]

    def newest_checkpoint(self) -> str | None:
        return self.kept.checkpoints[-1][0] if self.kept.checkpoints else None

    def anchor_took(self, receipt: Receipt) -> None:
        require(self._writable)
        self.kept.receipts[receipt.name, receipt.size] = receipt
        self.kept.failures.pop(receipt.name, None)

    def anchor_mended(self, name: str) -> None:
        require(self._writable)
        self.kept.failures.pop(name, None)

    def anchor_failed(self, name: str, reason: str, at: datetime) -> None:
        require(self._writable)
        known = self.kept.failures.get(name)
        self.kept.failures[name] = Failure(name, known.since if known else at, at, reason)

    def entries(self, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        return (
            decode(row.encoded)
            for row in list(self.kept.rows)
            if row.incident == incident_id and row.seq > after and (not kinds or row.kind in kinds)
        )

    def bodies(self, incident_id: str) -> Iterator[bytes]:
        return (row.encoded for row in self.kept.rows if row.incident == incident_id)

    def entry_count(self, incident_id: str) -> int:
        return sum(row.incident == incident_id for row in self.kept.rows)

    def append(self, drafts: Sequence[Draft], *, recorded_at: datetime) -> Sequence[Entry]:
        require(self._writable)
        size = self.kept.head.size
        at = max(recorded_at, decode(self.kept.rows[-1].encoded).recorded_at) if size else recorded_at
        appended = [draft.at(size + place, at) for place, draft in enumerate(drafts)]
        for entry in appended:
            body = encode(entry)
            self.kept.rows.append(Row(entry.seq, body, entry.incident, entry.kind, leaf_hash(body)))
        self.kept.head, full = self.kept.head.grow(row.leaf_hash for row in self.kept.rows[size:])
        self.kept.uppers += full
        return appended

    def head(self) -> CompactRange:
        return self.kept.head

    def add_checkpoint(self, note: str, *, size: int, at: datetime) -> None:
        require(self._writable)
        require_aware(at)
        if self.kept.checkpoints and size < self.kept.checkpoints[-1][1]:
            raise PermanentError("checkpoint takes the next line only")
        self.kept.checkpoints.append((note, size, at))

    def last_checkpoint(self) -> tuple[int, datetime] | None:
        return self.kept.checkpoints[-1][1:] if self.kept.checkpoints else None

    def put_projection(
        self, board: BoardRow, clocks: Sequence[ClockRow] | None, timeline: Sequence[TimelineRow]
    ) -> None:
        require(self._writable)
        self.kept.board[board.incident_id] = board
        if clocks is not None:
            for key in [key for key in self.kept.clocks if key[0] == board.incident_id]:
                del self.kept.clocks[key]
            self.kept.clocks |= {(row.incident_id, row.obligation_id): row for row in clocks}
        self.kept.timeline |= {(row.incident_id, row.seq): row for row in timeline}

    def clear_projections(self) -> None:
        require(self._writable)
        self.kept.board, self.kept.clocks, self.kept.timeline = {}, {}, {}


class FakePeople:
    """`ports.People` on a copy."""

    def __init__(self, kept: Kept, *, writable: bool) -> None:
        self._kept = kept
        self._writable = writable

    def save_cohort(
        self,
        incident_id: str,
        cohort_id: str,
        rows: Iterable[PersonRow],
        document: bytes,
        *,
        named: Collection[str] = (),
    ) -> None:
        require(self._writable)
        if cohort_id in self._kept.documents:
            raise PermanentError("the cohort is there already")
        self._kept.documents[cohort_id] = document
        self._kept.named[cohort_id] = frozenset(named)
        self._kept.persons |= {(cohort_id, row.position): row for row in rows}

    def cohort_document(self, cohort_id: str) -> bytes:
        if cohort_id not in self._kept.documents:
            raise NotFoundError(f"no document of cohort {cohort_id}")
        return self._kept.documents[cohort_id]

    def persons(
        self,
        cohort_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        jurisdiction: str | None = None,
        certainty: str | None = None,
    ) -> Sequence[PersonRow]:
        rows = sorted(self._kept.persons.items(), key=lambda item: item[0])
        return [
            row
            for (of, position), row in rows
            if of == cohort_id
            and position > after
            and jurisdiction in {None, row.jurisdiction}
            and certainty in {None, row.certainty}
        ][:limit]

    def person(self, cohort_id: str, position: int) -> PersonRow:
        if (cohort_id, position) not in self._kept.persons:
            raise NotFoundError(f"cohort {cohort_id} has nobody at position {position}")
        return self._kept.persons[cohort_id, position]

    def sought(self, cohort_id: str, *, pseudonym: str = "", holding: bytes = b"") -> PersonRow | None:
        page = self.persons(cohort_id, limit=len(self._kept.persons))
        fits = (
            row
            for row in page
            if row.pseudonym == (pseudonym or row.pseudonym) and holding in (row.record or b"")
        )
        return next(fits, None)

    def stretches(self, cohort_id: str) -> Sequence[Stretch]:
        return stretches_of(self.persons(cohort_id, limit=len(self._kept.persons)))

    def positions(self, cohort_id: str, pseudonyms: Collection[str]) -> Mapping[str, int]:
        wanted = set(pseudonyms) & self._kept.named.get(cohort_id, frozenset())
        page = self.persons(cohort_id, limit=len(self._kept.persons))
        return {row.pseudonym: row.position for row in page if row.pseudonym in wanted}

    def commitments(self, cohort_id: str, *, first: int, count: int) -> Sequence[bytes]:
        page = self.persons(cohort_id, after=first - 1, limit=count)
        return [row.commitment for row in page if row.position < first + count]

    def keep_nodes(self, tree: str, nodes: Iterable[Node]) -> None:
        require(self._writable)
        self._kept.nodes |= {(tree, level, number): one for level, number, one in nodes}

    def nodes(self, tree: str, level: int, *, first: int, count: int) -> Sequence[bytes]:
        at = [(tree, level, number) for number in range(first, first + count)]
        return [self._kept.nodes[one] for one in at if one in self._kept.nodes]

    def set_apart(self, rows: Iterable[DeliveryRow]) -> None:
        require(self._writable)
        for row in rows:
            require_aware(row.changed_at)
            if (row.notice_id, row.position) in self._kept.deliveries:
                raise PermanentError("the delivery is there already")
            self._kept.deliveries[row.notice_id, row.position] = row

    def apart(self, notice_id: str, batches: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
        found: dict[int, dict[int, str]] = {}
        for row in self._kept.deliveries.values():
            if row.notice_id == notice_id and row.batch in set(batches):
                found.setdefault(row.batch, {})[row.position] = row.state
        return found

    def _everyone(self, notice_id: str) -> dict[int, DeliveryRow]:
        everyone = {}
        for (of, position), number in self._kept.holders.items():
            if of == notice_id:
                b = self._kept.batches[notice_id, number]
                everyone[position] = DeliveryRow(
                    notice_id, position, number, b.letter_id, b.state, b.reason, b.changed_at
                )
        own = {p: row for (of, p), row in self._kept.deliveries.items() if of == notice_id}
        return dict(sorted((everyone | own).items()))

    def deliveries(
        self,
        notice_id: str,
        *,
        batch: int | None = None,
        states: Sequence[str] = (),
        positions: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[DeliveryRow]:
        wanted, allowed = set(positions), set(states)
        return [
            row
            for row in self._everyone(notice_id).values()
            if row.position > after
            and batch in {None, row.batch}
            and (not allowed or row.state in allowed)
            and (not wanted or row.position in wanted)
        ][:limit]

    def move_deliveries(
        self, notice_id: str, positions: Sequence[int], *, state: str, reason: str | None, at: datetime
    ) -> None:
        require(self._writable)
        require_aware(at)
        everyone = self._everyone(notice_id)
        missing = sum(position not in everyone for position in set(positions))
        if missing:
            raise NotFoundError(f"notice {notice_id} has no delivery at {missing} of these positions")
        for position in positions:
            moved = replace(everyone[position], state=state, reason=reason, changed_at=at)
            self._kept.deliveries[notice_id, position] = moved

    def put_own(self, rows: Iterable[DeliveryRow]) -> None:
        require(self._writable)
        self._kept.deliveries |= {(row.notice_id, row.position): row for row in rows}

    def count_deliveries(self, notice_id: str) -> Mapping[str, int]:
        return dict(sorted(Counter(row.state for row in self._everyone(notice_id).values()).items()))

    def new_events(self, rows: Sequence[ProviderEventRow]) -> Sequence[ProviderEventRow]:
        require(self._writable)
        new = []
        for row in rows:
            if row.event_id not in self._kept.events:
                self._kept.events[row.event_id] = row
                new.append(row)
        return new


class FakeBatches:
    """`core.batches.Batches` on a copy."""

    def __init__(self, kept: Kept, *, writable: bool) -> None:
        self._kept = kept
        self._writable = writable

    def plan(self, rows: Iterable[BatchRow]) -> None:
        require(self._writable)
        for row in rows:
            if (row.notice_id, row.number) in self._kept.batches:
                raise PermanentError("the batch is there already")
            self._kept.batches[row.notice_id, row.number] = row
            self._kept.holders |= dict.fromkeys(
                ((row.notice_id, p) for p in spans.read(row.positions)), row.number
            )

    def put(self, rows: Sequence[BatchRow]) -> None:
        require(self._writable)
        for row in rows:
            known = self._kept.batches[row.notice_id, row.number]
            self._kept.batches[row.notice_id, row.number] = replace(row, positions=known.positions)

    def split(self, parent: BatchRow, children: Sequence[BatchRow]) -> None:
        self.put([parent])
        self.plan(children)
        for child in children:
            for position in spans.read(child.positions):
                own = self._kept.deliveries.get((parent.notice_id, position))
                if own is not None:
                    self._kept.deliveries[parent.notice_id, position] = replace(own, batch=child.number)

    def rows(
        self,
        notice_id: str,
        *,
        states: Sequence[str] = (),
        numbers: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[BatchRow]:
        return [
            row
            for (of, number), row in sorted(self._kept.batches.items(), key=lambda item: item[0])
            if of == notice_id
            and number > after
            and (not states or row.state in states)
            and (not numbers or number in numbers)
        ][:limit]

    def look(self, looking: Looking) -> Look:
        notice_id, numbers, provider = looking
        rows = {row.number: row for row in self.rows(notice_id, limit=1_000_000) if row.number in numbers}
        apart: dict[int, dict[int, str]] = {}
        for row in self._kept.deliveries.values():
            if row.notice_id == notice_id and row.batch in numbers:
                apart.setdefault(row.batch, {})[row.position] = row.state
        return Look(rows, apart, self.pace(provider))

    def count(self, notice_id: str, *, states: Sequence[str]) -> int:
        return len(self.rows(notice_id, states=states, limit=1_000_000))

    def next_number(self, notice_id: str) -> int:
        return max((number for of, number in self._kept.batches if of == notice_id), default=-1) + 1

    def people_by_state(self, notice_id: str) -> Mapping[str, int]:
        counted: Counter[str] = Counter()
        for row in self.rows(notice_id, limit=1_000_000):
            counted[row.state] += row.people
        return counted

    def of_messages(self, message_ids: Sequence[str]) -> Mapping[str, BatchRow]:
        return {
            row.message_id: row for row in self._kept.batches.values() if row.message_id in set(message_ids)
        }

    def holders(self, notice_id: str, positions: Sequence[int]) -> Mapping[int, int]:
        found = {p: self._kept.holders.get((notice_id, p)) for p in sorted(set(positions))}
        return {position: number for position, number in found.items() if number is not None}

    def addressed(self, cohort_id: str, first: int, last: int) -> Addressees:
        people = (self._kept.persons.get((cohort_id, p)) for p in range(first, last + 1))
        return Addressees.of((p.position, p.email, p.name, p.language) for p in people if p)

    def readings(self, cohort_id: str, positions: str) -> Sequence[Reading]:
        people = (self._kept.persons.get((cohort_id, p)) for p in spans.read(positions))
        return [Reading(p.position, p.email, p.name, p.language) for p in people if p and p.email is not None]

    def readings_of(self, cohort_id: str, batches: Sequence[str]) -> Sequence[Sequence[Reading]]:
        return [self.readings(cohort_id, positions) for positions in batches]

    def pace(self, provider: str) -> PaceRow | None:
        return self._kept.paces.get(provider)

    def put_pace(self, row: PaceRow) -> None:
        require(self._writable)
        self._kept.paces[row.provider] = row


def as_kept(row: object) -> dict[str, object]:
    """Write a row as a database keeps it: lists as JSON text."""
    return {
        name: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        if isinstance(value, tuple)
        else value
        for name, value in asdict(row).items()
    }


def require(writable: bool) -> None:
    if not writable:
        raise PermanentError("the database refused (a reading transaction)")


def require_aware(at: datetime) -> None:
    if at.utcoffset() is None:
        raise BadInputError("an instant needs a time zone")
