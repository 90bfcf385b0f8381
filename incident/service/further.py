"""Further letters to some people of a notice: draft them and ask for approval; laying out is `further_planning`.

A correction goes to exactly those who got the wrong letter, a second address is written to under an approval of its
own, and what was not handed over can go another way, by another provider, once a second person has approved that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from incident.core import events as e
from incident.core import spans
from incident.core.actors import Actor
from incident.core.decide import further as decide
from incident.core.further import Kind, owes, says_the_same, why_not_yet
from incident.core.people import DeliveryRow
from incident.core.state import Incident, Notice
from incident.errors import RefusedError, TamperError
from incident.service.further_letters import drafts
from incident.service.house import House, record, view
from incident.service.letters import send_sha256
from incident.service.letting_go import halt
from incident.service.notices import the_notice
from incident.service.readings import second_address
from incident.service.told_people import told_people
from incident.service.verifying_rows import as_committed

PAGE = 1000


def propose(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    kind: Kind,
    reason: str,
    notice: str | None = None,
    letter_id: str | None = None,
) -> e.FurtherProposed:
    """Draft further letters to those of a notice who are owed one, and ask a second person for approval."""
    state = view(house, incident_id)
    origin = _origin(state, kind, notice)
    if kind is Kind.UNSENT and origin.halted_because is None:
        halt(house, incident_id, actor=actor, reason=reason, notice=origin.plan.notice_id)
        state = view(house, incident_id)
        origin = state.notices[origin.plan.notice_id]
    if letter_id is not None and letter_id not in origin.letters:
        raise RefusedError(f"{origin.plan.notice_id} has no letter {letter_id}")
    _refuse_too_early(house, state, origin, kind, letter_id)
    proposed = _drafted(house, state, origin, kind, letter_id=letter_id, reason=reason)
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda present, _now: decide.propose(
            present,
            proposed,
            actor=actor,
            send_sha256=send_sha256(house),
            transport=house.mailer.name,
            options=house.profile.send_options,
        ),
    )
    return proposed


def withdraw(house: House, incident_id: str, *, actor: Actor, reason: str, triple: str | None) -> Incident:
    """Take a yes, or the request for one, back; nothing more is handed over under it."""
    return record(
        house,
        incident_id,
        actor=actor,
        decide=lambda s, _now: decide.withdraw(s, actor=actor, triple=triple, reason=reason),
    )


class Owed(NamedTuple):
    """Somebody who is owed a further letter, the address it goes to, and what decides which letter that is."""

    position: int
    email: str | None
    name: str | None
    language: str
    jurisdiction: str
    certainty: str
    exposure: str


def owed_people(
    house: House,
    state: Incident,
    origin: Notice,
    kind: Kind,
    *,
    letter_id: str | None,
    among: str | None = None,
) -> Iterator[Owed]:
    """Stream who is owed a further letter as things stand, with the address it goes to; `among` are ranges.

    Everybody is compared with what was frozen; TamperError otherwise.
    """
    wanted = {row.position for row in _rows(house, origin) if owes(kind, origin, row, letter_id=letter_id)}
    if among is not None:
        wanted &= set(spans.read(among))
    cohort = next(one for one in state.waves if one.cohort_id == origin.plan.cohort_id)
    found = (
        Owed(position, email, name, language, jurisdiction, certainty, exposure)
        for (language, jurisdiction, certainty, exposure), people in told_people(house, cohort)
        for position, email, name, _own in people
        if position in wanted
    )
    yield from found if kind is not Kind.SECOND_ADDRESS else _elsewhere(house, cohort.cohort_id, [*found])


def _elsewhere(house: House, cohort_id: str, people: Iterable[Owed]) -> Iterator[Owed]:
    """Put the second address in the place of the first; who has none is left out."""
    for one in people:
        with house.store.reading() as tx:
            person = tx.people.person(cohort_id, one.position)
        if not as_committed(person):
            raise TamperError(
                f"the row at position {one.position} of {cohort_id} is not the one that was frozen"
            )
        address = second_address(person)
        if address is not None:
            yield one._replace(email=address)


def _drafted(
    house: House, state: Incident, origin: Notice, kind: Kind, *, letter_id: str | None, reason: str
) -> e.FurtherProposed:
    """Draft what is proposed: whom to, and the letters that these people need."""
    positions: list[int] = []
    kinds: Counter[tuple[str, str, str]] = Counter()
    for one in owed_people(house, state, origin, kind, letter_id=letter_id):
        positions.append(one.position)
        kinds[(one.jurisdiction, one.language, one.exposure)] += 1
    letters = drafts(house, state, origin, kinds, correction=kind is Kind.CORRECTION)
    if kind is Kind.CORRECTION:
        plain = drafts(house, state, origin, kinds, correction=False)
        if says_the_same(plain, origin.letters):
            raise RefusedError("the corrected letters would say the same as before; amend the facts first")
    return e.FurtherProposed(
        house.ids.new("APR"),
        kind.value,
        origin.plan.notice_id,
        letter_id,
        spans.written(positions),
        len(positions),
        reason,
        letters,
    )


def _origin(state: Incident, kind: Kind, name: str | None) -> Notice:
    """Return the notice meant: the one named, else the only one that is no further notice of the same kind."""
    if name is not None or len(state.notices) < 2:  # noqa: PLR2004
        return the_notice(state, name)
    first = [n for n in state.notices.values() if n.plan.approval_id not in state.further]
    if kind is Kind.CORRECTION and len(first) == 1:
        return first[0]
    return the_notice(state, None)


def _refuse_too_early(
    house: House, state: Incident, origin: Notice, kind: Kind, letter_id: str | None
) -> None:
    by_letter = Counter(
        row.state for row in _rows(house, origin) if row.letter_id == (letter_id or row.letter_id)
    )
    why = why_not_yet(kind, state, origin, by_letter=by_letter)
    if why is not None:
        raise RefusedError(why)


def _rows(house: House, notice: Notice) -> Iterator[DeliveryRow]:
    after = -1
    while True:
        with house.store.reading() as tx:
            page = tx.people.deliveries(notice.plan.notice_id, after=after, limit=PAGE)
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1].position
