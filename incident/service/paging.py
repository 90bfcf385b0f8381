"""Wake people up, once about each thing: the promise nearly due, a deadline passed, a send past its safe moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from incident.core.actors import TOCSIN
from incident.core.agenda import promise_due_at
from incident.core.decide import scope
from incident.core.events import Event, PageSent
from incident.core.lifecycle import told
from incident.core.standing import span
from incident.core.state import Incident
from incident.service.house import Decide, House, record, view

WARN_AT_LEFT = (timedelta(hours=24), timedelta(hours=12), timedelta(hours=6), timedelta(hours=2))


def page_what_is_late(house: House, incident_id: str) -> tuple[str, ...]:
    """Page about everything that is late or nearly so and was not paged before; lateness is frozen too."""
    state, now = view(house, incident_id), house.clock.now()
    if scope.miss_deadlines(state, now=now):
        state = record(house, incident_id, actor=TOCSIN, decide=lambda s, at: scope.miss_deadlines(s, now=at))
    sentences = []
    for subject, sentence in worth_a_page(state, now):
        if subject in state.pages:
            continue
        reached = house.pager.page(f"{incident_id} {subject}", sentence)
        paged = PageSent(subject, sentence, reached)
        record(house, incident_id, actor=TOCSIN, decide=_once(paged))
        sentences.append(f"{incident_id}: paged, {sentence}")
    return tuple(sentences)


def worth_a_page(state: Incident, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield (subject, sentence) for everything worth waking somebody up."""
    due = promise_due_at(state)
    open_promise = state.decision is None or (
        state.must_notify() and (state.notice is None or not told(state.notice))
    )
    if due is not None and open_promise:
        left = due - now
        reached = [limit for limit in WARN_AT_LEFT if left <= limit]
        if left < timedelta(0):
            yield "promise:late", f"the promise to customers is {span(left)}"
        elif reached:
            hours = int(reached[-1].total_seconds()) // 3600
            yield f"promise:{hours}h", f"customers are not all told, {span(left)}"
    for obligation_id, obligation in state.obligations.items():
        if obligation.open and obligation.missed_at is not None:
            yield f"late:{obligation_id}", f"obligation {obligation_id} is late"


def _once(paged: PageSent) -> Decide:
    def decide(state: Incident, _now: datetime) -> tuple[Event, ...]:
        return () if paged.subject in state.pages else (paged,)

    return decide
