"""Everything that is known outside the database about how far the ledger had come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incident.adapters.anchors.high_water import FileHighWater
    from incident.ports import Anchor


class Outside:
    """`ports.Outside`: the mark beside the keys, and the anchors that can show what they were given."""

    def __init__(self, mark: FileHighWater, anchors: Sequence[Anchor]) -> None:
        self._mark, self._anchors = mark, anchors
        self._shown: list[tuple[str, str]] | None = None
        self.agreed: set[str] = set()

    def known(self, origin: str) -> Sequence[tuple[str, str]]:
        """Return (place, note) of what is known under this name; the anchors are asked once, until `ask_again`."""
        if self._shown is None:
            self._shown = self._ask(origin)
        own = self._mark.note(origin)
        return self._shown if own is None else [(self._mark.place, own), *self._shown]

    def ask_again(self) -> None:
        """Let the anchors be asked at the next look."""
        self._shown = None

    def everything(self, origin: str) -> Sequence[tuple[str, str]]:
        """Return (place, note) of all that is known, earlier names of the log included."""
        return [(self._mark.place, note) for note in self._mark.notes()] + self._ask(origin)

    def raise_to(self, origin: str, note: str) -> bool:
        """Keep a checkpoint beside the keys if it is larger than the one kept; False when that failed."""
        return self._mark.raise_to(origin, note)

    def _ask(self, origin: str) -> list[tuple[str, str]]:
        shown = ((anchor.name, anchor.newest(origin)) for anchor in self._anchors)
        return [(place, note) for place, note in shown if note is not None]
