"""Decisions of telling people: scope, accept a gap, resolve a doubt, resume, account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incident.core.actors import RESPONDERS, Role
from incident.core.lifecycle import open_gaps
from incident.service import following, scoping, sending, settling
from incident.web.forms.question import Decision, Field, Options
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)
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
