"""Look doubts up in the provider's own record, and end those that it proves; the rest goes on waiting.

Nothing is held while the provider is asked: what is written afterwards is decided on the state as it is then. How many
questions a minute are asked is one row in the database, under the writer's lock, for every incident and worker.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.further import by_second_address
from incident.core.lookup import (
    ABSENT,
    SKEW,
    TAKEN,
    Look,
    LookupTerms,
    Question,
    Sentinel,
    chosen,
    past_lag,
    searched_of,
    to_search,
    verdict,
)
from incident.core.pacing import PaceRow
from incident.core.placeholders import encoded, fill
from incident.core.state import Incident
from incident.service.calls import content_of, recipient
from incident.service.doubts import settle_doubt
from incident.service.house import House, load, view, write
from incident.service.readings import readings

PACE = "lookup:"
AWKWARD = frozenset("'\"\\")
"""Characters that have no certain spelling in the provider's queries: who has one in the address is not asked about."""


def look_up(house: House, incident_id: str) -> str:
    """Ask about the doubts that are due, as far as the rate allows; says what came of it."""
    terms = house.profile.lookup
    if terms is None or house.lookup is None:
        return "there is no record to look doubts up in"
    state = view(house, incident_id)
    wanted = to_search(state, house.clock.now(), terms)
    if not wanted or not _may_ask(house, terms, len(wanted)):
        return "the provider's record may not be asked again yet"
    came: Counter[str] = Counter()
    for notice_id, number in wanted:
        found = house.lookup.look(_question(house, state, notice_id, number, terms))
        came[_note(house, incident_id, notice_id, number, found, terms)] += 1
        if found.wait_seconds is not None:
            _hold_off(house, terms, found.wait_seconds)
        if found.wait_seconds is not None or found.closed:
            break
    return "looked up: " + ", ".join(f"{number} {word}" for word, number in sorted(came.items()))


def _question(house: House, state: Incident, notice_id: str, number: int, terms: LookupTerms) -> Question:
    notice = state.notices[notice_id]
    batch = notice.batches[number]
    letter = notice.letters[batch.letter_id]
    content = content_of(house, letter)
    with house.store.reading() as tx:
        second = by_second_address(state, notice)
        found = readings(tx, notice.plan.cohort_id, batch.positions, second=second)
    askable = [r for r in found if r.email.isascii() and not AWKWARD & set(r.email)]
    known = searched_of(notice, number, batch.attempt)
    whom = [askable[i] for i in chosen(len(askable), terms.sentinels, known.looks if known else 0)]
    asked = (recipient(notice_id, reading, letter.language) for reading in whom)
    sentinels = tuple(
        Sentinel(one.address, fill(content.subject, encoded(one.substitutions))) for one in asked
    )
    since = (batch.intended_at or house.clock.now()) - SKEW
    return Question(f"{notice_id}.{number}.{batch.attempt}", since, content.from_address, sentinels)


def _note(
    house: House, incident_id: str, notice_id: str, number: int, found: Look, terms: LookupTerms
) -> str:
    """Record a look, and end the doubt if it is proven; an event may have ended it meanwhile."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        notice = state.notices[notice_id]
        batch = notice.batches[number]
        if batch.state != "uncertain":
            return "settled meanwhile"
        known = searched_of(notice, number, batch.attempt)
        taken = verdict(batch, known, found, now, terms)
        missed = found.missed + (known.missed if known else 0)
        where = house.lookup.name if house.lookup is not None else ""
        past = past_lag(batch, now, terms)
        searched = _searched(notice_id, number, batch.attempt, where, found, past=past)
        write(house, tx, state, (searched,), actor=TOCSIN, now=now)
        if taken is None:
            return "still in doubt"
        (row,) = tx.batches.rows(notice_id, numbers=[number])
        how = TAKEN if taken else ABSENT.format(missed=missed, minutes=terms.lag // timedelta(minutes=1))
        settle_doubt(
            house, tx, state, row, accepted=taken, how=how, by="lookup", now=now, message_id=found.message_id
        )
    return "taken" if taken else "not taken"


def _searched(
    notice_id: str, number: int, attempt: int, where: str, found: Look, *, past: bool
) -> e.BatchSearched:
    return e.BatchSearched(
        notice_id, number, attempt, where, found.asked, found.missed, found.taken, past, found.reason
    )


def _may_ask(house: House, terms: LookupTerms, batches: int) -> bool:
    """Take the right to ask about so many batches; nobody else asks until the provider's minute allows it."""
    cost = 60 * batches * terms.requests_for_each / terms.requests_per_minute
    return _reserve(house, terms, cost, unless_held=True)


def _hold_off(house: House, terms: LookupTerms, seconds: float) -> None:
    _reserve(house, terms, seconds, unless_held=False)


def _reserve(house: House, terms: LookupTerms, seconds: float, *, unless_held: bool) -> bool:
    now = house.clock.real_now()
    with house.store.begin() as tx:
        key = PACE + terms.provider
        row = tx.batches.pace(key) or PaceRow(key, now)
        if unless_held and row.not_before is not None and now < row.not_before:
            return False
        tx.batches.put_pace(PaceRow(key, now, not_before=now + timedelta(seconds=seconds)))
    return True
