"""Make the next batches of a notice ready while others travel: which come next, their people read and checked.

Where several calls are made at once, a thread of its own reads, so that turns need not wait for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self

from incident.core.people import BatchRow
from incident.errors import TocsinError
from incident.service.calls import Call, NoticeLetter, content_in, make_ready, read_people
from incident.service.house import House
from incident.service.snapshots import Snapshot

AHEAD = 2
"""Batches made ready beyond those that can be called at once, for each of these."""
ROWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of some batches: calls to be made, and why it went no further."""

    calls: Sequence[Call]
    error: TocsinError | None


@dataclass
class ReadyAhead:
    """The batches of a notice that come next; `share` is (which, of how many) runs: each begins with its own.

    `calls` are ready; `error` is set once a batch could not be made ready, and nothing more is then.
    """

    snapshot: Snapshot
    notice_id: str
    share: tuple[int, int]
    calls: deque[Call] = field(default_factory=deque)
    error: TocsinError | None = None
    _letters: dict[str, NoticeLetter] = field(default_factory=dict)
    _waiting: deque[BatchRow] = field(default_factory=deque)
    _under_way: dict[Future[_Read], tuple[int, ...]] = field(default_factory=dict)
    _thread: ThreadPoolExecutor | None = None
    _cursor: int = -1

    def __post_init__(self) -> None:
        self.house = self.snapshot.house
        self.at_once = self.house.mailer.at_once
        self._sharing = self.share[1] > 1
        if self.at_once > 1:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)

    @property
    def under_way(self) -> Sequence[Future[_Read]]:
        """Return what is being read, to be waited for."""
        return list(self._under_way)

    def start_over(self) -> None:
        """Look at every planned batch anew: some wait again, or were not as they had been read."""
        self._cursor = -1

    def fill(self) -> None:
        """Take in what was read, and have the next batches read, as many as the next turns can use."""
        self._take_in()
        want = self.at_once * (1 + AHEAD) if self.at_once > 1 else 1
        while self.error is None and (room := want - len(self._held())) > 0:
            rows = self._next_rows(min(room, self.at_once))
            if rows:
                self._cursor = rows[-1].number
                self._read(rows)
            elif self._sharing:
                self._sharing, self._cursor = False, -1
            else:
                return

    def _take_in(self) -> None:
        """Take what was read, in the order in which it was asked for."""
        for future in self.under_way:
            if not future.done():
                return
            self._under_way.pop(future)
            self._keep(future.result())

    def _keep(self, read: _Read) -> None:
        self.calls += read.calls
        self.error = self.error or read.error

    def _held(self) -> set[int]:
        """Return the numbers of the batches that are ready or being read."""
        reading = {number for numbers in self._under_way.values() for number in numbers}
        return reading | {call.row.number for call in self.calls}

    def _read(self, rows: Sequence[BatchRow]) -> None:
        try:
            letters = [self._letter(row.letter_id) for row in rows]
        except TocsinError as error:
            self.error = error
            return
        asked = (self.house, self.snapshot.incident_id, rows, letters)
        if self._thread is None:
            self._keep(_read(*asked))
        else:
            self._under_way[self._thread.submit(_read, *asked)] = tuple(row.number for row in rows)

    def _letter(self, letter_id: str) -> NoticeLetter:
        if letter_id not in self._letters:
            state = self.snapshot.look()
            self._letters[letter_id] = content_in(self.house, state, self.notice_id, letter_id)
        return self._letters[letter_id]

    def _next_rows(self, most: int) -> list[BatchRow]:
        """Return planned batches after the last one; some are read at a time, and looked at again before a call."""
        which, shares = self.share
        held = self._held()
        while not self._waiting or self._waiting[0].number <= self._cursor or self._cursor < 0:
            with self.house.store.reading() as tx:
                page = tx.batches.rows(
                    self.notice_id, states=("planned",), after=self._cursor, limit=self._rows_at_once
                )
            ours = [row for row in page if not self._sharing or row.number % shares == which]
            self._waiting = deque(row for row in ours if row.number not in held)
            if self._waiting or len(page) < self._rows_at_once:
                break
            self._cursor = page[-1].number
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    @property
    def _rows_at_once(self) -> int:
        """Few where others take batches too: what is read long before is taken by then."""
        return ROWS_AT_ONCE if self.share[1] == 1 else 2 * self.at_once * (1 + AHEAD)


def _read(house: House, incident_id: str, rows: Sequence[BatchRow], letters: Sequence[NoticeLetter]) -> _Read:
    """Read and check the people of batches, up to the first that is not as it was laid out."""
    calls: list[Call] = []
    try:
        with house.store.reading() as tx:
            for one in read_people(tx, rows, letters):
                call = make_ready(tx, one, incident_id=incident_id, at=house.clock.now())
                if call is not None:
                    calls.append(call)
    except TocsinError as error:
        return _Read(calls, error)
    return _Read(calls, None)
