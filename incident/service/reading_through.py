"""Read an incident once, from its first entry to its last, for everything that is verified by its entries.

That is its state, what the entries alone say of each person, and the files that they name. The bytes of the entries are
verified with the log, and read here as they are. What they are compared with is left to the modules that verify.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from incident.core import events as e
from incident.core.folding import apply
from incident.core.projections import timeline_row
from incident.core.replaying import Replay
from incident.core.state import Incident, Recorded
from incident.errors import TamperError
from incident.ledger.entry import fields_of
from incident.service.verifying_files import NAMING, Named, named
from incident.service.verifying_lines import LINES_AT_MOST, Lines

if TYPE_CHECKING:
    from incident.ports import Transaction
    from incident.service.house import House


@dataclass(slots=True)
class ReadThrough:
    """What the entries of an incident come to; `unreplayed` says why a notice could not be replayed."""

    state: Incident
    replays: dict[str, Replay] = field(default_factory=dict)
    unreplayed: dict[str, str] = field(default_factory=dict)
    files: list[Named] = field(default_factory=list)
    wrong_lines: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_through(house: House, incident_id: str) -> ReadThrough:
    """Read every entry of an incident; whatever cannot be read as an event is a TamperError."""
    read = ReadThrough(Incident(incident_id, drill=house.profile.drill))
    state, parse = read.state, datetime.fromisoformat
    written, recorded_at = "", datetime.min.replace(tzinfo=UTC)
    with house.store.reading() as tx:
        lines = Lines(house, incident_id) if tx.entry_count(incident_id) <= LINES_AT_MOST else None
        for body in tx.bodies(incident_id):
            said = fields_of(body)
            kind, data = said["kind"], said["data"]
            if said["nth"] != state.version:
                raise TamperError(
                    f"entry {said['seq']} is not the {said['nth'] + 1}. of the incident, as it says"
                )
            event = e.from_data(kind, data)
            if said["recorded_at"] != written:  # the same for all that were recorded together
                written, recorded_at = said["recorded_at"], parse(said["recorded_at"])
            occurred_at = recorded_at if said["occurred_at"] == written else parse(said["occurred_at"])
            one = Recorded(said["seq"], said["actor"], occurred_at, recorded_at, event)
            if lines is not None:
                lines.compare(timeline_row(state, one))
            apply(state, one)
            if kind in NAMING:
                read.files += named(kind, data)
            notice_id = getattr(event, "notice_id", None)
            if notice_id is not None:
                _replay(tx, read, notice_id, event)
    if lines is None:
        why = f"it has more than {LINES_AT_MOST} entries; `tocsin rebuild` makes it anew from them"
        read.remarks.append(f"{incident_id}: its timeline was not compared with its entries, {why}")
    else:
        lines.close()
        read.wrong_lines = lines.wrong
    return read


def _replay(tx: Transaction, read: ReadThrough, notice_id: str, event: e.Event) -> None:
    def layout(number: int) -> str:
        (row,) = tx.batches.rows(notice_id, numbers=[number], limit=1)
        return row.positions

    try:
        if isinstance(event, e.NoticePlanned):
            cohort = next(one for one in read.state.waves if one.cohort_id == event.cohort_id)
            read.replays[notice_id] = Replay(event, cohort.told, layout)
        elif notice_id in read.replays:
            read.replays[notice_id].take(event)
    except (TamperError, KeyError, IndexError, ValueError, StopIteration) as error:
        read.replays.pop(notice_id, None)
        read.unreplayed[notice_id] = type(error).__name__
