"""What a provider's answer does to a batch: pure, one decision for a thousand people where they share a fate.

Accepted, refused and in doubt are the batch's own state. Whoever differs gets a row of their own (refused), or moves
into a child batch (still to be sent, or in doubt alone), so that every batch has one state at any time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from incident.core import events as e
from incident.core import spans
from incident.core.batches import SPLIT
from incident.core.deliveries import CLIMB, DeliveryState, Signal, advance
from incident.core.mailing import (
    Accepted,
    Batch,
    Mixed,
    NotSent,
    Outcome,
    Refused,
    Split,
    Stop,
    Uncertain,
    per_recipient,
)
from incident.core.people import BatchRow

Digest = Callable[[Sequence[int]], str]
WORDS: Mapping[type, str] = {
    Accepted: "accepted",
    Refused: "refused",
    NotSent: "not_sent",
    Stop: "stopped",
    Split: "split",
    Uncertain: "uncertain",
    Mixed: "mixed",
}
LEARNED: Mapping[type, Signal] = {
    Accepted: Signal.TAKEN,
    Refused: Signal.TURNED_DOWN,
    NotSent: Signal.NOT_SENT,
    Stop: Signal.NOT_SENT,
    Split: Signal.NOT_SENT,
    Uncertain: Signal.IN_DOUBT,
}
STATES: Mapping[Signal, str] = {
    Signal.TAKEN: "accepted",
    Signal.TURNED_DOWN: "refused",
    Signal.NOT_SENT: "planned",
    Signal.IN_DOUBT: "uncertain",
}
_LEADS = (Signal.TAKEN, Signal.IN_DOUBT, Signal.NOT_SENT, Signal.TURNED_DOWN)
"""Which of several fates stays with the batch; the first that somebody shares."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer comes to: the event, the batch as it is now, its children, and who moves by row of their own."""

    event: e.BatchAnswered
    row: BatchRow
    children: tuple[BatchRow, ...]
    moves: Mapping[str, tuple[int, ...]]


def answer(
    row: BatchRow,
    batch: Batch,
    outcome: Outcome,
    *,
    positions: Sequence[int],
    apart: Mapping[int, str],
    next_number: Callable[[], int],
    digest: Digest,
    at: datetime,
) -> Answer:
    """Decide what an outcome does; `apart` is who has a row of their own, with its state, whatever came first.

    `next_number` is asked when people move into batches of their own, which is seldom.

    An event about somebody in the call shows that the provider took it, whatever else is known: no doubt is left.
    """
    by_signal, moves, tally = _sorted_out(_signals(batch, outcome), positions, apart)
    shared = _Shared(row, by_signal, next_number, digest, at)
    state, children = shared.divided(halve=_halves(outcome, len(batch.recipients)))
    if by_signal.get(Signal.TURNED_DOWN) and state != "refused":
        moves["refused"] += by_signal[Signal.TURNED_DOWN]
    for signal, people in by_signal.items():
        tally[f"intent>{STATES[signal]}"] += len(people)
    event = _event(row, outcome, state, moves, tally, children)
    changed = replace(
        row,
        state=state,
        people=row.people - sum(child.people for child in children),
        message_id=event.message_id,
        reason=event.reason,
        answered_at=at,
        changed_at=at,
        run=None,
    )
    return Answer(event, changed, children, {where: tuple(who) for where, who in moves.items()})


def _sorted_out(
    signals: Sequence[Signal], positions: Sequence[int], apart: Mapping[int, str]
) -> tuple[Mapping[Signal, Sequence[int]], defaultdict[str, list[int]], Counter[str]]:
    """Return who shares which fate, who of the others moves where, and the tally of those moves."""
    if not apart and signals.count(signals[0]) == len(signals):
        return {signals[0]: positions}, defaultdict(list), Counter()
    reported = any(DeliveryState(apart[p]) in CLIMB for p in positions if p in apart)
    by_signal: defaultdict[Signal, list[int]] = defaultdict(list)
    moves: defaultdict[str, list[int]] = defaultdict(list)
    tally: Counter[str] = Counter()
    for position, said in zip(positions, signals, strict=True):
        signal = Signal.TAKEN if reported and said is Signal.IN_DOUBT else said
        if position not in apart:
            by_signal[signal].append(position)
            continue
        old = DeliveryState(apart[position])
        new, _why = advance(old, signal)
        if new is not old:
            moves[new.value].append(position)
            tally[f"{old}>{new}"] += 1
    return by_signal, moves, tally


def _event(
    row: BatchRow,
    outcome: Outcome,
    state: str,
    moves: Mapping[str, Sequence[int]],
    tally: Mapping[str, int],
    children: Sequence[BatchRow],
) -> e.BatchAnswered:
    return e.BatchAnswered(
        row.notice_id,
        row.number,
        row.attempt,
        WORDS[type(outcome)],
        outcome.message_id if isinstance(outcome, Accepted) else None,
        None if isinstance(outcome, Accepted | Mixed) else outcome.reason,
        {where: spans.written(sorted(who)) for where, who in moves.items()},
        dict(tally),
        state,
        tuple(e.ChildBatch(c.number, c.state, c.positions, c.people_sha256) for c in children),
    )


@dataclass(frozen=True, slots=True)
class _Shared:
    """Those of a batch who have no row of their own, by what was learned of them."""

    row: BatchRow
    by_signal: Mapping[Signal, Sequence[int]]
    next_number: Callable[[], int]
    digest: Digest
    at: datetime

    def divided(self, *, halve: bool) -> tuple[str, tuple[BatchRow, ...]]:
        """Return the state that stays with the batch, and the batches that others move into."""
        if halve:
            people = self.by_signal[Signal.NOT_SENT]
            middle = max(1, len(people) // 2)
            parts = [part for part in (people[:middle], people[middle:]) if part]
            return SPLIT, tuple(self._child(n, "planned", part) for n, part in enumerate(parts))
        present = [signal for signal in _LEADS if self.by_signal.get(signal)]
        if not present:
            return "accepted", ()
        lead, *others = present
        apart = [s for s in others if s is not Signal.TURNED_DOWN]
        if lead is Signal.NOT_SENT and not apart:
            return "planned", ()
        return STATES[lead], tuple(self._child(n, STATES[s], self.by_signal[s]) for n, s in enumerate(apart))

    def _child(self, place: int, state: str, people: Sequence[int]) -> BatchRow:
        return replace(
            self.row,
            number=self.next_number() + place,
            state=state,
            people=len(people),
            positions=spans.written(people),
            people_sha256=self.digest(people),
            parent=self.row.number,
            changed_at=self.at,
            message_id=None,
            run=None,
        )


def _signals(batch: Batch, outcome: Outcome) -> list[Signal]:
    """Say what was learned about each recipient; a refusal that blames nobody is no refusal of anybody."""
    if not isinstance(outcome, Mixed | Refused):
        return [LEARNED[type(outcome)]] * len(batch.recipients)
    blamed = len(batch.recipients) == 1 or isinstance(outcome, Mixed) or outcome.indexes is not None
    learned = [LEARNED[type(single)] for single in per_recipient(batch, outcome)]
    return [Signal.NOT_SENT if s is Signal.TURNED_DOWN and not blamed else s for s in learned]


def _halves(outcome: Outcome, people: int) -> bool:
    """Whether the batch is cut in two, until the one to blame is alone."""
    blameless = isinstance(outcome, Split) or (isinstance(outcome, Refused) and outcome.indexes is None)
    return blameless and people > 1
