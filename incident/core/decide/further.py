"""Decide further letters to some people of a notice: propose them, withdraw a yes, take people over."""

from __future__ import annotations

from collections.abc import Mapping

from incident.core import approvals
from incident.core import events as e
from incident.core.actors import APPROVERS, RESPONDERS, Actor
from incident.core.decide.intake import said, still_open
from incident.core.decide.notice import notice_of
from incident.core.deliveries import UNSENT, DeliveryState
from incident.core.further import Kind, part_sha256, waiting
from incident.core.lifecycle import count
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError

_WAITS = frozenset(state.value for state in UNSENT)


def propose(
    state: Incident,
    proposed: e.FurtherProposed,
    *,
    actor: Actor,
    send_sha256: str,
    transport: str,
    options: Mapping[str, str],
) -> tuple[e.Event, ...]:
    """Propose further letters and ask a second person for the yes to them."""
    actor.must_be(*RESPONDERS, to="propose further letters")
    still_open(state)
    said(proposed.reason, field="reason")
    if not proposed.people:
        raise RefusedError("there is nobody to write to")
    blocked = [letter.letter_id for letter in proposed.letters if approvals.blocks(letter)]
    if blocked:
        raise RefusedError(f"the letter check found errors in {blocked[0]}; mend the facts and propose again")
    same = [i for i, p in waiting(state) if (p.kind, p.of_notice) == (proposed.kind, proposed.of_notice)]
    cohort_id = notice_of(state, proposed.of_notice).plan.cohort_id
    part = part_sha256(_commitment(state, cohort_id), proposed)
    letters = approvals.letters_hash({d.letter_id: d.sha256 for d in proposed.letters})
    triple = approvals.triple_hash(cohort_commitment=part, letters_sha256=letters, send_sha256=send_sha256)
    return (
        *(e.ApprovalVoided(i, "a newer proposal replaces it") for i in same),
        proposed,
        e.ApprovalRequested(
            proposed.approval_id, cohort_id, triple, part, letters, send_sha256, transport, dict(options)
        ),
    )


def withdraw(state: Incident, *, actor: Actor, triple: str | None, reason: str) -> tuple[e.Event, ...]:
    """Take a yes, or the request for one, back; what is being sent under it stops before the next call."""
    actor.must_be(*APPROVERS, *RESPONDERS, to="withdraw an approval")
    still_open(state)
    why = said(reason, field="reason")
    unsent = {
        n.plan.approval_id for n in state.notices.values() if count(n, _WAITS) and n.halted_because is None
    }
    used = {n.plan.approval_id for n in state.notices.values()}
    open_ones = [
        a for i, a in state.approvals.items() if a.voided_because is None and (i in unsent or i not in used)
    ]
    meant = [a for a in open_ones if triple is None or a.request.triple.startswith(triple)]
    if not meant:
        raise NotFoundError("no approval stands under which anything is still to be sent")
    if len(meant) > 1:
        raise RefusedError("several approvals stand; say which with --hash")
    return (e.ApprovalVoided(meant[0].request.approval_id, f"{actor.handle} withdrew it: {why}"),)


def void_if_otherwise(state: Incident, approval_id: str, *, send_sha256: str) -> tuple[e.Event, ...]:
    """Void a yes to another way of sending than the present one."""
    if state.approvals[approval_id].request.send_sha256 == send_sha256:
        return ()
    return (e.ApprovalVoided(approval_id, "the way in which letters are sent has changed"),)


def take_over(
    proposed: e.FurtherProposed, by_notice: str, moves: Mapping[str, int], positions: str
) -> tuple[e.Event, ...]:
    """Move people from the notice that could not reach them to the further one; a correction moves nobody."""
    if proposed.kind == Kind.CORRECTION or not moves:
        return ()
    tally = {f"{old}>{DeliveryState.FOLLOWED}": n for old, n in moves.items()}
    return (e.DeliveriesFollowed(proposed.of_notice, positions, by_notice, tally),)


def _commitment(state: Incident, cohort_id: str) -> str:
    return next(cohort.commitment for cohort in state.waves if cohort.cohort_id == cohort_id)
