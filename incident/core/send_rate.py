"""How fast a provider takes letters: measured from its answers so far, or as configured before there are any.

Time in which nobody was sending - a pause, a run that died, a night - is not the provider's: gaps longer than
`STILL_SENDING` between one answer and the next call do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.core.state import BatchState, Notice

STILL_SENDING = timedelta(minutes=5)
LEAST = timedelta(seconds=1)
"""Less sending than this measures the clock rather than the provider."""
TAKEN = frozenset({"accepted"})


@dataclass(frozen=True, slots=True)
class Rate:
    """People an hour, whether that was measured, and how it is said."""

    people_per_hour: int
    measured: bool
    words: str


def rate(notice: Notice | None, configured_per_hour: int) -> Rate:
    """Return the measured rate of this notice, or the configured one, said as such."""
    taken, busy = (0, timedelta()) if notice is None else measured(tuple(notice.batches.values()))
    if taken == 0 or busy < LEAST:
        return Rate(
            configured_per_hour,
            measured=False,
            words=f"{_pace(configured_per_hour)}, as set, none measured yet",
        )
    per_hour = max(1, int(taken * 3600 / busy.total_seconds()))
    return Rate(per_hour, measured=True, words=f"{_pace(per_hour)}, measured over {taken:,}")


def measured(batches: tuple[BatchState, ...]) -> tuple[int, timedelta]:
    """Return how many people were taken, and in how much time of sending."""
    calls = sorted(
        (b.intended_at, b.answered_at, b.people if b.state in TAKEN else 0)
        for b in batches
        if b.intended_at is not None and b.answered_at is not None
    )
    busy, until = timedelta(), None
    for began, ended, _people in calls:
        busy += _counted(began, ended, until)
        until = ended if until is None else max(until, ended)
    return sum(people for _began, _ended, people in calls), busy


def _counted(began: datetime, ended: datetime, until: datetime | None) -> timedelta:
    if until is None or began - until > STILL_SENDING:
        return max(timedelta(), ended - began)
    return max(timedelta(), ended - until)


def _pace(per_hour: int) -> str:
    each_second, rest = divmod(per_hour, 3600)
    if each_second >= 10 or (each_second and not rest):  # noqa: PLR2004 - below ten a decimal tells something
        return f"{each_second:,} a second"
    return f"{per_hour:,} an hour"
