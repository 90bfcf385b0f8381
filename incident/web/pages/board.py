"""The board: every open incident by its tightest clock; drills apart; search, filters, history."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.responses import JSONResponse, Response

from incident.core.access import may_see
from incident.core.actors import RESPONDERS
from incident.core.board import Bucket, Line, lines
from incident.core.projections import BoardRow
from incident.web.routing import Door, Page
from incident.web.visit import Visit

AT_ONCE = 50
SHOWN = tuple(one for one in Bucket if one is not Bucket.CLOSED)


def show_board(visit: Visit) -> Response:
    """Show the open incidents."""
    return _board(visit, history=False)


def show_history(visit: Visit) -> Response:
    """Show the closed incidents, the newest first."""
    return _board(visit, history=True)


def healthz(_visit: Visit) -> Response:
    """Say that the console answers."""
    return JSONResponse({"status": "ok"})


def visible(visit: Visit) -> Iterator[BoardRow]:
    """Yield what this visitor may see."""
    staff = visit.staff
    if staff is None:
        return
    for row in visit.reception.house.store.board():
        if may_see(staff.actor.handle, outside=staff.outside, restricted=row.restricted, granted=row.granted):
            yield row


def _board(visit: Visit, *, history: bool) -> Response:
    rows = [row for row in visible(visit) if (row.closed_at is not None) is history]
    ordered = lines(rows, visit.now)
    counts = {one.value: sum(1 for line in ordered if line.bucket is one) for one in SHOWN}
    wanted = [line for line in ordered if _fits(visit, line)]
    after = visit.query.get("after", "")
    rest = [line for line in wanted if line.key > after]
    page = rest[:AT_ONCE]
    return visit.page(
        "board.html",
        history=history,
        groups=_groups(page),
        counts=counts,
        total=len(wanted),
        everything=len(ordered),
        next_key=page[-1].key if len(rest) > AT_ONCE else "",
        paged=bool(after),
        may_open=visit.holds(*RESPONDERS),
    )


def _groups(page: list[Line]) -> list[tuple[str, list[BoardRow]]]:
    found: dict[str, list[BoardRow]] = {}
    for line in page:
        found.setdefault(line.bucket.value, []).append(line.row)
    return list(found.items())


def _fits(visit: Visit, line: Line) -> bool:
    words = visit.query.get("q", "").casefold().split()
    haystack = f"{line.row.incident_id} {line.row.title}".casefold()
    bucket = visit.query.get("bucket", "")
    kind = visit.query.get("kind", "")
    return (
        all(word in haystack for word in words)
        and bucket in {"", line.bucket.value}
        and (kind not in {"drill", "real"} or line.row.drill is (kind == "drill"))
    )


ROUTES = (
    Page("GET", "/", show_board),
    Page("GET", "/history", show_history),
    Page("GET", "/healthz", healthz, door=Door.OPEN),
)
