"""Hand batches over: several calls at once, and in each turn one commit that holds the answers and the next intents.

An intent is committed before its call begins, and no database session is held during a call. Batches are made ready
while others travel. Whatever stops the run, every call that was made is answered for first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.decide import batches as decide
from incident.core.going import why_held_up
from incident.core.mailing import NotSent, Outcome, Uncertain
from incident.core.pacing import Granted, PaceRow, as_of, grant, learn
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.core.stopping import why_stop
from incident.errors import PermanentError, TocsinError, TransientError
from incident.ports import Transaction
from incident.service.answers import record_answers
from incident.service.calls import Call, NoticeLetter, content_in, make_ready
from incident.service.house import write
from incident.service.runs import Run
from incident.service.snapshots import Snapshot

READY_AHEAD = 2
"""Batches made ready beyond those that can be called at once, for each of these."""
ROWS_AT_ONCE = 64
LONGEST_PAUSE_SECONDS = 300.0
"""A provider that wants us to wait for longer ends the run; the next one asks again."""

PATIENCE = 8
"""Times in a row that a busy database, or a provider that takes nothing, is asked again before the run ends."""

Answered = tuple[Call, Outcome]


@dataclass
class Dispatch:
    """One run over the batches of a notice."""

    snapshot: Snapshot
    notice_id: str
    run: Run
    share: tuple[int, int]
    progress: Callable[[int, int], None]
    accepted: int = 0
    _letters: dict[str, NoticeLetter] = field(default_factory=dict)
    _ready: deque[Call] = field(default_factory=deque)
    _waiting: deque[BatchRow] = field(default_factory=deque)
    _cursor: int = -1
    _sharing: bool = True
    _pause: float = 0.0
    _stop: TocsinError | None = None
    _turned_away: int = 0
    _failures: int = 0
    _done: int = 0
    _all: int = 0

    def __post_init__(self) -> None:
        self.house = self.snapshot.house
        self.at_once = self.house.mailer.at_once
        self.limits = self.house.profile.pace
        self.provider = self.house.mailer.name
        self._sharing = self.share[1] > 1

    def send_all(self) -> int:
        """Send until nothing planned is left, or something stops the run; returns how many people were taken."""
        with self.house.store.reading() as tx:
            self._all = tx.batches.count(self.notice_id, states=("planned",))
        flying: dict[Future[Outcome], Call] = {}
        unrecorded: list[Answered] = []
        with ThreadPoolExecutor(self.at_once, thread_name_prefix="call") as pool:
            while True:
                unrecorded += _finished(flying)
                for call in self._turn_or_wait(unrecorded, room=self.at_once - len(flying)):
                    flying[pool.submit(self.house.mailer.send, call.batch)] = call
                self._make_ready()
                if not flying and not unrecorded and not self._go_on():
                    break
                if flying:
                    wait(flying, return_when=FIRST_COMPLETED)
        if self._stop is not None:
            raise self._stop
        return self.accepted

    def _turn_or_wait(self, unrecorded: list[Answered], *, room: int) -> list[Call]:
        """Take a turn; a database that is busy or away is waited for, because the answers are known only here."""
        try:
            calls = self._turn(unrecorded, room=room)
        except TransientError:
            self._failures += 1
            if self._failures > PATIENCE:
                raise
            self.house.clock.pause(min(0.1 * 2**self._failures, 5.0))
            return []
        self._failures = 0
        unrecorded.clear()
        return calls

    def _go_on(self) -> bool:
        """Say whether there is more to do now that nothing is under way; waits where the pace asks for it."""
        if self._stop is not None:
            return False
        if self._pause > LONGEST_PAUSE_SECONDS:
            self._stop = TransientError(f"the provider wants us to wait {self._pause:.0f} seconds")
            return False
        self._make_ready()
        if not self._ready:
            return False
        if self._pause:
            self.house.clock.pause(min(self._pause, LONGEST_PAUSE_SECONDS))
            self.run.renew()
        return True

    # ------------------------------------------------------------ one turn, one commit
    def _turn(self, finished: Sequence[Answered], *, room: int) -> list[Call]:
        """Record the answers and the next intents together; returns the calls that may be made now."""
        self._judge(finished)
        apart = self.at_once == 1 and bool(
            finished
        )  # one call at a time: its answer stands before the next intent
        wanted = [] if self._stop or apart else [self._ready[i] for i in range(min(room, len(self._ready)))]
        if not finished and not wanted:
            return []
        now, real_now = self.house.clock.now(), self.house.clock.real_now()
        with self.snapshot.begin() as (tx, state):
            pace = as_of(tx.batches.pace(self.provider) or PaceRow(self.provider, real_now), real_now)
            noted = record_answers(self.house, tx, state, finished, now=now)
            for _call, outcome in finished:
                pace = learn(pace, self.limits, outcome, now=real_now)
            calls, events, granted = self._intend(tx, state, self._let_go(state, wanted), pace, now)
            write(self.house, tx, state, (*noted.events, *events), actor=TOCSIN, now=now)
            tx.batches.put_pace(granted.row)
        self._cursor = -1 if noted.more_to_send else self._cursor
        self._pause = granted.wait_seconds
        self.accepted += noted.accepted
        self._tell(len(finished))
        for _ in calls:
            self._ready.popleft()
        for kind in (*noted.kinds, *[e.BatchIntended.KIND] * len(calls)):
            self.house.points.reach(f"{kind}:after")
        return calls

    def _let_go(self, state: Incident, wanted: list[Call]) -> list[Call]:
        """Hand nothing more over when somebody paused or stopped; what is under way is answered for first."""
        why = why_held_up(state, self.notice_id)
        if why is None:
            return wanted
        self._stop = self._stop or PermanentError(why)
        return []

    def _judge(self, finished: Sequence[Answered]) -> None:
        """See whether an answer ends the run."""
        for call, outcome in finished:
            self._turned_away = self._turned_away + 1 if isinstance(outcome, NotSent) else 0
            self._stop = self._stop or why_stop(outcome, lone=len(call.readings) == 1)
            if self._turned_away > PATIENCE and isinstance(outcome, NotSent):
                self._stop = self._stop or TransientError(f"the provider takes nothing now: {outcome.reason}")

    def _tell(self, finished: int) -> None:
        """Renew what says that this run lives, and say how far it is; another run may have taken over."""
        if not finished:
            return
        self._done += finished
        self.run.renew()
        try:
            self.progress(min(self._done, self._all), self._all)
        except TocsinError as error:
            self._stop = self._stop or error

    def _intend(
        self, tx: Transaction, state: Incident, wanted: Sequence[Call], pace: PaceRow, now: datetime
    ) -> tuple[list[Call], list[e.Event], Granted]:
        numbers = [call.row.number for call in wanted]
        present = {r.number: r for r in tx.batches.rows(self.notice_id, numbers=numbers)} if numbers else {}
        apart = tx.people.apart(self.notice_id, numbers) if numbers else {}
        committed = [c for c in wanted if self._is_ours(present.get(c.row.number), c)]
        still = [c for c in wanted if present.get(c.row.number) == c.row and _as_read(c, apart)]
        for call in wanted:
            if call not in still and call not in committed:
                self._ready.remove(call)
                self._cursor = -1
        granted = grant(pace, self.limits, [len(c.readings) for c in still], now=self.house.clock.real_now())
        calls = [call.dated(now) for call in still[: granted.calls]]
        events: list[e.Event] = []
        for call in calls:
            letter = state.notices[self.notice_id].letters[call.row.letter_id]
            events += decide.intend_batch(
                state, call.intended(letter, provider=self.provider, run=self.run.run_id)
            )
        tx.batches.put([self._intended(call, state, now) for call in calls])
        return committed + calls, events, granted

    def _intended(self, call: Call, state: Incident, now: datetime) -> BatchRow:
        return replace(
            call.row,
            state="intent",
            attempt=call.batch.attempt,
            body_sha256=state.notices[self.notice_id].letters[call.row.letter_id].sha256,
            message_id=None,
            provider=self.provider,
            run=self.run.run_id,
            reason=None,
            intended_at=now,
            answered_at=None,
            changed_at=now,
        )

    def _is_ours(self, row: BatchRow | None, call: Call) -> bool:
        """Whether a commit that seemed to fail was made: the intent is ours, and nobody was called under it."""
        ours = row is not None and row.state == "intent" and row.run == self.run.run_id
        return ours and row is not None and row.attempt == call.batch.attempt

    # ------------------------------------------------------------ while others travel
    def _make_ready(self) -> None:
        """Read and check the next batches, as many as the next turns can use."""
        want = self.at_once * (1 + READY_AHEAD) if self.at_once > 1 else 1
        while len(self._ready) < want and self._stop is None:
            rows = self._next_rows(want - len(self._ready))
            if not rows:
                if not self._sharing:
                    return
                self._sharing, self._cursor = False, -1
                continue
            try:
                letters = [self._letter(row.letter_id) for row in rows]
                with self.house.store.reading() as tx:
                    for row, letter in zip(rows, letters, strict=True):
                        self._cursor = row.number
                        self._prepare(tx, row, letter)
            except TocsinError as error:
                self._stop = error

    def _next_rows(self, most: int) -> list[BatchRow]:
        """Return planned batches after the last one; some are read at a time, and looked at again before a call."""
        which, shares = self.share
        ready = {call.row.number for call in self._ready}
        while not self._waiting or self._waiting[0].number <= self._cursor or self._cursor < 0:
            with self.house.store.reading() as tx:
                page = tx.batches.rows(
                    self.notice_id, states=("planned",), after=self._cursor, limit=self._rows_at_once
                )
            ours = [row for row in page if not self._sharing or row.number % shares == which]
            self._waiting = deque(row for row in ours if row.number not in ready)
            if self._waiting or len(page) < self._rows_at_once:
                break
            self._cursor = page[-1].number
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]

    @property
    def _rows_at_once(self) -> int:
        """Few where others take batches too: what is read long before is taken by then."""
        return ROWS_AT_ONCE if self.share[1] == 1 else 2 * self.at_once * (1 + READY_AHEAD)

    def _letter(self, letter_id: str) -> NoticeLetter:
        if letter_id not in self._letters:
            state = self.snapshot.look()
            self._letters[letter_id] = content_in(self.house, state, self.notice_id, letter_id)
        return self._letters[letter_id]

    def _prepare(self, tx: Transaction, row: BatchRow, letter: NoticeLetter) -> None:
        now, incident_id = self.house.clock.now(), self.snapshot.incident_id
        call = make_ready(tx, row, letter, incident_id=incident_id, at=now)
        if call is not None:
            self._ready.append(call)


def _finished(flying: dict[Future[Outcome], Call]) -> list[Answered]:
    done = [future for future in flying if future.done()]
    return [(flying.pop(future), _outcome(future)) for future in done]


def _outcome(future: Future[Outcome]) -> Outcome:
    """Return the answer; a transport that raises has broken its promise, and what it did is not known."""
    error = future.exception()
    return future.result() if error is None else Uncertain(f"the transport failed: {type(error).__name__}")


def _as_read(call: Call, apart: Mapping[int, Mapping[int, str]]) -> bool:
    """Whether nobody of the call was told, or reported on, since it was made ready."""
    told = apart.get(call.row.number)
    return not told or told.keys().isdisjoint(call.positions)
