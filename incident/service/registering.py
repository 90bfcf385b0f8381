"""The register of all breaches and the calendar of one incident's deadlines, made from the ledger when asked for."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from incident.core.calendar_file import calendar
from incident.core.register import COLUMNS, row
from incident.core.spreadsheet import neutral
from incident.service.filing import settings_of
from incident.service.house import House, view


def register(house: House, *, drills: bool = False) -> list[dict[str, Any]]:
    """Return one row an incident, in order of opening; drills only when asked for."""
    settings = settings_of(house)
    states = (view(house, incident_id) for incident_id in house.store.incident_ids())
    return [row(state, settings) for state in states if drills or not state.drill]


def register_csv(rows: list[dict[str, Any]]) -> str:
    """Write the register for a spreadsheet; cells that it would run are made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([neutral(_cell(one[name])) for name in COLUMNS] for one in rows)
    return out.getvalue()


def deadlines(house: House, incident_id: str) -> bytes:
    """Return the open deadlines of an incident as an iCalendar file."""
    return calendar(view(house, incident_id), house.clock.now())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict) else str(value)
