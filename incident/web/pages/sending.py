"""Approvals with the hashes they are bound to; deliveries: how far, who is not reached, what is in doubt."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.responses import Response

from incident.core.actors import RESPONDERS, Role
from incident.core.approvals import why_not
from incident.core.deliveries import NEEDS_OTHER_CHANNEL, settled_states
from incident.core.further import asked
from incident.core.lifecycle import count
from incident.core.people import DeliveryRow
from incident.core.projections import TimelineRow
from incident.core.state import Notice
from incident.errors import RefusedError
from incident.service.access import read_people
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.speaking import in_language
from incident.web.visit import Visit

AT_ONCE = 50
OTHER = frozenset(state.value for state in NEEDS_OTHER_CHANNEL)
READERS = frozenset({*RESPONDERS, Role.COUNSEL})
MOST_DIGITS = 9


def approvals(visit: Visit) -> Response:
    """Show every request for a second pair of eyes, what it is bound to, and what became of it."""
    state = visit.state
    waiting = asked(state)
    return tab(
        visit,
        "approvals",
        "approvals.html",
        approvals=list(reversed(state.approvals.values())),
        waits=waiting is not None,
        standing=any(one.voided_because is None for one in state.approvals.values()),
        refusal=why_not(state, waiting, visit.actor) if waiting is not None else "",
        refusals=state.refusals,
    )


def deliveries(visit: Visit) -> Response:
    """Show how far the notice is, and the deliveries of one state a page at a time, without names."""
    notice = _notice(visit, visit.query.get("notice", ""))
    if notice is None:
        return tab(visit, "deliveries", "deliveries.html", notice=None)
    return _deliveries(visit, notice, visit.query, contacts=None)


def contacts(visit: Visit) -> Response:
    """Show the contacts of one page of people; that somebody read them is an entry."""
    notice = _notice(visit, visit.text("notice"))
    if notice is None:
        raise RefusedError("no notice was planned yet")
    asked = {"state": visit.text("state"), "after": visit.text("after")}
    rows = _rows(visit, notice, asked)[:AT_ONCE]
    purpose = f"contacts of {len(rows)} people"
    read_people(
        visit.reception.house, visit.state.incident_id, actor=visit.actor, purpose=purpose, known=visit.state
    )
    found = {}
    with visit.reception.house.store.reading() as tx:
        for row in rows:
            person = tx.people.person(notice.plan.cohort_id, row.position)
            found[row.position] = " / ".join(p for p in (person.name, person.email, person.phone) if p)
    return _deliveries(visit, notice, asked, contacts=found)


def _deliveries(
    visit: Visit, notice: Notice, asked: Mapping[str, str], *, contacts: Mapping[int, str] | None
) -> Response:
    rows = _rows(visit, notice, asked) if visit.past is None else []
    more = len(rows) > AT_ONCE
    shown = rows[:AT_ONCE]
    keep = {"state": asked["state"]} if asked.get("state") else {}
    several = len(visit.state.notices) > 1
    keep |= {"notice": notice.plan.notice_id} if several else {}
    after = urlencode({**keep, "after": shown[-1].position}) if more else ""
    return tab(
        visit,
        "deliveries",
        "deliveries.html",
        notice=notice,
        notices=_notices(visit) if several else (),
        mark=f"&notice={notice.plan.notice_id}" if several else "",
        total=sum(notice.tally.values()),
        settled=count(notice, settled_states(notice.plan.settles_on)),
        tally=sorted((k, n) for k, n in notice.tally.items() if n),
        doubts=sum(1 for b in notice.batches.values() if b.state == "uncertain"),
        in_doubt=[(n, b) for n, b in notice.batches.items() if b.state == "uncertain"][:AT_ONCE],
        resolved=_resolved(visit),
        not_reached=count(notice, OTHER),
        rows=shown,
        contacts=contacts,
        next_href=f"?{after}" if more else "",
    )


def _notice(visit: Visit, name: str) -> Notice | None:
    """Return the notice that is asked for, else the one to work on."""
    return visit.state.notices.get(name) or visit.state.notice


def _notices(visit: Visit) -> list[tuple[str, str, int, int]]:
    """Return every notice, the newest first: its name, what it is, how many it concerns, how many are settled."""
    state, t = visit.state, visit.texts
    found = []
    for name, notice in reversed(state.notices.items()):
        proposed = state.further.get(notice.plan.approval_id)
        what = t("further.first") if proposed is None else t(f"further.{proposed.kind}")
        people, settled = sum(notice.tally.values()), count(notice, settled_states(notice.plan.settles_on))
        found.append((name, what, people, settled))
    return found


def _resolved(visit: Visit) -> list[TimelineRow]:
    """Return the last doubts that somebody ended: who, when and how."""
    rows = visit.reception.house.store.timeline(visit.state.incident_id, kinds=("batch:resolved",))
    return in_language(visit, [row for row in rows if visit.past is None or visit.past.has(row)][-AT_ONCE:])


def _rows(visit: Visit, notice: Notice, asked: Mapping[str, str]) -> list[DeliveryRow]:
    after, state = asked.get("after", ""), asked.get("state", "")
    known = after.isascii() and after.isdecimal() and len(after) <= MOST_DIGITS
    with visit.reception.house.store.reading() as tx:
        return list(
            tx.people.deliveries(
                notice.plan.notice_id,
                states=(state,) if state in notice.tally else (),
                after=int(after) if known else -1,
                limit=AT_ONCE + 1,
            )
        )


ROUTES = (
    Page("GET", "/incidents/{incident_id}/approvals", approvals),
    Page("GET", "/incidents/{incident_id}/deliveries", deliveries),
    Page("POST", "/incidents/{incident_id}/deliveries/contacts", contacts, READERS),
)
