"""Runs that send: each has a name, a lease under that name, and is known to be gone when its process or lease is.

An open intent belongs to a run. While the run may live, its answer is awaited; once it is gone, the intent is a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.service.house import House


@dataclass(slots=True)
class Run:
    """This run, alive as long as it renews."""

    house: House
    run_id: str
    _renewed_at: datetime | None = None

    def renew(self) -> None:
        """Hold the lease for another while; does nothing while most of the last one is left."""
        now, seconds = self.house.clock.real_now(), self.house.profile.lease_seconds
        if self._renewed_at is not None and abs(now - self._renewed_at) < timedelta(seconds=seconds / 4):
            return
        until = now + timedelta(seconds=seconds)
        self.house.store.claim(self.run_id, self.house.processes.mark(), now=now, until=until)
        self._renewed_at = now

    def end(self) -> None:
        """Give the lease back."""
        self.house.store.release(self.run_id, self.house.processes.mark())


def start(house: House) -> Run:
    """Start a run under a new name."""
    run = Run(house, house.ids.new("RUN"))
    run.renew()
    return run


def gone(house: House, run_id: str | None) -> bool:
    """Whether nobody will answer any more for what this run intended."""
    if run_id is None:
        return True
    lease = house.store.lease(run_id)
    if lease is None:
        return True
    owner, until = lease
    return until <= house.clock.real_now() or house.processes.gone(owner)
