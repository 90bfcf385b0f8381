"""A clock that stands still until it is told to move; mirrors `ports.Clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from incident.errors import BadInputError

START = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)


class FakeClock:
    """Starts on Tuesday 10 March 2026, 05:00 UTC, unless told otherwise."""

    def __init__(self, start: datetime = START) -> None:
        if start.utcoffset() is None:
            raise BadInputError("an instant needs a time zone", field="start")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def real_now(self) -> datetime:
        """Return the same instant: nothing is real here."""
        return self._now

    def pause(self, seconds: float) -> None:
        """Move forward at once."""
        self._now += timedelta(seconds=seconds)

    def advance(self, *, to: datetime | None = None, by: timedelta | None = None) -> datetime:
        """Move forward, to an instant or by a duration; never backwards."""
        if (to is None) == (by is None):
            raise BadInputError("say either to when, or by how much", field="to")
        if to is not None and to.utcoffset() is None:
            raise BadInputError("an instant needs a time zone", field="to")
        step = by if to is None else to - self._now
        if step is None or step < timedelta():
            raise BadInputError("a clock never goes backwards", field="by" if to is None else "to")
        self._now += step
        return self._now
