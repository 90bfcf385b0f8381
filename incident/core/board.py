"""The board: in which bucket an incident stands as of now, by the tightest of its clocks, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.core.projections import BoardRow
from incident.core.standing import DUE_SOON


class Bucket(StrEnum):
    """Where an incident stands on the board, the most urgent first."""

    LATE = "late"
    PAST_SAFE_SEND = "past_safe_send"
    DUE_TODAY = "due_today"
    LATER = "later"
    NO_NUMBER = "no_number_in_law"
    WAITING = "waiting_for_a_trigger"
    QUIET = "quiet"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Line:
    """One incident on the board, with its bucket as of now."""

    row: BoardRow
    bucket: Bucket
    key: str
    """Where the line stands in the order; a page ends with the key of its last line."""


def bucket(row: BoardRow, now: datetime) -> Bucket:
    """Return the bucket of an incident; one without any open clock is quiet."""
    if row.closed_at is not None:
        return Bucket.CLOSED
    safe = row.latest_safe_at
    if row.tightest_due_at is not None:
        if row.tightest_due_at < now:
            return Bucket.LATE
        if safe is not None and safe < now:
            return Bucket.PAST_SAFE_SEND
        return Bucket.DUE_TODAY if row.tightest_due_at - now <= DUE_SOON else Bucket.LATER
    if row.no_number:
        return Bucket.NO_NUMBER
    if row.waiting or row.became_aware_at is None:
        return Bucket.WAITING
    return Bucket.QUIET


def lines(rows: Iterable[BoardRow], now: datetime) -> list[Line]:
    """Return the lines in order: bucket, then what falls due first; where nothing has a day, what is known longest."""
    order = list(Bucket)
    found = []
    for row in rows:
        where = bucket(row, now)
        closed = where is Bucket.CLOSED
        at = row.closed_at if closed else row.tightest_due_at or row.became_aware_at or row.opened_at
        moment = f"{_count(at, newest_first=closed):015d}" if at is not None else "9" * 15
        found.append(Line(row, where, f"{order.index(where)}-{moment}-{row.incident_id}"))
    return sorted(found, key=lambda line: line.key)


def _count(at: datetime, *, newest_first: bool) -> int:
    """Return seconds as a sortable number; the end of time minus them where the newest stands first."""
    seconds = int(at.timestamp())
    return 10**14 - seconds if newest_first else seconds
