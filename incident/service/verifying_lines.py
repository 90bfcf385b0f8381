"""Compare what the console and the lists show with the entries: lines of timelines, the board, the clocks.

They are made from entries and can be made anew with `tocsin rebuild`; until then somebody who changed one would be
believed. Also the numbered rows of checkpoints, whose columns are compared with what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.core.projections import TimelineRow, board_row, clock_rows
from incident.errors import BadInputError
from incident.ledger.checkpoint import checkpoint_of

if TYPE_CHECKING:
    from incident.core.state import Incident
    from incident.service.house import House
    from incident.service.verifying import Count

PAGE = 1000
LINES_AT_MOST = 100_000
"""So many lines of an incident are compared; of an incident with more none is, and the verdict says so."""
SAID_AT_MOST = 10
WAY_OUT = "`tocsin rebuild` writes it anew"


@dataclass(slots=True)
class Lines:
    """The stored lines of an incident, taken in order and compared one by one."""

    house: House
    incident_id: str
    wrong: list[str] = field(default_factory=list)
    _stored: Iterator[TimelineRow] = field(init=False)

    def __post_init__(self) -> None:
        self._stored = self._pages()

    def compare(self, line: TimelineRow) -> None:
        """Compare the next stored line with what its entry says."""
        if len(self.wrong) < SAID_AT_MOST and next(self._stored, None) != line:
            self.wrong.append(
                f"{self.incident_id}: the timeline does not say of entry {line.seq} what the entry says; {WAY_OUT}"
            )
            self._stored = self._pages(line.seq)

    def close(self) -> None:
        """See that there is no line without an entry."""
        if next(self._stored, None) is not None and len(self.wrong) < SAID_AT_MOST:
            self.wrong.append(f"{self.incident_id}: the timeline has lines without an entry; {WAY_OUT}")

    def _pages(self, after: int = -1) -> Iterator[TimelineRow]:
        while page := self.house.store.timeline(self.incident_id, after=after, limit=PAGE):
            yield from page
            after = page[-1].seq


def check_board(house: House, state: Incident, count: Count) -> None:
    """Compare the board and the clocks of an incident with what its entries come to."""
    count.checked += 1
    shown = [row for row in house.store.board() if row.incident_id == state.incident_id]
    if shown != [board_row(state)]:
        count.wrong.append(f"{state.incident_id}: the board does not say what the entries say; {WAY_OUT}")
    clocks = sorted(clock_rows(state), key=lambda row: row.obligation_id)
    if list(house.store.clocks(state.incident_id)) != clocks:
        count.wrong.append(f"{state.incident_id}: the clocks do not say what the entries say; {WAY_OUT}")


def check_checkpoints(house: House, count: Count) -> None:
    """Compare number and size of each stored checkpoint with its place and with what was signed."""
    with house.store.reading() as tx:
        kept = tx.checkpoint_columns()
    for place, (number, _size) in enumerate(kept):
        if number != place:
            count.wrong.append(f"checkpoint {place} is gone, or they were numbered anew")
            return
    for (number, size), note in zip(kept, house.store.checkpoints(), strict=False):
        try:
            signed = checkpoint_of(note).size
        except BadInputError:
            continue  # the verdict on the log names it
        if signed != size:
            count.wrong.append(f"column 'size' of checkpoint {number} is {size}, what was signed is {signed}")
