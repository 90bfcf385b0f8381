"""What the stand-in provider is told to do wrong, and to whom letters do not arrive; read from JSON once.

    {"requests": {"1": {"fault": "429", "retry_after": 1}, "3": {"fault": "reset_after"}},
     "outcomes": {"somebody@example.org": "bounce"}, "bounce_first": 1,
     "events": {"duplicate": true, "reverse": true, "delay_seconds": 0.5},
     "lookups": {"lag_seconds": 60}}

Requests to send are counted from 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path

FaultName = Literal[
    "429", "401", "403", "413", "500", "503", "500_after",
    "reset_before", "reset_after", "hang_before", "hang_after", "slow",
]  # fmt: skip
Fate = Literal["delivered", "bounce", "blocked", "dropped", "deferred", "spamreport", "silent"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(_Part):
    """One thing going wrong with one request; `seconds` is for hang and slow."""

    fault: FaultName
    retry_after: int | None = None
    seconds: float = Field(default=30.0, ge=0)


class Events(_Part):
    """How webhook events are sent: twice, in reverse order, later."""

    duplicate: bool = False
    reverse: bool = False
    delay_seconds: float = Field(default=0.0, ge=0)
    per_post: int = Field(default=100, ge=1)


class Lookups(_Part):
    """The provider's own record: how far behind it is, and whether this account may look at all."""

    lag_seconds: float = Field(default=0.0, ge=0)
    closed: bool = False
    tells_arguments: bool = True
    requests_per_minute: int | None = None


class Plan(_Part):
    """Everything the stand-in was told; empty means a provider on a good day."""

    requests: dict[int, Fault] = {}
    outcomes: dict[str, Fate] = {}
    bounce_first: int = Field(default=0, ge=0)
    events: Events = Events()
    lookups: Lookups = Lookups()

    def fate(self, address: str, *, sequence: int) -> Fate:
        """Return what becomes of the accepted letter number `sequence` (from 1) to this address."""
        given = self.outcomes.get(address.casefold())
        if given is not None:
            return given
        return "bounce" if sequence <= self.bounce_first else "delivered"


def read_plan(path: Path | None, *, bounce_first: int) -> Plan:
    """Return the plan in the file, or an empty one; `bounce_first` above 0 overrides the file's."""
    plan = Plan() if path is None else Plan.model_validate_json(path.read_bytes())
    folded: dict[str, Fate] = {address.casefold(): fate for address, fate in plan.outcomes.items()}
    return plan.model_copy(update={"outcomes": folded, "bounce_first": bounce_first or plan.bounce_first})
