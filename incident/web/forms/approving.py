"""Decisions about approval: give it, force it, take it back, propose further letters, which need one of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incident.core.actors import APPROVERS, RESPONDERS
from incident.core.further import Kind, asked
from incident.core.state import Approval
from incident.service import approving, further
from incident.web.forms.question import Decision, Field, Options
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)
EVERYONE_ON_CALL = frozenset({*RESPONDERS, *APPROVERS})


def _approve(visit: Visit, said: Mapping[str, Any]) -> str:
    approving.approve(
        visit.reception.house, visit.state.incident_id, actor=visit.actor, triple=said["triple"]
    )
    return visit.state.incident_id


def _force(visit: Visit, said: Mapping[str, Any]) -> str:
    approving.force(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        triple=said["triple"],
        reason=said["reason"],
    )
    return visit.state.incident_id


def _withdraw(visit: Visit, said: Mapping[str, Any]) -> str:
    triple = visit.state.approvals[said["approval"]].request.triple
    further.withdraw(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        reason=said["reason"],
        triple=triple,
    )
    return visit.state.incident_id


def _propose(visit: Visit, said: Mapping[str, Any]) -> str:
    further.propose(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        kind=Kind(said["kind"]),
        reason=said["reason"],
        notice=said["notice"] or None,
    )
    return visit.state.incident_id


def _asked(visit: Visit) -> Approval | None:
    """Return the approval that is meant: by the hash that the form carries, else by name, else what waits."""
    state = visit.state
    named = state.approvals.get(visit.query.get("approval", ""))
    triple = visit.text("triple") or (named.request.triple if named is not None else "")
    return asked(state, triple or None) or state.approval


def _triple(visit: Visit) -> str:
    approval = _asked(visit)
    return approval.request.triple if approval is not None and not approval.granted else ""


def _standing(visit: Visit) -> Options:
    return tuple(
        (i, f"{i}: {visit.texts('approval.given' if a.granted else 'approval.waits')}")
        for i, a in visit.state.approvals.items()
        if a.voided_because is None
    )


def _kinds(visit: Visit) -> Options:
    return tuple((one.value, visit.texts(f"further.{one.value}")) for one in Kind)


def _notices(visit: Visit) -> Options:
    return tuple((notice_id, notice_id) for notice_id in visit.state.notices)


def bound(visit: Visit) -> Sequence[tuple[str, str]]:
    """Say what a yes is bound to; the hashes are those that the form carries."""
    state, t, approval = visit.state, visit.texts, _asked(visit)
    if approval is None or state.cohort is None:
        return ()
    request = approval.request
    proposed = state.further.get(request.approval_id)
    people = state.cohort.told if proposed is None else proposed.people
    letters = len(state.letters) if proposed is None else len(proposed.letters)
    rows = [
        (
            t("approval.people"),
            f"{visit.say.count(people)} ({request.cohort_id}, {request.cohort_commitment[:16]}…)",
        ),
        (t("approval.letters"), f"{letters} ({request.letters_sha256[:16]}…)"),
        (t("approval.send"), f"{request.transport} ({request.send_sha256[:16]}…)"),
        (t("approval.together"), request.triple),
        (t("approval.asked_by"), approval.requested_by),
    ]
    if proposed is not None:
        kind = f"{t(f'further.{proposed.kind}')} ({proposed.of_notice}): {proposed.reason}"
        rows.insert(0, (t("further.what"), kind))
    return rows


DECISIONS = (
    Decision("approve", EVERYONE_ON_CALL, (Field("triple", "seen", preset=_triple),), _approve, shown=bound),
    Decision(
        "break-glass",
        RESPOND,
        (Field("triple", "seen", preset=_triple), Field("reason", "area")),
        _force,
        shown=bound,
        danger=True,
    ),
    Decision(
        "withdraw",
        EVERYONE_ON_CALL,
        (Field("approval", "choice", options=_standing), Field("reason", "area")),
        _withdraw,
    ),
    Decision(
        "further-letters",
        RESPOND,
        (
            Field("kind", "choice", options=_kinds),
            Field("notice", "choice", required=False, options=_notices),
            Field("reason", "area"),
        ),
        _propose,
    ),
)
