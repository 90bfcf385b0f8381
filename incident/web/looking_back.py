"""Which past instant a page is asked for, and by which of the two times; a page of the past offers no decision.

`?as_of=` names an instant (one without an offset is the company's own time), `?upto=` the entry whose recording it
was. `?axis=happened` sees that instant with what is known today. What the past was is `core.hindsight`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from incident.core.events import instant_text
from incident.core.hindsight import Axis
from incident.core.projections import TimelineRow
from incident.core.state import Incident, Recorded
from incident.errors import BadInputError
from incident.reception import Reception
from incident.service.lookout import Lookout

MOST_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Past:
    """An instant that has been, and the time by which it is meant."""

    at: datetime
    axis: Axis
    seq: int

    @property
    def query(self) -> str:
        """What stands after the question mark of a page of the same past."""
        return urlencode({"as_of": instant_text(self.at), "axis": self.axis.value})

    def has(self, row: TimelineRow | Recorded) -> bool:
        """Whether a line of the timeline was there by then."""
        return (row.recorded_at if self.axis is Axis.RECORDED else row.occurred_at) <= self.at

    def incident(self, lookout: Lookout, incident_id: str) -> Incident:
        """Return the incident as it was then."""
        return lookout.past(incident_id, self.at, self.axis)


def asked(query: Mapping[str, str], reception: Reception, state: Incident, now: datetime) -> Past | None:
    """Return the past instant that is asked for, or None for the present.

    Raises BadInputError for what is no instant, or is still to come.
    """
    said = query.get("axis", Axis.RECORDED.value)
    if said not in set(Axis):
        raise BadInputError(f"must be one of {', '.join(Axis)}", field="axis")
    at = _at(query, reception, state)
    if at is None:
        return None
    if at > now:
        raise BadInputError("that instant is still to come", field="as_of")
    return Past(at, Axis(said), reception.lookout.seq_at(state.incident_id, at))


def _at(query: Mapping[str, str], reception: Reception, state: Incident) -> datetime | None:
    text, upto = query.get("as_of", "").strip(), query.get("upto", "")
    if text:
        return _instant(text, reception.house.profile.time_zone)
    if not (upto.isascii() and upto.isdecimal() and len(upto) <= MOST_DIGITS) or int(upto) >= state.last_seq:
        return None
    row = reception.house.store.timeline(state.incident_id, after=int(upto) - 1, limit=1)
    return row[0].recorded_at if row else None


def _instant(text: str, zone: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise BadInputError("is not an instant like 2026-03-01T14:30+01:00", field="as_of") from None
    try:
        return (found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:
        raise BadInputError("is not an instant that anything can have happened at", field="as_of") from None
