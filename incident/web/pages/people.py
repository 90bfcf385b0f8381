"""The cohort: counts, and the list a page at a time without names; why one person is on it, which is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from incident.core.actors import RESPONDERS, Role
from incident.core.lifecycle import open_gaps
from incident.core.people import PersonRow
from incident.service import lists
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.visit import Visit

AT_ONCE = 50


def show(visit: Visit) -> Response:
    """Show who is affected, by place, certainty and data; the list shows positions, no names."""
    cohort = visit.state.cohort
    if cohort is None:
        return tab(visit, "people", "people.html")
    t = visit.texts
    rows = _page(visit, cohort.cohort_id)
    more = len(rows) > AT_ONCE
    shown = rows[:AT_ONCE]
    keep = {name: visit.query[name] for name in ("place", "certainty") if visit.query.get(name)}
    after = urlencode({**keep, "after": shown[-1].position}) if more else ""
    return tab(
        visit,
        "people",
        "people.html",
        gaps=open_gaps(visit.state),
        tables=(
            (t("people.by_place"), _most(cohort.by_jurisdiction), ""),
            (t("people.by_certainty"), _most(cohort.by_certainty), "certainty"),
            (t("people.by_data"), _most(cohort.by_category), "category"),
        ),
        rows=shown,
        next_href=f"?{after}" if more else "",
    )


def why(visit: Visit) -> Response:
    """Say why one person is on the list, or not; that somebody read it is an entry."""
    position = int(visit.request.path_params["position"])
    state, who = visit.state, str(position)
    lines = lists.why(visit.reception.house, state.incident_id, who, actor=visit.actor, known=state)
    return tab(visit, "people", "why.html", position=position, lines=lines)


def _page(visit: Visit, cohort_id: str) -> list[PersonRow]:
    after = visit.query.get("after", "")
    with visit.reception.house.store.reading() as tx:
        return list(
            tx.people.persons(
                cohort_id,
                after=int(after) if after.isascii() and after.isdecimal() and len(after) <= 9 else -1,  # noqa: PLR2004
                limit=AT_ONCE + 1,
                jurisdiction=visit.query.get("place") or None,
                certainty=visit.query.get("certainty") or None,
            )
        )


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


ROUTES = (
    Page("GET", "/incidents/{incident_id}/people", show),
    Page(
        "POST",
        "/incidents/{incident_id}/people/{position:int}",
        why,
        frozenset({*RESPONDERS, Role.COUNSEL}),
    ),
)
