"""Decide the end: action items, the report, its review by a second person, closing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide.intake import said, still_open
from incident.core.lifecycle import open_items
from incident.core.said import Said, say
from incident.core.state import Incident
from incident.errors import RefusedError


def promise_action_item(
    state: Incident, *, actor: Actor, item_id: str, text: str, owner: str, due_on: date
) -> tuple[e.Event, ...]:
    """Promise something in the post-mortem, with an owner and a day."""
    actor.must_be(*RESPONDERS, to="promise an action item")
    still_open(state)
    return (e.ActionItemPromised(item_id, said(text, field="text"), said(owner, field="owner"), due_on),)


def draft_post_mortem(state: Incident, *, report_sha256: str) -> tuple[e.Event, ...]:
    """Record the report made from the ledger so far."""
    still_open(state)
    if state.post_mortem is not None and state.post_mortem.report_sha256 == report_sha256:
        return ()
    return (e.PostMortemDrafted(report_sha256, state.last_seq),)


def review_post_mortem(
    state: Incident, *, actor: Actor, report_sha256: str | None, remark: str
) -> tuple[e.Event, ...]:
    """Let a second person accept the report; the one who scoped or decided may not."""
    still_open(state)
    if state.post_mortem is None:
        raise RefusedError("there is no report to review yet")
    actor.must_be(Role.OFFICER, Role.COUNSEL, Role.APPROVER, to="review the post-mortem")
    if report_sha256 is not None and report_sha256 != state.post_mortem.report_sha256:
        raise RefusedError("the report changed since you read it")
    if actor.handle in state.scoped_by or actor.handle == state.decided_by:
        return (e.ReviewRefused(_own_work(actor.handle)),)
    return (e.PostMortemReviewed(state.post_mortem.report_sha256, remark),)


def close_incident(state: Incident, *, actor: Actor, reason: str) -> tuple[e.Event, ...]:
    """Close when nothing is open; the refusal, with what is open, is remembered."""
    actor.must_be(*RESPONDERS, to="close an incident")
    still_open(state)
    items = open_items(state)
    if items:
        return (e.CloseRefused(_open(items), items),)
    return (e.IncidentClosed(said(reason, field="reason")),)


def _open(items: Sequence[str]) -> Said:
    if len(items) == 1:
        return say("close.one_open", "one thing is open: {what}", what=items[0])
    return say("close.open", "{n} things are open: {what}", n=len(items), what=items[0])


def _own_work(who: str) -> Said:
    return say("review.own", "{who} ran the response, and nobody reviews their own work", who=who)
