"""Hand batches over: several calls at once, and in each turn one commit that holds the answers and the next intents.

An intent is committed before its call begins, and no database session is held during a call. Batches are made ready
while others travel. Whatever stops the run, every call that was made is answered for first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from queue import Empty, SimpleQueue

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.batches import Look, Looking
from incident.core.decide import batches as decide
from incident.core.going import why_held_up
from incident.core.mailing import NotSent, Outcome, Uncertain
from incident.core.pacing import Granted, PaceRow, as_of, grant, learn
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.core.stopping import why_stop
from incident.errors import LostCommitError, PermanentError, TocsinError, TransientError
from incident.service.answers import record_answers
from incident.service.calls import Call
from incident.service.house import write
from incident.service.ready_ahead import ReadyAhead
from incident.service.runs import Run
from incident.service.snapshots import Snapshot

LONGEST_PAUSE_SECONDS = 300.0
"""A provider that wants us to wait for longer ends the run; the next one asks again."""

MOMENT_SECONDS = 0.005
"""So long after an answer another is waited for, until half of those under way have come."""
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
    _pause: float = 0.0
    _stop: TocsinError | None = None
    _turned_away: int = 0
    _failures: int = 0
    _done: int = 0
    _all: int = 0
    _landed: SimpleQueue[Future[Outcome]] = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        self.house = self.snapshot.house
        self.at_once = self.house.mailer.at_once
        self.limits = self.house.profile.pace
        self.provider = self.house.mailer.name
        self._ahead = ReadyAhead(self.snapshot, self.notice_id, self.share)

    def send_all(self) -> int:
        """Send until nothing planned is left, or something stops the run; returns how many people were taken."""
        with self.house.store.reading() as tx:
            self._all = tx.batches.count(self.notice_id, states=("planned",))
        flying: dict[Future[Outcome], Call] = {}
        unrecorded: list[Answered] = []
        with self._ahead, ThreadPoolExecutor(self.at_once, thread_name_prefix="call") as pool:
            while True:
                for call in self._turn_or_wait(unrecorded, room=self.at_once - len(flying)):
                    future = pool.submit(self.house.mailer.send, call.batch)
                    flying[future] = call
                    future.add_done_callback(self._landed.put)
                self._make_ready()
                if not flying and not unrecorded and not self._go_on():
                    break
                unrecorded += self._gathered(flying)
        if self._stop is not None:
            raise self._stop
        return self.accepted

    def _gathered(self, flying: dict[Future[Outcome], Call]) -> list[Answered]:
        """Wait for an answer, and a moment for others: a turn takes hardly longer for half of what is under way."""
        landed = [self._landed.get()] if flying else []
        with suppress(Empty):
            while len(landed) < len(flying):
                enough = 2 * len(landed) >= len(flying)
                landed.append(self._landed.get(timeout=0 if enough else MOMENT_SECONDS))
        return [(flying.pop(future), _outcome(future)) for future in landed]

    def _turn_or_wait(self, unrecorded: list[Answered], *, room: int) -> list[Call]:
        """Take a turn; a database that is busy or away is waited for, because the answers are known only here."""
        try:
            calls = self._turn(unrecorded, room=room)
        except (TransientError, LostCommitError):  # what a lost commit kept, the next turn sees
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
        while not self._ahead.calls and self._ahead.under_way:
            wait(self._ahead.under_way, return_when=FIRST_COMPLETED)
            if not self._make_ready():
                return False
        if not self._ahead.calls:
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
        wanted = [] if self._stop or apart else list(islice(self._ahead.calls, room))
        if not finished and not wanted:
            return []
        now, real_now = self.house.clock.now(), self.house.clock.real_now()
        numbers = {call.row.number for call in (*(one for one, _outcome in finished), *wanted)}
        looking = Looking(self.notice_id, tuple(sorted(numbers)), self.provider)
        with self.snapshot.begin(looking) as (tx, state):
            looked = tx.batches.look(looking)
            pace = as_of(looked.pace or PaceRow(self.provider, real_now), real_now)
            noted = record_answers(self.house, tx, state, finished, looked=looked, now=now)
            for _call, outcome in finished:
                pace = learn(pace, self.limits, outcome, now=real_now)
            going = self._let_go(state, wanted)
            calls, intended, events, granted = self._intend(state, going, looked, pace, now)
            tx.batches.put([*noted.changed, *intended])
            write(self.house, tx, state, (*noted.events, *events), actor=TOCSIN, now=now)
            tx.batches.put_pace(granted.row)
        if noted.more_to_send:
            self._ahead.start_over()
        self._pause = granted.wait_seconds
        self._tell(len(finished))
        self.accepted += noted.accepted
        for _ in calls:
            self._ahead.calls.popleft()
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

    def _make_ready(self) -> bool:
        """Have the next batches read while others travel; one that cannot be made ready ends the run."""
        if self._stop is None:
            self._ahead.fill()
            self._stop = self._ahead.error
        return self._stop is None

    def _intend(
        self,
        state: Incident,
        wanted: Sequence[Call],
        looked: Look,
        pace: PaceRow,
        now: datetime,
    ) -> tuple[list[Call], list[BatchRow], list[e.Event], Granted]:
        """Intend what is as it was read; nobody's answer is recorded in the same turn as another call to them."""
        present = looked.rows
        committed = [c for c in wanted if self._is_ours(present.get(c.row.number), c)]
        still = [c for c in wanted if present.get(c.row.number) == c.row and _as_read(c, looked.apart)]
        for call in wanted:
            if call not in still and call not in committed:
                self._ahead.calls.remove(call)
                self._ahead.start_over()
        granted = grant(pace, self.limits, [len(c.readings) for c in still], now=self.house.clock.real_now())
        calls = [call.dated(now) for call in still[: granted.calls]]
        events: list[e.Event] = []
        for call in calls:
            letter = state.notices[self.notice_id].letters[call.row.letter_id]
            events += decide.intend_batch(
                state, call.intended(letter, provider=self.provider, run=self.run.run_id)
            )
        return committed + calls, [self._intended(call, state, now) for call in calls], events, granted

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


def _outcome(future: Future[Outcome]) -> Outcome:
    """Return the answer; a transport that raises has broken its promise, and what it did is not known."""
    error = future.exception()
    return future.result() if error is None else Uncertain(f"the transport failed: {type(error).__name__}")


def _as_read(call: Call, apart: Mapping[int, Mapping[int, str]]) -> bool:
    """Whether nobody of the call was told, or reported on, since it was made ready."""
    told = apart.get(call.row.number)
    return not told or told.keys().isdisjoint(call.positions)
