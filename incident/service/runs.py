"""Runs that send: each has a name, a lease under that name, and is known to be gone when its process or lease is.

An open intent belongs to a run. While the run may live, its answer is awaited; once it is gone, the intent is a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from incident.service.house import House


@dataclass(slots=True)
class Run:
    """This run, alive as long as it renews."""

    house: House
    run_id: str

    def renew(self) -> None:
        """Hold the lease for another while."""
        now = self.house.clock.real_now()
        until = now + timedelta(seconds=self.house.profile.lease_seconds)
        self.house.store.claim(self.run_id, self.house.processes.mark(), now=now, until=until)

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
