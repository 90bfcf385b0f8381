"""Read incidents over the API: the same folding and the same projections as console and command line. No people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime
from starlette.requests import Request

from incident.core.access import may_see
from incident.core.agenda import agenda
from incident.core.hindsight import known_at
from incident.core.lifecycle import stage
from incident.core.standing import clocks, summary
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError
from incident.service.house import history
from incident.web.api import models as m
from incident.web.api.door import Caller, Number, Reader, StrictRoute
from incident.web.api.problems import described

router = APIRouter(route_class=StrictRoute, tags=["read"], responses=described(401, 403, 404, 422, 429))
AsOf = Annotated[AwareDatetime | None, Query(description="As it was recorded by then; with an offset.")]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("/incidents")
def list_incidents(
    who: Reader,
    after: Annotated[str, Query(pattern=r"^[A-Z0-9-]{0,64}$")] = "",
    limit: Limit = 100,
    open_only: bool = True,
) -> m.Incidents:
    """List the incidents that the token's handle may see."""
    me, outside = who.staff.actor.handle, who.staff.outside
    rows = [
        row
        for row in who.reception.house.store.board()
        if row.incident_id > after
        and not (open_only and row.closed_at is not None)
        and may_see(me, outside=outside, restricted=row.restricted, granted=row.granted)
    ]
    names = set(m.Line_.model_fields) - {"incident"}
    page = [
        m.Line_(incident=row.incident_id, **{name: getattr(row, name) for name in names})
        for row in rows[:limit]
    ]
    return m.Incidents(incidents=page, next=page[-1].incident if len(rows) > limit else None)


@router.get("/incidents/{incident_id}")
def read_status(incident_id: Number, who: Reader, as_of: AsOf = None) -> m.Status:
    """Say where an incident stands: facts, clocks, counts."""
    state = _state(who, incident_id, as_of)
    now = as_of or who.reception.house.clock.now()
    cohort = state.cohort
    return m.Status(
        incident=incident_id,
        title=state.title,
        drill=state.drill,
        stage=stage(state).value,
        summary=summary(state, now),
        opened_at=state.opened_at,
        detected_at=state.detected_at,
        became_aware_at=state.became_aware_at,
        closed_at=state.closed_at,
        outcome=state.decision.outcome.value if state.decision else None,
        people=cohort.people if cohort else None,
        people_to_tell=cohort.told if cohort else None,
        facts={
            name: m.FactOut(value=f.value, label=f.label.value, source=f.source, since=f.since)
            for name, f in state.facts.items()
        },
        clocks=_clocks(state, now),
        last_seq=state.last_seq,
    )


@router.get(
    "/incidents/{incident_id}/timeline",
    response_model=m.Timeline,
    responses={304: {"description": "As you have it"}},
)
def read_timeline(  # noqa: PLR0917 - FastAPI gives them by name
    request: Request,
    response: Response,
    incident_id: Number,
    who: Reader,
    after: Annotated[int, Query(ge=-1, le=2**53)] = -1,
    limit: Limit = 100,
    as_of: AsOf = None,
) -> Any:
    """Read the timeline in order of recording, a page at a time; it only ever grows, so pages have an ETag."""
    state = who.incident(incident_id)
    mark = f'"{incident_id}-{state.last_seq}-{after}-{limit}-{as_of.timestamp() if as_of else ""}"'
    if request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers={"etag": mark})
    response.headers["etag"] = mark
    rows = who.reception.house.store.timeline(incident_id, after=after, limit=limit + 1)
    rows = [row for row in rows if as_of is None or row.recorded_at <= as_of]
    names = m.Entry.model_fields
    page = [m.Entry(**{name: getattr(row, name) for name in names}) for row in rows[:limit]]
    return m.Timeline(entries=page, next=page[-1].seq if len(rows) > limit else None)


@router.get("/incidents/{incident_id}/agenda")
def read_agenda(incident_id: Number, who: Reader) -> list[m.Todo]:
    """Say what should happen next, and who does it."""
    found = agenda(who.incident(incident_id), who.reception.house.clock.now())
    return [m.Todo(do=a.do.value, sentence=a.sentence, due_at=a.due_at, by_tocsin=a.ours) for a in found]


@router.get("/incidents/{incident_id}/obligations")
def read_obligations(incident_id: Number, who: Reader, as_of: AsOf = None) -> list[m.Clock]:
    """List every duty with its clock, its reason and its source, the tightest first."""
    return _clocks(_state(who, incident_id, as_of), as_of or who.reception.house.clock.now())


@router.get("/incidents/{incident_id}/deliveries")
def count_deliveries(incident_id: Number, who: Reader) -> m.Deliveries:
    """Count the letters by state, for each notice."""
    state = who.incident(incident_id)
    return m.Deliveries(
        notices={i: {k: n for k, n in one.tally.items() if n} for i, one in state.notices.items()}
    )


@router.get("/incidents/{incident_id}/filings")
def list_filings(incident_id: Number, who: Reader) -> list[m.FilingOut]:
    """List the filings with authorities, with references."""
    return [
        m.FilingOut(
            filing=i,
            obligation=one.prepared.obligation_id,
            authority=one.prepared.authority,
            jurisdiction=one.prepared.jurisdiction,
            stage=one.prepared.stage,
            prepared_at=one.prepared_at,
            submitted_at=one.submitted.submitted_at if one.submitted else None,
            reference=one.submitted.reference if one.submitted else None,
        )
        for i, one in who.incident(incident_id).filings.items()
    ]


def _state(who: Caller, incident_id: str, as_of: AwareDatetime | None) -> Incident:
    """Return the incident as of then; who may see it is asked of the present."""
    present = who.incident(incident_id)
    if as_of is None:
        return present
    if as_of > who.reception.house.clock.now():
        raise BadInputError("that instant is still to come", field="as_of")
    state = known_at(incident_id, history(who.reception.house, incident_id), as_of, drill=present.drill)
    if state.version == 0:
        raise NotFoundError("there is no such incident as of then")
    return state


def _clocks(state: Incident, now: AwareDatetime) -> list[m.Clock]:
    return [
        m.Clock(
            obligation=face.obligation_id,
            jurisdiction=face.jurisdiction,
            recipient=face.recipient,
            authority=face.authority,
            due_at=face.due_at,
            standing=face.standing.value,
            seconds_left=int(face.left.total_seconds()) if face.left is not None else None,
            because=face.because,
            citation=face.citation,
            derivation=face.derivation,
        )
        for face in clocks(state, now)
    ]
