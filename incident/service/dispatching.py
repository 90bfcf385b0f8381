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
from incident.core.mailing import Mixed, NotSent, Outcome, Single, Split, Stop, Uncertain
from incident.core.pacing import Granted, PaceRow, grant, learn
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.errors import PermanentError, TocsinError, TransientError
from incident.ports import Transaction
from incident.service.answers import record_answer
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
        kinds: list[str] = []
        accepted = 0
        with self.snapshot.begin() as (tx, state):
            pace = tx.batches.pace(self.provider) or PaceRow(self.provider, self.house.clock.real_now())
            for done in finished:
                noted = record_answer(self.house, tx, state, *done)
                kinds += noted.kinds
                accepted += noted.accepted
                self._cursor = -1 if noted.more_to_send else self._cursor
                pace = learn(pace, self.limits, done[1], now=self.house.clock.real_now())
            calls, granted = self._intend(tx, state, self._let_go(state, wanted), pace)
            kinds += [e.BatchIntended.KIND] * len(calls)
            tx.batches.put_pace(granted.row)
        self._pause = granted.wait_seconds
        self.accepted += accepted
        self._tell(len(finished))
        for _ in calls:
            self._ready.popleft()
        for kind in kinds:
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
            self._stop = self._stop or _why_stop(outcome, lone=len(call.readings) == 1)
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
        self, tx: Transaction, state: Incident, wanted: Sequence[Call], pace: PaceRow
    ) -> tuple[list[Call], Granted]:
        now = self.house.clock.now()
        numbers = [call.row.number for call in wanted]
        present = {r.number: r for r in tx.batches.rows(self.notice_id, numbers=numbers)} if numbers else {}
        apart = tx.people.apart(self.notice_id, numbers)
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
        write(self.house, tx, state, events, actor=TOCSIN, now=now)
        tx.batches.put([self._intended(call, state, now) for call in calls])
        return committed + calls, granted

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
            rows = self._next_rows()
            if not rows:
                if not self._sharing:
                    return
                self._sharing, self._cursor = False, -1
                continue
            try:
                for row in rows[: want - len(self._ready)]:
                    self._cursor = row.number
                    self._prepare(row)
            except TocsinError as error:
                self._stop = error

    def _next_rows(self) -> list[BatchRow]:
        which, shares = self.share
        ready = {call.row.number for call in self._ready}
        after = self._cursor
        while True:
            with self.house.store.reading() as tx:
                page = tx.batches.rows(self.notice_id, states=("planned",), after=after, limit=ROWS_AT_ONCE)
            found = [
                row
                for row in page
                if row.number not in ready and (not self._sharing or row.number % shares == which)
            ]
            if found or len(page) < ROWS_AT_ONCE:
                return found
            after = page[-1].number

    def _prepare(self, row: BatchRow) -> None:
        if row.letter_id not in self._letters:
            state = self.snapshot.look()
            self._letters[row.letter_id] = content_in(self.house, state, self.notice_id, row.letter_id)
        with self.house.store.reading() as tx:
            call = make_ready(
                tx,
                row,
                self._letters[row.letter_id],
                incident_id=self.snapshot.incident_id,
                at=self.house.clock.now(),
            )
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
    return not set(apart.get(call.row.number, ())) & set(call.positions)


def _why_stop(outcome: Outcome, *, lone: bool) -> TocsinError | None:
    """Return what ends the run, if anything does: a person must mend it."""
    singles: Sequence[Single] = outcome.each if isinstance(outcome, Mixed) else (outcome,)
    for single in singles:
        if isinstance(single, Stop):
            return PermanentError(f"the provider refuses us until a person mends it: {single.reason}")
        if isinstance(single, NotSent) and isinstance(outcome, Mixed):
            return TransientError(f"the provider wants us to wait: {single.reason}")
        if isinstance(single, Split) and lone:
            return PermanentError(f"a letter to one person is too large: {single.reason}")
    return None
