"""Facts with their history, evidence with its custody and what to take next, duties with their derivation."""

from __future__ import annotations

from starlette.responses import Response

from incident.core.standing import Standing, clocks
from incident.service.evidence import plan_of
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.speaking import in_language
from incident.web.visit import Visit

CUSTODY = ("evidence:frozen", "evidence:refused", "evidence:read")
CUSTODY_SHOWN = 200


def facts(visit: Visit) -> Response:
    """Show what is known, assumed, unknown, and what was said before."""
    state = visit.state
    entries = [
        one
        for one in visit.reception.lookout.entries(state.incident_id, ("facts:amended",))
        if visit.past is None or visit.past.has(one)
    ]
    shown = [
        (name, fact, [one for one in entries if one.event.name == name]) for name, fact in state.facts.items()
    ]
    return tab(visit, "facts", "facts.html", facts=shown)


def evidence(visit: Visit) -> Response:
    """Show what is frozen, what to take next before it dies, and who touched it."""
    incident_id = visit.state.incident_id
    custody = visit.reception.house.store.timeline(incident_id, kinds=CUSTODY, limit=CUSTODY_SHOWN)
    lookout = visit.reception.lookout
    plan = plan_of(visit.reception.house, visit.state, lookout.taken(visit.state))
    seen = [row for row in custody if visit.past is None or visit.past.has(row)]
    return tab(visit, "evidence", "evidence.html", plan=plan, custody=in_language(visit, seen))


def obligations(visit: Visit) -> Response:
    """Show every duty: by when, why, by which text, how the date was worked out, how it stands."""
    state = visit.state
    faces = clocks(state, visit.now)
    everything = visit.query.get("all") == "1"
    shown = [f for f in faces if everything or f.standing is not Standing.NOT_REQUIRED]
    return tab(
        visit,
        "obligations",
        "obligations.html",
        duties=[(face, state.obligations.get(face.obligation_id)) for face in shown],
        hidden_number=len(faces) - len(shown),
    )


ROUTES = (
    Page("GET", "/incidents/{incident_id}/facts", facts),
    Page("GET", "/incidents/{incident_id}/evidence", evidence),
    Page("GET", "/incidents/{incident_id}/obligations", obligations),
)
