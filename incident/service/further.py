"""Further letters to some people of a notice: draft them and ask for approval; laying out is `further_planning`.

A correction goes to exactly those who got the wrong letter, a second address is written to under an approval of its
own, and what was not handed over can go another way, by another provider, once a second person has approved that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from incident.core import events as e
from incident.core import spans
from incident.core.actors import Actor
from incident.core.batches import Candidate
from incident.core.decide import further as decide
from incident.core.further import Kind, owes, says_the_same, why_not_yet
from incident.core.people import DeliveryRow
from incident.core.state import Incident, Notice
from incident.errors import RefusedError
from incident.service.further_letters import drafts
from incident.service.house import House, record, view
from incident.service.letters import send_sha256
from incident.service.letting_go import halt
from incident.service.notices import the_notice
from incident.service.planning import checked_rows
from incident.service.readings import second_address

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


def owed_rows(
    house: House,
    state: Incident,
    origin: Notice,
    kind: Kind,
    *,
    letter_id: str | None,
    among: str | None = None,
) -> Iterator[tuple[Candidate, str | None]]:
    """Stream who is owed a further letter as things stand, with the address it goes to; `among` are ranges.

    Every row of the cohort is checked against what was frozen.
    """
    wanted = {row.position for row in _rows(house, origin) if owes(kind, origin, row, letter_id=letter_id)}
    if among is not None:
        wanted &= set(spans.read(among))
    cohort = next(one for one in state.waves if one.cohort_id == origin.plan.cohort_id)
    for row in checked_rows(house, cohort):
        if row.position in wanted:
            address = second_address(row) if kind is Kind.SECOND_ADDRESS else row.email
            if address is not None or kind is not Kind.SECOND_ADDRESS:
                yield row, address


def _drafted(
    house: House, state: Incident, origin: Notice, kind: Kind, *, letter_id: str | None, reason: str
) -> e.FurtherProposed:
    """Draft what is proposed: whom to, and the letters that these people need."""
    positions: list[int] = []
    kinds: Counter[tuple[str, str, str]] = Counter()
    for row, _address in owed_rows(house, state, origin, kind, letter_id=letter_id):
        positions.append(row.position)
        kinds[(row.jurisdiction, row.language, row.exposure)] += 1
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
