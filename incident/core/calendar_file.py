"""The open deadlines of an incident as a calendar file: RFC 5545, one event a deadline, an alarm before each."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from incident.core.standing import clocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from incident.core.standing import ClockFace
    from incident.core.state import Incident

LINE_BYTES = 75  # RFC 5545 3.1


def calendar(state: Incident, now: datetime) -> bytes:
    """Return the calendar: every open clock that has an instant, the tightest first; UTF-8, CRLF."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tocsin//Deadlines//EN", "CALSCALE:GREGORIAN"]
    for face in clocks(state, now):
        duty = state.obligations.get(face.obligation_id)
        if face.due_at is not None and (duty is None or duty.open):
            lines += _event(state, face, now)
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line)).encode()


def _event(state: Incident, face: ClockFace, now: datetime) -> Iterator[str]:
    due = face.due_at or now
    who = face.authority or face.recipient
    name = hashlib.sha256(f"{state.incident_id}/{face.obligation_id}".encode()).hexdigest()[:32]
    drill = "DRILL: " if state.drill else ""
    yield "BEGIN:VEVENT"
    yield f"UID:{name}@tocsin"
    yield f"DTSTAMP:{_stamp(now)}"
    yield f"DTSTART:{_stamp(due)}"
    yield f"DTEND:{_stamp(due)}"
    yield f"SUMMARY:{_text(f'{drill}{state.incident_id} due: {who}')}"
    yield f"DESCRIPTION:{_text(f'{face.obligation_id}. {face.because}. {face.derivation}')}"
    for before in ("-PT12H", "-PT2H"):
        yield from (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"TRIGGER:{before}",
            f"DESCRIPTION:{_text(who)}",
            "END:VALARM",
        )
    yield "END:VEVENT"


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    # RFC 5545 3.3.11
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Fold a line at 75 bytes, never inside a character: RFC 5545 3.1."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LINE_BYTES:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part
