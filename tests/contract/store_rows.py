"""Rows to put into stores, with everything in them that a database could get wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from incident.core import spans
from incident.core.people import BatchRow, DeliveryRow, PersonRow, ProviderEventRow, commit
from incident.core.projections import BoardRow, ClockRow, TimelineRow
from incident.ledger.entry import Draft

AT = datetime(2026, 3, 10, 5, 0, 0, 123456, tzinfo=UTC)
KIRITIMATI = timezone(timedelta(hours=14))


def draft(incident_id: str = "INC-00000001", *, kind: str = "facts:amended", **data: Any) -> Draft:
    return Draft(incident_id, kind, AT, "dana", drill=False, data=data)


def person(position: int, **changes: Any) -> PersonRow:
    record, key = b'{"n":%d}' % position, bytes([position % 256]) * 32
    values: dict[str, Any] = {
        "position": position,
        "pseudonym": f"P-{position:08}",
        "email": f"zoë+{position}@example.org",
        "name": "Zoë 'Robert\"); DROP TABLE person;--",
        "phone": None,
        "language": "de",
        "jurisdiction": "DE",
        "certainty": "confirmed",
        "exposure": "confidentiality",
        "categories": ("e-mail address", "Geheimzahl, „PIN“", "写真"),
        "record": record,
        "key": key,
        "commitment": commit(key, record),
    }
    return PersonRow(**(values | changes))


def batch(number: int, positions: str, **changes: Any) -> BatchRow:
    values: dict[str, Any] = {
        "notice_id": "NOT-1",
        "number": number,
        "cohort_id": "COH-1",
        "letter_id": "LET-1",
        "state": "planned",
        "attempt": 0,
        "people": spans.size(positions),
        "positions": positions,
        "people_sha256": "ab" * 32,
        "changed_at": AT,
    }
    return BatchRow(**(values | changes))


def delivery(position: int, **changes: Any) -> DeliveryRow:
    values: dict[str, Any] = {
        "notice_id": "NOT-1",
        "position": position,
        "batch": position // 10,
        "letter_id": "LET-1",
        "state": "planned",
        "reason": None,
        "changed_at": AT,
    }
    return DeliveryRow(**(values | changes))


def provider_event(event_id: str, **changes: Any) -> ProviderEventRow:
    values: dict[str, Any] = {
        "event_id": event_id,
        "notice_id": "NOT-1",
        "position": 3,
        "kind": "delivered",
        "happened_at": AT,
        "raw": b"\x00\xff raw",
    }
    return ProviderEventRow(**(values | changes))


def board(incident_id: str, **changes: Any) -> BoardRow:
    values: dict[str, Any] = {
        "incident_id": incident_id,
        "title": "A bucket stood open — «всем»",
        "drill": False,
        "stage": "scoping",
        "opened_at": AT,
        "became_aware_at": AT.astimezone(KIRITIMATI),
        "promise_due_at": AT + timedelta(hours=48),
        "closed_at": None,
        "outcome": None,
        "people": 3_000_000_000,
        "told": None,
        "last_seq": 7,
        "restricted": True,
        "granted": ("ada", "grace"),
        "tightest": "promise",
        "tightest_due_at": AT + timedelta(hours=48),
        "no_number": 2,
        "waiting": 1,
        "latest_safe_at": AT + timedelta(hours=40),
    }
    return BoardRow(**(values | changes))


def clock(incident_id: str, obligation_id: str, **changes: Any) -> ClockRow:
    values: dict[str, Any] = {
        "incident_id": incident_id,
        "obligation_id": obligation_id,
        "jurisdiction": "DE",
        "recipient": "authority",
        "authority": None,
        "required": True,
        "open": False,
        "due_at": AT + timedelta(hours=72),
        "due_on": None,
        "met_at": None,
        "missed_at": None,
        "number_in_law": True,
    }
    return ClockRow(**(values | changes))


def line(incident_id: str, seq: int, **changes: Any) -> TimelineRow:
    values: dict[str, Any] = {
        "incident_id": incident_id,
        "seq": seq,
        "occurred_at": AT - timedelta(hours=1),
        "recorded_at": AT,
        "actor": "dana",
        "kind": "facts:amended",
        "sentence": f"Entry {seq} was written.",
    }
    return TimelineRow(**(values | changes))
