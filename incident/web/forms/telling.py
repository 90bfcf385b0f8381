"""Decisions of telling people: scope, accept a gap, approve, break the glass, resolve a doubt, resume, account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incident.core.actors import APPROVERS, RESPONDERS, Role
from incident.core.further import asked
from incident.core.lifecycle import open_gaps
from incident.service import approving, following, scoping, sending, settling
from incident.web.forms.question import Decision, Field, Options
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)
EVERYONE_ON_CALL = frozenset({*RESPONDERS, *APPROVERS})
CHANNELS = ("phone", "letter", "in_person", "in_app", "sms", "public_notice")


def _scope(visit: Visit, said: Mapping[str, Any]) -> str:
    document: dict[str, Any] = {
        "window": {"start": said["start"].isoformat(), "end": said["end"].isoformat()},
        "actors": {"networks": list(said["networks"]), "principals": list(said["principals"])},
        "systems": [
            {"system": system, "mode": mode, "reason": said["reason"]}
            for mode in ("by_access", "whole_store")
            for system in said[mode]
        ],
        "staff_domains": list(said["staff_domains"]),
    }
    for system in document["systems"]:
        if system["mode"] == "whole_store":
            system["certainty"] = "possible"
    scoping.scope(visit.reception.house, visit.state.incident_id, actor=visit.actor, document=document)
    return visit.state.incident_id


def _accept_gap(visit: Visit, said: Mapping[str, Any]) -> str:
    following.accept_gap(
        visit.reception.house,
        visit.state.incident_id,
        int(said["gap"]),
        actor=visit.actor,
        reason=said["reason"],
    )
    return visit.state.incident_id


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


def _resolve(visit: Visit, said: Mapping[str, Any]) -> str:
    settling.resolve(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        batch=int(said["batch"].rpartition("/")[2]),
        notice=said["batch"].rpartition("/")[0] or None,
        accepted=said["found"] == "accepted",
        how=said["how"],
    )
    return visit.state.incident_id


def _resume(visit: Visit, said: Mapping[str, Any]) -> str:
    sending.resume(visit.reception.house, visit.state.incident_id, actor=visit.actor, reason=said["reason"])
    return visit.state.incident_id


def _account(visit: Visit, said: Mapping[str, Any]) -> str:
    settling.account(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        positions=said["positions"],
        channel=said["channel"],
        told=said["told"] == "told",
        happened_at=said["happened_at"],
        note=said["note"],
        notice=said["notice"] or None,
    )
    return visit.state.incident_id


def _systems(visit: Visit) -> Options:
    return tuple((key, system.name) for key, system in visit.reception.house.profile.systems.items())


def _gaps(visit: Visit) -> Options:
    return tuple((str(n), text) for n, text in enumerate(open_gaps(visit.state), start=1))


def _batches(visit: Visit) -> Options:
    several = len(visit.state.notices) > 1
    found = [
        (notice_id, n)
        for notice_id, notice in visit.state.notices.items()
        for n, batch in notice.batches.items()
        if batch.state in {"uncertain", "mixed"}
    ]
    return tuple(
        (
            f"{notice_id}/{n}" if several else str(n),
            visit.texts("sending.batch", number=n) + (f" ({notice_id})" if several else ""),
        )
        for notice_id, n in found
    )


def _notices(visit: Visit) -> Options:
    return tuple((notice_id, notice_id) for notice_id in visit.state.notices)


def _found(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"doubt.{one}")) for one in ("accepted", "not_sent"))


def _told(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"account.{one}")) for one in ("told", "given_up"))


def _channels(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"channel.{one}")) for one in CHANNELS)


def _triple(visit: Visit) -> str:
    approval = asked(visit.state) or visit.state.approval
    return approval.request.triple if approval is not None else ""


def _bound(visit: Visit) -> Sequence[tuple[str, str]]:
    """Say what a yes is bound to; the hashes are those that the form carries."""
    state, t = visit.state, visit.texts
    approval = asked(state) or state.approval
    if approval is None or state.cohort is None:
        return ()
    request = approval.request
    further = state.further.get(request.approval_id)
    told, number = (
        (further.people, len(further.letters)) if further else (state.cohort.told, len(state.letters))
    )
    people = f"{told:,} ({request.cohort_id}, {request.cohort_commitment[:16]}…)"
    letters = f"{number} ({request.letters_sha256[:16]}…)"
    send = f"{request.transport} ({request.send_sha256[:16]}…)"
    return (
        (t("approval.people"), people),
        (t("approval.letters"), letters),
        (t("approval.send"), send),
        (t("approval.together"), request.triple),
        (t("approval.asked_by"), approval.requested_by),
    )


DECISIONS = (
    Decision(
        "scope",
        RESPOND,
        (
            Field("start", "instant"),
            Field("end", "instant"),
            Field("networks", "lines", required=False),
            Field("principals", "lines", required=False),
            Field("by_access", "many", required=False, options=_systems),
            Field("whole_store", "many", required=False, options=_systems),
            Field("staff_domains", "lines", required=False),
            Field("reason", "area"),
        ),
        _scope,
    ),
    Decision(
        "gap",
        RESPOND | {Role.COUNSEL},
        (Field("gap", "choice", options=_gaps), Field("reason", "area")),
        _accept_gap,
    ),
    Decision("approve", EVERYONE_ON_CALL, (Field("triple", "seen", preset=_triple),), _approve, shown=_bound),
    Decision(
        "break-glass",
        RESPOND,
        (Field("triple", "seen", preset=_triple), Field("reason", "area")),
        _force,
        shown=_bound,
        danger=True,
    ),
    Decision(
        "doubt",
        RESPOND,
        (
            Field("batch", "choice", options=_batches),
            Field("found", "choice", options=_found),
            Field("how", "area"),
        ),
        _resolve,
    ),
    Decision("resume", RESPOND, (Field("reason", "area"),), _resume),
    Decision(
        "account",
        RESPOND,
        (
            Field("notice", "choice", required=False, options=_notices),
            Field("positions", "numbers"),
            Field("told", "choice", options=_told),
            Field("channel", "choice", options=_channels),
            Field("happened_at", "instant"),
            Field("note", "area"),
        ),
        _account,
    ),
)
