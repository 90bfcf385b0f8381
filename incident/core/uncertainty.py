"""What becomes of a doubt that nothing resolves: a person decides, or it is sent again before the deadline is missed.

Sending again is never blind: it is recorded as the resolution of the doubt, by policy, as a possible duplicate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core.events.going import PlanInputs
from incident.core.send_plan import deadline, plan_inputs
from incident.core.state import Incident

HOW = "policy resend_if_deadline: no answer within {span}, and waiting longer would miss the deadline; {end}"
END = "recorded as a possible duplicate"


class Unresolved(StrEnum):
    """Who ends a doubt that nothing resolves."""

    PERSON = "person"
    RESEND_IF_DEADLINE = "resend_if_deadline"


@dataclass(frozen=True, slots=True)
class UncertainPolicy:
    """The policy, and for how long events and look-ups are waited for before it applies."""

    policy: Unresolved = Unresolved.PERSON
    horizon: timedelta = timedelta(minutes=60)


def to_resend(state: Incident, now: datetime, policy: UncertainPolicy) -> tuple[tuple[str, int], ...]:
    """Return the batches in doubt, with their notice, that the policy sends again now; none where a person decides.

    Only past the horizon, and only from the moment at which a letter that leaves later could not settle before the
    deadline any more.
    """
    if policy.policy is Unresolved.PERSON or state.closed_at is not None:
        return ()
    last_call = resend_at(state)
    if last_call is None or now < last_call:
        return ()
    return tuple(
        (notice_id, number)
        for notice_id, notice in state.notices.items()
        for number, batch in notice.batches.items()
        if batch.state == "uncertain"
        and batch.answered_at is not None
        and now - batch.answered_at >= policy.horizon
    )


def resend_at(state: Incident, inputs: PlanInputs | None = None) -> datetime | None:
    """Return the moment from which waiting for the end of a doubt would miss the deadline."""
    given = inputs or plan_inputs(state)
    _which, due = deadline(state)
    if due is None:
        return None
    other = max(given.channels.values(), default=0)
    return due - timedelta(minutes=given.settle_minutes + other)


def how(policy: UncertainPolicy) -> str:
    """Say why a batch is sent again without anybody knowing whether it left."""
    minutes = int(policy.horizon.total_seconds()) // 60
    return HOW.format(span=f"{minutes} minutes", end=END)
