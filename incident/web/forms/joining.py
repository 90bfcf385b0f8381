"""Decisions about who is one person: two are one, what joined one is shared by several, a decision no longer holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS
from incident.core.decide.joining import KINDS
from incident.service import joinings
from incident.web.forms.question import Decision, Field, Options
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)


def _confirm(visit: Visit, said: Mapping[str, Any]) -> str:
    joinings.confirm(
        visit.reception.house,
        visit.state.incident_id,
        said["left"],
        said["right"],
        actor=visit.actor,
        reason=said["reason"],
    )
    return visit.state.incident_id


def _split(visit: Visit, said: Mapping[str, Any]) -> str:
    joinings.set_apart(
        visit.reception.house,
        visit.state.incident_id,
        said["position"],
        said["by"],
        actor=visit.actor,
        reason=said["reason"],
    )
    return visit.state.incident_id


def _undo(visit: Visit, said: Mapping[str, Any]) -> str:
    joinings.undo(
        visit.reception.house,
        visit.state.incident_id,
        said["merge"],
        actor=visit.actor,
        reason=said["reason"],
    )
    return visit.state.incident_id


def _kinds(visit: Visit) -> Options:
    return tuple((kind, visit.texts.code("identity", kind)) for kind in KINDS)


def _decided(visit: Visit) -> Options:
    return tuple((merge_id, _where(merge_id, one)) for merge_id, one in visit.state.joinings.items())


def _where(merge_id: str, one: e.MergeConfirmed | e.SetApart) -> str:
    places = f"{one.left}, {one.right}" if isinstance(one, e.MergeConfirmed) else f"{one.position}"
    return f"{merge_id} ({places})"


DECISIONS = (
    Decision(
        "confirm-merge",
        RESPOND,
        (Field("left", "number"), Field("right", "number"), Field("reason", "area")),
        _confirm,
    ),
    Decision(
        "split",
        RESPOND,
        (Field("position", "number"), Field("by", "choice", options=_kinds), Field("reason", "area")),
        _split,
    ),
    Decision(
        "undo-merge",
        RESPOND,
        (Field("merge", "choice", options=_decided), Field("reason", "area")),
        _undo,
    ),
)
