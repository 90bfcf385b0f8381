"""Break glass: one person approves alone, because waiting would harm the people who must be told.

It needs a responder, a reason and the hashes that were read; it runs out after a short while; everybody is paged, and
the post-mortem names it. Pages are left to the service.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.further import waiting
from incident.core.state import Approval, Incident
from incident.errors import BadInputError, RefusedError

LASTS = timedelta(hours=4)
SHORTEST_REASON = 20
FEWEST_CHARACTERS = 8


def force(state: Incident, *, actor: Actor, now: datetime, triple: str, reason: str) -> tuple[e.Event, ...]:
    """Approve without a second person; `triple` is what was read, its first characters at least."""
    actor.must_be(*RESPONDERS, to="approve in an emergency")
    still_open(state)
    approval = meant(state, triple)
    why = said(reason, field="reason")
    if len(why) < SHORTEST_REASON:
        raise BadInputError("say in a sentence why nobody else can approve in time", field="reason")
    request = approval.request
    return (e.ApprovalForced(request.approval_id, request.triple, why, now + LASTS),)


def meant(state: Incident, triple: str) -> Approval:
    """Return what waits for approval and begins with the hash that was read: the letters, or further ones."""
    further = (state.approvals[i] for i, _proposed in waiting(state))
    open_ones = [a for a in (state.approval, *further) if a is not None and not a.granted]
    if not open_ones:
        raise RefusedError("nothing waits for approval")
    found = [a for a in open_ones if len(triple) >= FEWEST_CHARACTERS and a.request.triple.startswith(triple)]
    if not found:
        raise RefusedError("what you read is not what waits for approval; look at the letters again")
    return found[0]


def run_out(state: Incident, now: datetime) -> bool:
    """Whether a forced approval has expired before anything was laid out under it."""
    return bool(_unused(state, now))


def expire(state: Incident, *, now: datetime) -> tuple[e.Event, ...]:
    """Void forced approvals that have run out unused; under one that was used, sending goes on to its end."""
    reason = "the emergency approval ran out before sending began; a second person approves anew"
    return tuple(e.ApprovalVoided(one.request.approval_id, reason) for one in _unused(state, now))


def _unused(state: Incident, now: datetime) -> list[Approval]:
    used = {notice.plan.approval_id for notice in state.notices.values()}
    return [
        one
        for i, one in state.approvals.items()
        if one.granted and one.expires_at is not None and one.expires_at <= now and i not in used
    ]
