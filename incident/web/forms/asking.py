"""Ask, let the answers be checked, record them, and say what came of it; every step works without a script."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from incident.errors import BadInputError, FourEyesError, NotFoundError, RefusedError
from incident.service.responding import advance
from incident.web import csrf
from incident.web.forms import uploads
from incident.web.forms.question import Decision, Field, answers, inputs, presets, raw, zones
from incident.web.hearing import spoken_by
from incident.web.routing import Page
from incident.web.visit import Visit

KEPT_MARKS = 2000
PATIENCE_SECONDS = 3.0
_DONE: OrderedDict[str, str] = OrderedDict()
"""Forms that were recorded, by their mark, and where they led: sent twice is recorded once."""


def routes(decision: Decision) -> tuple[Page, Page]:
    """Return the two rows of a decision: asking, and answering."""

    def show(visit: Visit) -> Response:
        return _ask(visit, decision, presets(visit, decision))

    def take(visit: Visit) -> Response:
        return _take(visit, decision)

    return (
        Page("GET", decision.path, show, decision.roles),
        Page("POST", decision.path, take, decision.roles),
    )


def nudge(visit: Visit, incident_id: str) -> None:
    """Let what is Tocsin's to do now be done: by the orchestrator if there is one, else here, beside the page."""
    house = visit.reception.house
    if house.starter is not None and house.starter.start(incident_id, reason="console") is not None:
        return
    owner = house.ids.new("CON")
    work = threading.Thread(target=_work, args=(visit, incident_id, owner), daemon=True)
    work.start()
    work.join(PATIENCE_SECONDS)


def _work(visit: Visit, incident_id: str, owner: str) -> None:
    try:
        advance(visit.reception.house, incident_id, owner=owner)
    except Exception as error:  # noqa: BLE001 - the agenda still shows it, and the watch tries again
        visit.reception.log.warning("%s: not advanced, %s", incident_id, type(error).__name__)


def _take(visit: Visit, decision: Decision) -> Response:
    given, errors = raw(visit, decision), {}
    press = visit.text("press")
    if press == "change":
        return _ask(visit, decision, given)
    for field in decision.fields:
        if field.kind == "file":
            try:
                kept = uploads.take(visit, field.name, receipt=decision.slug != "evidence")
            except BadInputError as error:
                errors[field.name] = error.reason
            else:
                given |= {name: [value] for name, value in kept.items()}
    found, wrong = answers(visit, decision, given)
    errors |= {name: text for name, text in wrong.items() if name not in errors}
    if errors:
        return _ask(visit, decision, given, errors=errors, status=422)
    if press != "confirm":
        return _check(visit, decision, given, found)
    return _record(visit, decision, given, found)


def _record(
    visit: Visit, decision: Decision, given: Mapping[str, list[str]], found: Mapping[str, Any]
) -> Response:
    mark = f"{visit.token[:8]}:{visit.text('mark')}"
    if mark in _DONE:
        return visit.go(_DONE[mark])
    try:
        incident_id = decision.perform(visit, found)
    except FourEyesError:
        raise
    except BadInputError as error:
        named = (error.field or "").rpartition(".")[2]
        names = {field.name for field in decision.fields}
        reason = visit.texts.spoken(error.reason)
        errors = {named: reason} if named in names else {}
        said = "" if errors else spoken_by(error)
        return _ask(visit, decision, given, errors=errors, said=said, status=422)
    except (RefusedError, NotFoundError) as error:
        return _ask(visit, decision, given, said=spoken_by(error), status=409)
    uploads.drop(visit, given)
    seq = visit.reception.lookout.incident(incident_id).last_seq
    nudge(visit, incident_id)
    _DONE[mark] = f"/incidents/{incident_id}/done/{seq}?what={decision.slug}"
    while len(_DONE) > KEPT_MARKS:
        _DONE.popitem(last=False)
    return visit.go(_DONE[mark])


def _ask(
    visit: Visit,
    decision: Decision,
    given: Mapping[str, list[str]],
    *,
    errors: Mapping[str, str] | None = None,
    said: object = "",
    status: int = 200,
) -> Response:
    fields = [_shown(visit, field, given) for field in decision.fields]
    return visit.page(
        "question.html",
        status=status,
        decision=decision,
        path_of=visit.request.url.path,
        fields=fields,
        nothing=any(_empty(one) for one in fields),
        shown=decision.shown(visit) if decision.shown else (),
        errors=errors or {},
        said=said,
    )


def _empty(field: Mapping[str, Any]) -> bool:
    """Whether what a question is about is not there: nothing to choose from, nothing that waits to be read."""
    if field["kind"] == "seen":
        return not any(field["values"])
    return bool(field["required"]) and field["kind"] in {"choice", "many"} and not field["options"]


def _shown(visit: Visit, field: Field, given: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "name": field.name,
        "kind": field.kind,
        "required": field.required,
        "values": given.get(field.name, []),
        "zone": (given.get(f"{field.name}_zone") or [""])[0],
        "zones": zones(visit) if field.kind == "instant" else (),
        "options": field.options(visit) if field.options else (),
        "file": (given.get(f"{field.name}_name") or [""])[0],
        "kept": [(name, (given.get(name) or [""])[0]) for name in inputs(field)]
        if field.kind == "file"
        else (),
    }


def _check(
    visit: Visit, decision: Decision, given: Mapping[str, list[str]], found: Mapping[str, Any]
) -> Response:
    return visit.page(
        "check.html",
        decision=decision,
        path_of=visit.request.url.path,
        rows=[(f.name, _said(visit, f, found[f.name], given)) for f in decision.fields if f.kind != "seen"],
        carried=[(name, value) for name, values in given.items() for value in values],
        shown=decision.shown(visit) if decision.shown else (),
        mark=secrets.token_hex(8),
    )


def _said(visit: Visit, field: Field, value: Any, given: Mapping[str, list[str]]) -> dict[str, Any]:
    if value is None or value == ():
        return {"none": True}
    if field.kind == "instant":
        return {"at": value}
    if field.kind == "file":
        return {"text": (given.get(f"{field.name}_name") or [""])[0]}
    if field.kind in {"choice", "many"}:
        words = dict(field.options(visit)) if field.options else {}
        chosen = value if field.kind == "many" else (value,)
        return {"text": "\n".join(words[code] for code in chosen)}
    if field.kind in {"numbers", "lines"}:
        return {"text": "\n".join(str(one) for one in value)}
    return {"text": str(value)}


__all__ = ["csrf", "nudge", "routes"]
