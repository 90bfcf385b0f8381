"""What the ledger alone says became of each person of a notice: replayed from entries, without any row.

For those who compare: the rows, a provider's own record, and the ledger must agree person by person. Who was never
handed over and not set apart is `planned` here; that a batch is held back is a state of the rows until it is sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from incident.core import events as e
from incident.core import spans


class Outcomes:
    """The state of each position that an entry speaks of; the others are planned."""

    def __init__(self, notice_id: str) -> None:
        self.notice_id = notice_id
        self.accepted_calls: dict[int, list[tuple[int, int]]] = {}
        self._own: dict[int, str] = {}
        self._batch: dict[int, set[int]] = {}
        self._state: dict[int, str] = {}

    def read(self, events: Iterable[e.Event]) -> Outcomes:
        """Read entries in order."""
        for event in events:
            if getattr(event, "notice_id", None) == self.notice_id:
                self._read(event)
        return self

    def states(self) -> dict[int, str]:
        """Return the state of each position."""
        shared = {p: self._state[n] for n, people in self._batch.items() for p in people}
        return shared | self._own

    def _read(self, event: e.Event) -> None:
        match event:
            case e.NoticePlanned():
                self._own |= dict.fromkeys(spans.read(event.apart), "no_address")
            case e.BatchIntended():
                self._batch[event.batch] = set(spans.read(event.positions))
                self._state[event.batch] = "intent"
            case e.BatchAnswered():
                self._answered(event)
            case e.BatchResolved():
                self._state[event.batch] = "accepted" if event.accepted else "planned"
                if event.accepted:
                    self._took(event.batch, event.attempt)
            case e.DeliveriesResolved() | e.BatchesMoved():
                self._regrouped(event)
            case e.DeliveriesFollowed():
                self._moved([("followed", event.positions)])
            case e.DeliveriesAdvanced():
                self._moved(event.advanced.items())
            case e.DeliveriesAccounted():
                state = "told_otherwise" if event.told else "not_reachable"
                self._own |= dict.fromkeys(event.positions, state)
            case _:
                pass

    def _answered(self, event: e.BatchAnswered) -> None:
        self._leave(event.batch, event.children)
        self._state[event.batch] = event.state
        self._moved(event.moved.items())
        if event.state == "accepted":
            self._took(event.batch, event.attempt)

    def _regrouped(self, event: e.DeliveriesResolved | e.BatchesMoved) -> None:
        if isinstance(event, e.BatchesMoved):
            if event.state == "cancelled":
                known = self._state.keys() & set(spans.read(event.batches))
                self._state |= dict.fromkeys(known, "cancelled")
            return
        self._leave(event.batch, (event.child,))
        if event.accepted:
            self._took(event.child.number, event.attempt)

    def _leave(self, batch: int, children: Iterable[e.ChildBatch]) -> None:
        for child in children:
            theirs = set(spans.read(child.positions))
            self._batch[child.number], self._state[child.number] = theirs, child.state
            self._batch[batch] -= theirs

    def _took(self, batch: int, attempt: int) -> None:
        for position in self._batch[batch]:
            self.accepted_calls.setdefault(position, []).append((batch, attempt))

    def _moved(self, moves: Iterable[tuple[str, str]]) -> None:
        for state, where in moves:
            self._own |= dict.fromkeys(spans.read(where), state)
