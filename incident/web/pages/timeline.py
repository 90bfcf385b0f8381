"""The timeline: every entry as a sentence, as of any moment, by kind and person; exports; clocks against time."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from starlette.responses import Response

from incident.core.events import REGISTRY, instant_text
from incident.core.hindsight import Axis
from incident.core.projections import TimelineRow
from incident.web.pages.chart import chart_of
from incident.web.pages.ending import download
from incident.web.pages.exports import FORMATS, written
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.speaking import in_language
from incident.web.visit import Visit

AT_ONCE = 100
SUBJECTS = tuple(sorted({kind.partition(":")[0] for kind in REGISTRY}))
MOST_DIGITS = 12


def show(visit: Visit) -> Response:
    """Show one page of the timeline."""
    state = visit.state
    rows = _rows(visit, limit=AT_ONCE + 1)
    more, shown = len(rows) > AT_ONCE, rows[:AT_ONCE]
    keep = {name: visit.query[name] for name in ("kind", "actor") if visit.query.get(name)}
    if visit.past is not None:
        keep |= {"as_of": instant_text(visit.past.at), "axis": visit.past.axis.value}
    return tab(
        visit,
        "timeline",
        "timeline.html",
        rows=in_language(visit, shown),
        subjects=SUBJECTS,
        actors=_actors(visit),
        chart=chart_of(state, visit.now, visit.texts) if not visit.query.get("after") else None,
        next_href=f"?{urlencode({**keep, 'after': shown[-1].seq})}" if more else "",
    )


def export(visit: Visit) -> Response:
    """Send the whole timeline as a file."""
    form = visit.request.url.path.rpartition(".")[2]
    content = written(visit, form, list(whole(visit)))
    return download(content, f"{visit.state.incident_id}-timeline.{form}", FORMATS[form])


def whole(visit: Visit) -> Iterator[TimelineRow]:
    """Stream every line of the timeline, up to the instant that is looked back to."""
    after = -1
    while page := visit.reception.house.store.timeline(visit.state.incident_id, after=after):
        yield from (row for row in page if visit.past is None or visit.past.has(row))
        after = page[-1].seq


def _rows(visit: Visit, *, limit: int) -> list[TimelineRow]:
    """Return one page; of the past, page after page is read until enough lines had been there by then."""
    subject, actor = visit.query.get("kind", ""), visit.query.get("actor", "")
    kinds = tuple(kind for kind in REGISTRY if kind.partition(":")[0] == subject)
    found: list[TimelineRow] = []
    after = _number(visit.query.get("after", ""), -1)
    while len(found) < limit:
        page = visit.reception.house.store.timeline(
            visit.state.incident_id,
            after=after,
            limit=limit,
            kinds=kinds if subject in SUBJECTS else (),
            actor=actor or None,
        )
        found += [row for row in page if visit.past is None or visit.past.has(row)]
        if len(page) < limit or (_recorded_only(visit) and not (visit.past and visit.past.has(page[-1]))):
            break
        after = page[-1].seq
    return found[:limit]


def _recorded_only(visit: Visit) -> bool:
    """Whether nothing later in the order can belong to the page: entries stand in order of recording."""
    return visit.past is not None and visit.past.axis is Axis.RECORDED


def _actors(visit: Visit) -> list[str]:
    return sorted({*visit.reception.staff, "tocsin"})


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else otherwise


ROUTES = (
    Page("GET", "/incidents/{incident_id}/timeline", show),
    *(Page("GET", f"/incidents/{{incident_id}}/timeline.{form}", export) for form in FORMATS),
)
