"""What became of each person, by the entries alone; the rows beside the ledger are compared with it.

One byte a person, so that a million of them fit; ranges are moved as ranges. What the states mean is `deliveries`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from incident.core import events as e
from incident.core import spans
from incident.core.deliveries import DeliveryState

STATES: Final = tuple(DeliveryState)
_CODE: Final = {state.value: bytes([place]) for place, state in enumerate(STATES)}

Layout = Callable[[int], str]
"""Gives the positions (ranges) of a batch that the plan laid out, whose hash is in the ledger."""


@dataclass(slots=True)
class Replay:
    """The deliveries of one notice, from its plan on; `people` counts everyone who is to be told."""

    plan: e.NoticePlanned
    people: int
    layout: Layout
    states: bytearray = field(init=False)
    letters: dict[int, str] = field(default_factory=dict)
    _held_by: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        began = "held" if self.plan.tally.get("held") else "planned"
        self.states = bytearray(_CODE[began] * self.people)
        self._put(self.plan.apart, "no_address")

    def state(self, position: int) -> str:
        """Return the state of one person."""
        return STATES[self.states[position]].value

    def letter(self, batch: int) -> str | None:
        """Return the letter of a batch that was handed over at least once."""
        return self.letters.get(batch)

    def take(self, event: Any) -> None:
        """Add one event of this notice; others change nothing."""
        match event:
            case e.BatchIntended():
                self.letters[event.batch] = event.letter_id
                self._held_by[event.batch] = event.positions
                self._put(event.positions, "intent")
            case e.BatchAnswered():
                self._answered(event)
            case e.BatchResolved():
                where = "accepted" if event.accepted else "planned"
                self._change(self._held_by[event.batch], ("uncertain",), where)
                self._put_all(event.moved.items())
            case e.DeliveriesResolved():
                self._leave(event.batch, (event.child,))
            case e.BatchesMoved():
                before = tuple(arrow.partition(">")[0] for arrow in event.tally)
                for number in spans.read(event.batches):
                    held = self._held_by.get(number)
                    self._change(self.layout(number) if held is None else held, before, event.state)
            case e.DeliveriesAdvanced():
                self._put_all(event.advanced.items())
            case e.DeliveriesTried() | e.DeliveriesAccounted() | e.DeliveriesFollowed():
                self._put(*_decided(event))
            case _:
                pass

    def _answered(self, event: e.BatchAnswered) -> None:
        shared = "planned" if event.state not in _CODE else event.state
        self._change(self._held_by[event.batch], ("intent",), shared)
        self._leave(event.batch, event.children)
        self._put_all(event.moved.items())

    def _leave(self, batch: int, children: Iterable[e.ChildBatch]) -> None:
        """Move people out of a batch into batches of their own."""
        for child in children:
            self._put(child.positions, child.state)
            rest = spans.without(spans.read(self._held_by[batch]), spans.read(child.positions))
            self._held_by[batch] = spans.written(rest)
            self._held_by[child.number] = child.positions
            self.letters[child.number] = self.letters[batch]

    def _put_all(self, moved: Iterable[tuple[str, str]]) -> None:
        for state, positions in moved:
            self._put(positions, state)

    def _put(self, positions: str, state: str) -> None:
        for first, last in spans.read_spans(positions):
            self.states[first : last + 1] = _CODE[state] * (last + 1 - first)

    def _change(self, positions: str, old: Sequence[str], new: str) -> None:
        for first, last in spans.read_spans(positions):
            part = self.states[first : last + 1]
            for state in old:
                part = part.replace(_CODE[state], _CODE[new])
            self.states[first : last + 1] = part


def _decided(event: e.DeliveriesTried | e.DeliveriesAccounted | e.DeliveriesFollowed) -> tuple[str, str]:
    """Return whom people decided about (ranges), and where those stand since."""
    match event:
        case e.DeliveriesFollowed():
            return event.positions, "followed"
        case e.DeliveriesTried():
            return spans.written(sorted(event.positions)), "other_channel_planned"
        case e.DeliveriesAccounted():
            where = "told_otherwise" if event.told else "not_reachable"
            return spans.written(sorted(event.positions)), where


def touches(event: Any, position: int) -> bool:
    """Say whether an event about sending names a person: by position, in a range, or in a batch made of a range."""
    match event:
        case e.NoticePlanned():
            return holds(event.apart, position)
        case e.BatchIntended() | e.DeliveriesFollowed() | e.FurtherProposed():
            return holds(event.positions, position)
        case e.BatchAnswered():
            ranges = [*event.moved.values(), *(child.positions for child in event.children)]
            return any(holds(one, position) for one in ranges)
        case e.DeliveriesResolved():
            return holds(event.child.positions, position)
        case e.BatchResolved() | e.DeliveriesAdvanced():
            moved = event.moved if isinstance(event, e.BatchResolved) else event.advanced
            return any(holds(one, position) for one in moved.values())
        case e.DeliveriesAccounted() | e.DeliveriesTried():
            return position in event.positions
        case _:
            return False


def holds(positions: str, position: int) -> bool:
    """Say whether ranges hold a position."""
    return any(first <= position <= last for first, last in spans.read_spans(positions))
