"""Decisions of the second half: filings, duties not required, next steps, action items, review, closing, access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incident.core.actors import RESPONDERS, Role
from incident.core.decide.filing import STEPS
from incident.core.lifecycle import open_items
from incident.core.said import Said
from incident.errors import BadInputError
from incident.service import access, filing, following
from incident.web.forms.question import Decision, Field, Options
from incident.web.forms.uploads import path_of
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)
REVIEWERS = frozenset({Role.OFFICER, Role.COUNSEL, Role.APPROVER})
KEEPERS = frozenset({Role.OFFICER, Role.ADMIN})


def _file(visit: Visit, said: Mapping[str, Any]) -> str:
    filing.submit(
        visit.reception.house,
        visit.state.incident_id,
        said["filing"],
        actor=visit.actor,
        reference=said["reference"],
        submitted_at=said["submitted_at"],
        receipt=path_of(visit, "receipt") if said["receipt"] else None,
        late_because=said["late_because"],
    )
    return visit.state.incident_id


def _waive(visit: Visit, said: Mapping[str, Any]) -> str:
    following.waive_obligation(
        visit.reception.house,
        visit.state.incident_id,
        said["obligation"],
        actor=visit.actor,
        reason=said["reason"],
    )
    return visit.state.incident_id


def _next_step(visit: Visit, said: Mapping[str, Any]) -> str:
    following.record_next_step(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        step=said["step"],
        text=said["text"],
        positions=said["positions"] or None,
        due_on=said["due_on"],
    )
    return visit.state.incident_id


def _promise(visit: Visit, said: Mapping[str, Any]) -> str:
    following.promise_action_item(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        text=said["text"],
        owner=said["owner"],
        due_on=said["due_on"],
    )
    return visit.state.incident_id


def _review(visit: Visit, said: Mapping[str, Any]) -> str:
    following.review_post_mortem(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        remark=said["remark"] or "",
        report_sha256=said["report"],
    )
    return visit.state.incident_id


def _close(visit: Visit, said: Mapping[str, Any]) -> str:
    following.close_incident(
        visit.reception.house, visit.state.incident_id, actor=visit.actor, reason=said["reason"]
    )
    return visit.state.incident_id


def _grant(visit: Visit, said: Mapping[str, Any]) -> str:
    person = visit.reception.staff[said["handle"]]
    access.grant(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        handle=said["handle"],
        outside=person.outside,
        agreement=said["agreement"],
        reason=said["reason"],
    )
    return visit.state.incident_id


def _end_access(visit: Visit, said: Mapping[str, Any]) -> str:
    access.end(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        handle=said["handle"],
        reason=said["reason"],
    )
    return visit.state.incident_id


def _restrict(visit: Visit, said: Mapping[str, Any]) -> str:
    change = {"restrict": access.restrict, "reopen": access.reopen}.get(said["change"])
    if change is None:
        raise BadInputError(visit.texts("form.choose"), field="change")
    change(visit.reception.house, visit.state.incident_id, actor=visit.actor, reason=said["reason"])
    return visit.state.incident_id


def _unfiled(visit: Visit) -> Options:
    return tuple(
        (i, f"{i}: {f.prepared.authority}") for i, f in visit.state.filings.items() if f.submitted is None
    )


def _waivable(visit: Visit) -> Options:
    return tuple(
        (i, f"{o.arose.authority or visit.texts.code('recipient', o.arose.recipient)} ({i})")
        for i, o in visit.state.obligations.items()
        if o.open and o.arose.recipient != "customer"
    )


def _steps(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"step.{one}")) for one in STEPS)


def _staff(visit: Visit) -> Options:
    return tuple((handle, f"{one.name} ({handle})") for handle, one in visit.reception.staff.items())


def _named(visit: Visit) -> Options:
    return tuple((handle, handle) for handle in sorted(visit.state.granted))


def _changes(visit: Visit) -> Options:
    one = "reopen" if visit.state.restricted else "restrict"
    return ((one, visit.texts(f"access.{one}")),)


def _report(visit: Visit) -> str:
    return visit.state.post_mortem.report_sha256 if visit.state.post_mortem else ""


def _open_things(visit: Visit) -> Sequence[tuple[str, str]]:
    return tuple((visit.texts("close.open"), _with_office(visit, item)) for item in open_items(visit.state))


def _with_office(visit: Visit, item: Said) -> str:
    """Say what is open; a duty by whom it is owed to, beside its id."""
    duty = visit.state.obligations.get(str(item.values.get("duty", "")))
    said = visit.texts.spoken(item)
    if duty is None or duty.arose.authority is None:
        return said
    return f"{said} ({duty.arose.authority}, {visit.say.place(duty.arose.jurisdiction)})"


def _read(visit: Visit) -> Sequence[tuple[str, str]]:
    return ((visit.texts("review.report"), _report(visit)),)


DECISIONS = (
    Decision(
        "filing",
        RESPOND | {Role.COUNSEL},
        (
            Field("filing", "choice", options=_unfiled),
            Field("reference"),
            Field("submitted_at", "instant"),
            Field("receipt", "file", required=False),
            Field("late_because", "area", required=False),
        ),
        _file,
    ),
    Decision(
        "not-required",
        frozenset({Role.OFFICER, Role.COUNSEL}),
        (Field("obligation", "choice", options=_waivable), Field("reason", "area")),
        _waive,
    ),
    Decision(
        "next-step",
        RESPOND,
        (
            Field("step", "choice", options=_steps),
            Field("text", "area"),
            Field("positions", "numbers", required=False),
            Field("due_on", "day", required=False),
        ),
        _next_step,
    ),
    Decision(
        "action-item",
        RESPOND,
        (Field("text", "area"), Field("owner", "choice", options=_staff), Field("due_on", "day")),
        _promise,
    ),
    Decision(
        "review",
        REVIEWERS,
        (Field("report", "seen", preset=_report), Field("remark", "area", required=False)),
        _review,
        shown=_read,
    ),
    Decision("close", RESPOND, (Field("reason", "area"),), _close, shown=_open_things),
    Decision(
        "name-somebody",
        KEEPERS,
        (
            Field("handle", "choice", options=_staff),
            Field("agreement", required=False),
            Field("reason", "area"),
        ),
        _grant,
    ),
    Decision(
        "take-off",
        KEEPERS,
        (Field("handle", "choice", options=_named), Field("reason", "area")),
        _end_access,
    ),
    Decision(
        "restrict",
        KEEPERS,
        (Field("change", "choice", options=_changes), Field("reason", "area")),
        _restrict,
    ),
)
