"""Decide the notice: letters, four eyes, batches with the intent first, answers, settling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from incident.core import approvals
from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.decide.intake import past, said, still_open
from incident.core.deliveries import DeliveryState, Signal, advance
from incident.core.further import asked
from incident.core.state import Approval, Incident, Notice
from incident.errors import NotFoundError, RefusedError

MOST_ERRORS = 5
"""Kinds of error that a refusal names; the letters' list has them all."""


def draft_letters(state: Incident, drafts: Sequence[e.LetterDrafted], *, actor: Actor) -> tuple[e.Event, ...]:
    """Replace the current letters by these; an approval of other letters becomes void."""
    actor.must_be(*RESPONDERS, Role.SYSTEM, to="draft letters")
    still_open(state)
    if state.cohort is None:
        raise RefusedError("letters need a frozen cohort")
    if not state.must_notify():
        raise RefusedError("letters need the decision to notify")
    if any(notice.plan.cohort_id == state.cohort.cohort_id for notice in state.notices.values()):
        raise RefusedError(
            "these people are being told already; `tocsin letters correct` writes a new letter to those who got one"
        )
    new = {d.letter_id: d for d in drafts}
    changed = new != state.letters
    voided = state.voidable() if changed else ()
    total = approvals.letters_hash({i: d.sha256 for i, d in new.items()})
    return (
        *(e.ApprovalVoided(i, "the letters changed") for i in voided),
        *(e.LetterWithdrawn(i, "newer drafts replace it") for i in state.letters if i not in new),
        *(d for i, d in new.items() if state.letters.get(i) != d),
        e.LettersDetermined(state.cohort.cohort_id, len(new), total),
    )


def _refuse_errors(state: Incident) -> None:
    """Refuse letters in which the check found errors, and name each kind of error once."""
    blocked = [draft for draft in state.letters.values() if approvals.blocks(draft)]
    if not blocked:
        return
    found = dict.fromkeys(f for draft in blocked for f in draft.findings if f.startswith(approvals.ERROR))
    words = [finding.removeprefix(approvals.ERROR).strip(": ") for finding in found]
    more = f"; and {len(words) - MOST_ERRORS} more" if len(words) > MOST_ERRORS else ""
    raise RefusedError(
        f"the letter check found errors in {len(blocked)} of {len(state.letters)} letters: "
        f"{'; '.join(words[:MOST_ERRORS])}{more}; mend the facts and draft again"
    )


def request_approval(
    state: Incident,
    *,
    approval_id: str,
    send_sha256: str,
    transport: str,
    options: Mapping[str, str] | None = None,
) -> tuple[e.Event, ...]:
    """Ask for a second person's yes to cohort x letters x send; asked once for the same hashes."""
    still_open(state)
    if state.cohort is None or not state.letters:
        raise RefusedError("approval needs a frozen cohort and drafted letters")
    _refuse_errors(state)
    letters = approvals.letters_hash({i: d.sha256 for i, d in state.letters.items()})
    triple = approvals.triple_hash(
        cohort_commitment=state.cohort.commitment, letters_sha256=letters, send_sha256=send_sha256
    )
    if state.approval is not None and state.approval.request.triple == triple:
        return ()
    voided = (e.ApprovalVoided(i, "something approved has changed") for i in state.voidable())
    request = e.ApprovalRequested(
        approval_id,
        state.cohort.cohort_id,
        triple,
        state.cohort.commitment,
        letters,
        send_sha256,
        transport,
        dict(options or {}),
    )
    return (*voided, request)


def approve(state: Incident, *, actor: Actor, triple: str | None) -> tuple[e.Event, ...]:
    """Give the second yes; who may not is refused, and the attempt is remembered.

    `triple` is the hash (or its first characters, 8 at least) that the approver read, or None for the
    current one.
    """
    still_open(state)
    approval = _meant(state, triple)
    if triple is not None and (len(triple) < 8 or not approval.request.triple.startswith(triple)):  # noqa: PLR2004
        raise RefusedError("what you read is not what waits for approval; look at the letters again")
    reason = approvals.why_not(state, approval, actor)
    if reason is not None:
        return (e.ApprovalRefused(approval.request.approval_id, reason),)
    return (e.NoticeApproved(approval.request.approval_id, approval.request.triple),)


def void_if_sent_otherwise(state: Incident, *, send_sha256: str) -> tuple[e.Event, ...]:
    """Void a yes to another way of sending than the present one."""
    approval = state.approval
    if approval is None or approval.request.send_sha256 == send_sha256:
        return ()
    if approval.request.approval_id not in state.voidable():
        return ()
    return (e.ApprovalVoided(approval.request.approval_id, "the way in which letters are sent has changed"),)


def plan_notice(
    state: Incident,
    *,
    notice_id: str,
    settles_on: str,
    batches: int,
    tally: Mapping[str, int],
    batches_sha256: str = "",
    apart: str = "",
    approval_id: str | None = None,
) -> tuple[e.Event, ...]:
    """Lay the approved letters out in batches; only under a standing approval, and once for it.

    `approval_id` names the approval of further letters; without it the present one is meant.
    """
    still_open(state)
    approval = state.approval if approval_id is None else state.approvals[approval_id]
    if approval is None or not approval.granted:
        raise RefusedError("nothing is sent without a standing approval")
    approval_id = approval.request.approval_id
    if any(n.plan.approval_id == approval_id for n in state.notices.values()):
        return ()
    plan = e.NoticePlanned(
        notice_id,
        approval.request.cohort_id,
        approval_id,
        approval.request.transport,
        settles_on,
        batches,
        tally,
        batches_sha256,
        apart,
    )
    return (plan,)


def account(
    state: Incident,
    *,
    notice_id: str,
    actor: Actor,
    now: datetime,
    states: Mapping[int, DeliveryState],
    channel: str,
    told: bool,
    happened_at: datetime,
    note: str,
) -> tuple[e.Event, ...]:
    """Account for people whom mail did not reach; `states` are their positions with the present state."""
    actor.must_be(*RESPONDERS, to="account for people not reached")
    still_open(state)
    notice = notice_of(state, notice_id)
    past(happened_at, now, field="happened_at")
    signal = Signal.TOLD if told else Signal.GIVEN_UP
    target = DeliveryState.TOLD_OTHERWISE if told else DeliveryState.NOT_REACHABLE
    settled = [p for p, s in states.items() if advance(s, signal)[0] is not target or s is target]
    if settled:
        raise RefusedError(f"position {settled[0]} is {states[settled[0]].value} already")
    moves = Counter(f"{s.value}>{target.value}" for s in states.values())
    return (
        e.DeliveriesAccounted(
            notice.plan.notice_id,
            tuple(sorted(states)),
            said(channel, field="channel"),
            told,
            happened_at,
            said(note, field="note"),
            moves,
        ),
    )


def notice_of(state: Incident, notice_id: str) -> Notice:
    """Return the notice, or say that there is none."""
    if notice_id not in state.notices:
        raise NotFoundError(f"there is no notice {notice_id}")
    return state.notices[notice_id]


def _meant(state: Incident, triple: str | None) -> Approval:
    """Return the approval that somebody gives a yes to: by what they read, the present one before further ones."""
    return asked(state, triple) or asked(state) or _waiting(state)


def _waiting(state: Incident) -> Approval:
    approval = state.approval
    if approval is None:
        raise RefusedError("nothing waits for approval")
    if approval.granted:
        raise RefusedError(f"already approved by {approval.approved_by}")
    return approval
