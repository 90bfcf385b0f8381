"""Break glass: one person approves alone, because waiting would harm the people who must be told.

It needs a responder, a reason and the hashes that were read; it runs out after a short while; everybody is paged, and
the post-mortem names it. Pages are left to the service.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.state import Incident
from incident.errors import BadInputError, RefusedError

LASTS = timedelta(hours=4)
SHORTEST_REASON = 20
FEWEST_CHARACTERS = 8


def force(state: Incident, *, actor: Actor, now: datetime, triple: str, reason: str) -> tuple[e.Event, ...]:
    """Approve without a second person; `triple` is what was read, its first characters at least."""
    actor.must_be(*RESPONDERS, to="approve in an emergency")
    still_open(state)
    approval = state.approval
    if approval is None or approval.granted:
        raise RefusedError("nothing waits for approval")
    if len(triple) < FEWEST_CHARACTERS or not approval.request.triple.startswith(triple):
        raise RefusedError("what you read is not what waits for approval; look at the letters again")
    why = said(reason, field="reason")
    if len(why) < SHORTEST_REASON:
        raise BadInputError("say in a sentence why nobody else can approve in time", field="reason")
    request = approval.request
    return (e.ApprovalForced(request.approval_id, request.triple, why, now + LASTS),)


def run_out(state: Incident, now: datetime) -> bool:
    """Whether a forced approval has expired before anything was laid out under it."""
    approval = state.approval
    if approval is None or not approval.granted or approval.expires_at is None:
        return False
    used = any(n.plan.approval_id == approval.request.approval_id for n in state.notices.values())
    return approval.expires_at <= now and not used


def expire(state: Incident, *, now: datetime) -> tuple[e.Event, ...]:
    """Void a forced approval that has run out unused; under one that was used, sending goes on to its end."""
    if not run_out(state, now) or state.approval is None:
        return ()
    reason = "the emergency approval ran out before sending began; a second person approves anew"
    return (e.ApprovalVoided(state.approval.request.approval_id, reason),)
