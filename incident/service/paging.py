"""Page people: work out what is worth it, send one message a tier, record who was reached, and clear what is over.

The lease of the watch keeps two watches - one under Prefect, one without - from paging twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from incident.core import events as e
from incident.core.actors import TOCSIN, Actor
from incident.core.alarms import alarms
from incident.core.decide import scope
from incident.core.paging import QUIET, PageDue, acknowledge, due_pages, over
from incident.core.state import Incident
from incident.service.house import House, record, view

WATCH_LEASE = timedelta(seconds=45)


def page_what_is_late(house: House, incident_id: str, *, owner: str) -> tuple[str, ...]:
    """Page about everything that is worth it and due for a page; lateness is frozen too.

    Returns sentences; none when another watch is at it.
    """
    lease, real = f"{incident_id}/watch", house.clock.real_now()
    if not house.store.claim(lease, owner, now=real, until=real + WATCH_LEASE):
        return ()
    try:
        return _page(house, incident_id)
    finally:
        house.store.release(lease, owner)


def take_notice(house: House, incident_id: str, *, actor: Actor, subject: str | None, note: str) -> Incident:
    """Take notice of pages, so that they are not repeated for a time."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda s, _now: acknowledge(s, actor=actor, subject=subject, note=note),
    )


def _page(house: House, incident_id: str) -> tuple[str, ...]:
    state, now = view(house, incident_id), house.clock.now()
    if scope.miss_deadlines(state, now=now):
        state = record(house, incident_id, actor=TOCSIN, decide=lambda s, at: scope.miss_deadlines(s, now=at))
    present = alarms(state, now, house.profile.watching)
    cleared = over(state, present)
    if cleared:
        state = record(house, incident_id, actor=TOCSIN, decide=lambda s, _at: over(s, present))
    policy = QUIET if house.profile.drill else house.profile.paging
    said = [f"{incident_id}: over, {one.subject}" for one in cleared]
    by_tier: defaultdict[str, list[PageDue]] = defaultdict(list)
    for page in due_pages(state, present, now, policy):
        by_tier[page.to].append(page)
    for to, pages in by_tier.items():
        reached = _send(house, incident_id, to, pages)
        how = f"paged {to}" if reached else "NOBODY COULD BE PAGED"
        said += [f"{incident_id}: {how}, {page.sentence}" for page in pages]
    return tuple(said)


def _send(house: House, incident_id: str, to: str, pages: Sequence[PageDue]) -> bool:
    """Send one message about all of them, and record each; returns whether any channel took it."""
    drill = "[DRILL] " if house.profile.drill else ""
    rest = f" and {len(pages) - 1} more" if len(pages) > 1 else ""
    subject = f"{drill}{incident_id} {pages[0].subject}{rest}"
    lines = [page.sentence for page in pages]
    lines.append(f"Take notice: tocsin ack {incident_id}")
    paged = house.pager.page(subject, "\n".join(lines), to=to)
    sent = tuple(
        e.PageSent(p.subject, p.sentence, bool(paged.taken), to, p.times, paged.taken, paged.failed)
        for p in pages
    )
    record(house, incident_id, actor=TOCSIN, decide=lambda _s, _now: sent)
    return bool(paged.taken)
