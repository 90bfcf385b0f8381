"""Take one evidence file in: its records become lines and packed records on the spill, and a few counts.

What is kept in memory does not grow with the file. Files can be taken in side by side, in any order; what they
amount to is put together in `settling.py` and `weaving.py`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from incident.core.scoping.packing import RANK_OF, dumps, key_text, label, pack_account, quoted
from incident.core.scoping.records import IdentityKind
from incident.core.scoping.tallies import Tally, TallyKey, tally_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from incident.core.scoping.packing import Handle
    from incident.core.scoping.reader import Holds, ReadReport
    from incident.core.scoping.records import AccountRecord
    from incident.core.scoping.spill import Sorter, Spill

HANDLES_HELD = 20_000
NODE_JOINS, NODE_STANDS = "j", "s"
"""Behind a node: joins by this identity, or only holds it, because another user id names the record."""
BulkKey = tuple[str, int, str, tuple[str, ...]]
"""System, number of the evidence, collection, categories."""


@dataclass(slots=True)
class Taken:
    """What one file, `file` by number in the order of the evidence, came to."""

    file: int
    report: ReadReport | None
    holds: Holds
    nodes: int = 0
    shelf: Any = None
    runs: dict[str, Sequence[Any]] = field(default_factory=dict)
    kinds: set[IdentityKind] = field(default_factory=set)
    systems: set[str] = field(default_factory=set)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    outside: dict[str, Tally] = field(default_factory=dict)
    existing: Counter[BulkKey] = field(default_factory=Counter)
    has_waiting: bool = False


def joined(parts: Iterable[Taken]) -> Taken:
    """Put the parts of one file together in the order of its rows; accounts never come in parts."""
    whole, *rest = sorted(parts, key=lambda part: part.report.first_row if part.report else 0)
    for part in rest:
        if whole.report and part.report:
            whole.report.join(part.report)
        for name, runs in part.runs.items():
            whole.runs[name] = (*whole.runs.get(name, ()), *runs)
        whole.kinds |= part.kinds
        whole.systems |= part.systems
        whole.notes += part.notes
        whole.existing += part.existing
        for system, tally in part.outside.items():
            whole.outside.setdefault(system, Tally()).join(tally)
        whole.has_waiting = whole.has_waiting or part.has_waiting
    return whole


class Lines:
    """The sorters of one intake, made when first used."""

    def __init__(self, spill: Spill) -> None:
        self._spill = spill
        self._sorters: dict[str, Sorter] = {}

    def add(self, name: str, line: str) -> None:
        """Put one line, without its end, into the sorter of this name."""
        self.sorter(name).add(f"{line}\n".encode())

    def sorter(self, name: str) -> Sorter:
        """Return the sorter of this name, for lines that end."""
        sorter = self._sorters.get(name)
        if sorter is None:
            sorter = self._sorters[name] = self._spill.sorter()
        return sorter

    def done(self) -> dict[str, Sequence[Any]]:
        """Return the runs by name."""
        return {name: sorter.done() for name, sorter in self._sorters.items()}


class Touches:
    """Tallies by handle, added up in memory as far as they fit and then sent to be sorted."""

    def __init__(self, lines: Lines, kinds: set[IdentityKind]) -> None:
        self._lines, self._kinds = lines, kinds
        self._held: dict[Handle, dict[TallyKey, Tally]] = {}

    def add(self, handle: Handle, key: TallyKey, row: int, at: datetime) -> None:
        """Count one row against one handle."""
        of_handle = self._held.get(handle)
        if of_handle is None:
            if len(self._held) >= HANDLES_HELD:
                self.flush()
            of_handle = self._held.setdefault(handle, {})
        of_handle.setdefault(key, Tally()).add(row, at)

    def flush(self) -> None:
        """Send everything held to be sorted."""
        for (kind, value), tallies in self._held.items():
            self._kinds.add(kind)
            start = key_text(kind, value)
            for key, tally in tallies.items():
                self._lines.add("touched", f"{start}t{tally_text(key, tally)}")
        self._held.clear()


def take_accounts(records: Iterable[AccountRecord], taken: Taken, spill: Spill) -> Taken:
    """Keep accounts by number and sort their identities."""
    lines, shelf, kinds, systems = Lines(spill), spill.shelf(), taken.kinds, taken.systems
    identities, number = lines.sorter("identities"), -1
    for record in records:
        try:
            number = shelf.put(pack_account(record))
        except TypeError:  # a lone surrogate: no mail, no screen and no file can hold it
            set_aside(taken, record.row)
            continue
        node = f"{taken.file:05d}{number:010d}"
        system = record.system
        systems.add(system)
        uid: str | None = None
        for each in record.identities:
            kind, value, joins = each.kind, each.value, NODE_JOINS
            if kind is IdentityKind.UID:
                if uid is not None and uid != value:
                    lines.add("double_uids", node)
                    joins = NODE_STANDS
                uid = uid or value
            kinds.add(kind)
            identities.add(
                f"{RANK_OF[kind]}\t{quoted(value)}\t{node}{joins}\t{label(system, each.source)}\n".encode()
            )
            if kind is IdentityKind.PREDICTION_ID:
                lines.add("owners", f"{quoted(value)}\tn{node}")
    taken.nodes, taken.shelf = number + 1, shelf.done()
    taken.runs = lines.done()
    return taken


def set_aside(taken: Taken, row: int) -> None:
    """Count a row whose text is not Unicode."""
    if taken.report is not None:
        taken.report.set_aside(row, "the row holds text that is not Unicode")


def note(taken: Taken, code: str, system: str) -> None:
    """Count something the scoper must know."""
    taken.notes[code, system] += 1


def packed(*values: object) -> str:
    """Write plain values as one field."""
    return dumps(values).decode()
