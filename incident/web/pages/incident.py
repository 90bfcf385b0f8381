"""The incident's first page: what, who, by when, what is missing, what happens next. And what every tab shares."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from incident.core.actors import RESPONDERS, Role
from incident.core.agenda import Action, Do, agenda
from incident.core.lifecycle import open_items, stage
from incident.core.standing import ClockFace, Standing, clocks, summary
from incident.errors import NotFoundError
from incident.web.forms import DECISIONS
from incident.web.forms.asking import nudge
from incident.web.routing import Page
from incident.web.speaking import in_language
from incident.web.visit import Visit

TABS = (
    "summary",
    "timeline",
    "facts",
    "evidence",
    "people",
    "obligations",
    "letters",
    "approvals",
    "deliveries",
    "filings",
    "next-steps",
    "review",
    "ledger",
)
FORMS: dict[Do, str] = {
    Do.DECIDE_AWARENESS: "awareness",
    Do.ADD_EVIDENCE: "evidence",
    Do.ASSESS: "decide",
    Do.SCOPE: "scope",
    Do.MEND_LETTERS: "fact",
    Do.ACCEPT_GAP: "gap",
    Do.APPROVE: "approve",
    Do.RESOLVE_DOUBT: "doubt",
    Do.RESUME: "resume",
    Do.ACCOUNT: "account",
    Do.FILE: "filing",
    Do.RECORD_NEXT_STEPS: "next-step",
    Do.REVIEW: "review",
    Do.CLOSE: "close",
}
OVER = frozenset({Standing.MET, Standing.MET_LATE, Standing.NOT_REQUIRED})
CLOCKS_SHOWN = 6
MOST_ITEMS = 12


def show(visit: Visit) -> Response:
    """Show the incident as somebody needs it who comes to it for the first time."""
    state = visit.state
    faces = running(visit)
    actions = agenda(state, visit.now)
    what = state.facts.get(f"what_happened_{visit.texts.language}") or state.facts.get("what_happened")
    return tab(
        visit,
        "summary",
        "summary.html",
        standing=summary(state, visit.now),
        what=what.value if what is not None and isinstance(what.value, str) else "",
        faces=faces[:CLOCKS_SHOWN],
        more_faces=len(faces) - CLOCKS_SHOWN if len(faces) > CLOCKS_SHOWN else 0,
        missing=_missing(visit, actions),
        actions=actions,
        first=next((action for action in actions if not action.ours), None),
        ours=any(action.ours for action in actions),
        forms={do.value: slug for do, slug in FORMS.items()},
        tally=sorted((k, n) for k, n in state.notice.tally.items() if n) if state.notice else (),
    )


def advance(visit: Visit) -> Response:
    """Do now what is Tocsin's to do."""
    nudge(visit, visit.state.incident_id)
    return visit.go(f"/incidents/{visit.state.incident_id}")


def done(visit: Visit) -> Response:
    """Say what was recorded, under which reference, and what comes next."""
    state = visit.state
    seq = int(visit.request.path_params["seq"])
    rows = visit.reception.house.store.timeline(state.incident_id, after=seq - 1, limit=1)
    if not rows or rows[0].seq != seq:
        raise NotFoundError("nothing was recorded under this number")
    actions = agenda(state, visit.now)
    return visit.page(
        "done.html",
        reference=f"{state.incident_id}/{seq}",
        lines=in_language(visit, rows),
        actions=[action for action in actions if not action.ours][:5],
        ours=any(action.ours for action in actions),
    )


def running(visit: Visit) -> list[ClockFace]:
    """Return the clocks that somebody still has to do something about."""
    return [face for face in clocks(visit.state, visit.now) if face.standing not in OVER]


def tab(visit: Visit, name: str, template: str, *, status: int = 200, **values: Any) -> Response:
    """Write one tab of the incident."""
    first = visit.reception.house.store.timeline(visit.state.incident_id, limit=1)
    return visit.page(
        template,
        status=status,
        first_seq=first[0].seq if first else 0,
        tab=name,
        tabs=[(one, tab_path(visit, one)) for one in TABS],
        stage=stage(visit.state).value,
        may=permitted(visit),
        **values,
    )


def tab_path(visit: Visit, name: str) -> str:
    """Return the address of a tab."""
    base = f"/incidents/{visit.state.incident_id}"
    path = base if name == "summary" else f"{base}/{name}"
    return f"{path}?{visit.past.query}" if visit.past is not None else path


def permitted(visit: Visit) -> dict[str, bool]:
    """Say what the visitor's roles allow: only that is offered."""
    if visit.past is not None:
        return dict.fromkeys((*(one.slug for one in DECISIONS), "advance", "why", "contacts"), False)
    found = {decision.slug: visit.holds(*decision.roles) for decision in DECISIONS}
    found["advance"] = visit.holds(*RESPONDERS) and visit.state.closed_at is None
    found["why"] = found["contacts"] = visit.holds(*RESPONDERS, Role.COUNSEL)
    return found


def _missing(visit: Visit, actions: tuple[Action, ...]) -> list[str]:
    """Return what is not known or not done, without what the agenda says anyway."""
    state = visit.state
    if state.closed_at is not None:
        return []
    said = {action.sentence for action in actions}
    items: list[str] = [item for item in open_items(state) if item not in said and item.key != "open.duty"]
    facts = state.determination.missing_facts if state.determination else ()
    words = visit.texts
    items += [f"{words('facts.unknown')} {visit.say.asked(name)}" for name in facts]
    return items[:MOST_ITEMS]


ROUTES = (
    Page("GET", "/incidents/{incident_id}", show),
    Page("POST", "/incidents/{incident_id}/advance", advance, frozenset(RESPONDERS)),
    Page("GET", "/incidents/{incident_id}/done/{seq:int}", done),
)
