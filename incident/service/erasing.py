"""Erase: destroy what is kept about a person, or the bytes of evidence, and record that it was done and why.

The ledger keeps its entries and commitments, and every proof still verifies. Backups made earlier are not reached
from here; what the database itself can scrub is scrubbed, and what it cannot is said.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.decide import custody as decide
from incident.core.deliveries import settled_states
from incident.core.erasure import Found
from incident.core.people import BatchRow
from incident.core.scoping import forgetting
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError, TamperError
from incident.ports import Transaction
from incident.service.house import House, load, view, write

BACKUPS = "backups made before now still hold what was erased; let them expire, or erase there too"
Places = dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was destroyed, and what a reader must know about the rest."""

    event: e.PersonErased | e.EvidenceErased
    remarks: tuple[str, ...]


def find(house: House, *, actor: Actor, email: str) -> Sequence[Found]:
    """Say in which incidents, cohorts and positions an address stands; nothing else about anybody."""
    actor.must_be(*decide.ERASERS, to="look for a person over all incidents")
    with house.store.reading() as tx:
        return tx.erasing.find(email.strip().lower())


def erase(house: House, incident_id: str, position: int, *, actor: Actor, ground: str) -> Erased:
    """Erase the person at a position of the newest cohort, in every cohort of the incident.

    Raises RefusedError while they are still to be told, NotFoundError when nobody is there.
    """
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        places = _places(tx, state, position)
        reports = tx.erasing.count_reports(_notices(state, places))
        families = {
            notice_id: _family(tx, notice_id, positions)
            for notice_id, positions in _notices(state, places).items()
        }
        decide.refuse_while_batch_is_open({row.state for family in families.values() for row in family})
        events = decide.erase_people(
            state,
            actor=actor,
            places=places,
            unsettled=_unsettled(tx, state, places),
            ground=ground,
            reports=reports,
        )
        questions = _forget(house, tx, state, places)
        for cohort_id, positions in places.items():
            tx.erasing.erase_people(cohort_id, positions)
        tx.erasing.erase_reports(_notices(state, places))
        for notice_id, family in families.items():
            tx.erasing.erase_salts(notice_id, [row.number for row in family])
        write(house, tx, state, events, actor=actor, now=now)
    for sha256 in questions:
        house.vault.erase(sha256)
    event = next(one for one in events if isinstance(one, e.PersonErased))
    asked = [
        f"the question {sha256[:16]} named this person and was erased: it cannot be asked again"
        for sha256 in questions
    ]
    return Erased(event, (*house.store.scrub(), *asked, BACKUPS))


def refuse(house: House, incident_id: str, position: int, *, actor: Actor, ground: str) -> Incident:
    """Record that the person's request for erasure was refused, on a ground."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        places = _places(tx, state, position)
        events = decide.refuse_erasure(state, actor=actor, places=places, ground=ground)
        write(house, tx, state, events, actor=actor, now=now)
    return state


def erase_evidence(house: House, incident_id: str, evidence_id: str, *, actor: Actor, ground: str) -> Erased:
    """Erase the bytes of a snapshot; its hash and custody stay. RefusedError while any open incident needs them."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        events = decide.erase_evidence(state, actor=actor, evidence_id=evidence_id, ground=ground)
        sha256 = state.evidence[evidence_id].sha256
        _refuse_if_needed(house, incident_id, sha256)
        write(house, tx, state, events, actor=actor, now=now)
    house.vault.erase(sha256)
    event = next(one for one in events if isinstance(one, e.EvidenceErased))
    return Erased(event, (BACKUPS,))


def _forget(house: House, tx: Transaction, state: Incident, places: Places) -> list[str]:
    """Leave the person out of the headers of cohorts; returns the kept questions (sha256) that name them."""
    questions: dict[str, None] = {}
    for cohort in state.waves:
        for position in places.get(cohort.cohort_id, ()):
            person = tx.people.person(cohort.cohort_id, position)
            known_by = forgetting.identities(person.record)
            header = tx.people.cohort_document(cohort.cohort_id)
            tx.erasing.put_header(
                cohort.cohort_id, forgetting.without_person(header, person.pseudonym, known_by)
            )
            declared = str(cohort.question.get("declared", ""))
            if declared and declared not in questions and _asks_for(house, declared, known_by):
                questions[declared] = None
    return list(questions)


def _asks_for(house: House, sha256: str, known_by: Collection[str]) -> bool:
    """Say whether a kept question names somebody; one that was erased before, or is damaged, can be asked no more."""
    try:
        return forgetting.names(json.loads(house.vault.read(sha256)), known_by)
    except (TamperError, ValueError):
        return False


def _places(tx: Transaction, state: Incident, position: int) -> Places:
    """Return every place at which this person stands in the incident: the same pseudonym in each of its cohorts."""
    if state.cohort is None:
        raise NotFoundError("the incident has no cohort")
    person = tx.people.person(state.cohort.cohort_id, position)
    places: defaultdict[str, list[int]] = defaultdict(list)
    for cohort in state.waves:
        for found in tx.erasing.positions(cohort.cohort_id, person.pseudonym):
            places[cohort.cohort_id].append(found)
    return {cohort_id: tuple(sorted(found)) for cohort_id, found in places.items()}


def _notices(state: Incident, places: Places) -> dict[str, tuple[int, ...]]:
    """Return the person's positions by notice: a notice counts people as its cohort does."""
    return {
        notice_id: places[notice.plan.cohort_id]
        for notice_id, notice in state.notices.items()
        if notice.plan.cohort_id in places
    }


def _family(tx: Transaction, notice_id: str, positions: Sequence[int]) -> list[BatchRow]:
    """Return the batches in which somebody at these positions is, and those which they were split from."""
    found: dict[int, BatchRow] = {}
    wanted = set(tx.batches.holders(notice_id, positions).values())
    while wanted:
        rows = tx.batches.rows(notice_id, numbers=sorted(wanted))
        found |= {row.number: row for row in rows}
        wanted = {row.parent for row in rows if row.parent is not None} - set(found)
    return list(found.values())


def _unsettled(tx: Transaction, state: Incident, places: Places) -> Places:
    """Return the places where telling the person is not over."""
    if not state.must_notify() and state.decision is not None:
        return {}
    told = {cohort.cohort_id: cohort.told for cohort in state.waves}
    settled: defaultdict[str, set[int]] = defaultdict(set)
    for notice_id, positions in _notices(state, places).items():
        plan = state.notices[notice_id].plan
        over = settled_states(plan.settles_on)
        for row in tx.people.deliveries(notice_id, positions=positions):
            if row.state in over:
                settled[plan.cohort_id].add(row.position)
    return {
        cohort_id: tuple(p for p in positions if p < told[cohort_id] and p not in settled[cohort_id])
        for cohort_id, positions in places.items()
    }


def _refuse_if_needed(house: House, incident_id: str, sha256: str) -> None:
    for other in house.store.incident_ids():
        if other == incident_id:
            continue
        state = view(house, other)
        holds = [
            i
            for i, item in state.evidence.items()
            if item.sha256 == sha256 and i not in state.evidence_erased
        ]
        if holds:
            raise RefusedError(f"the same bytes are evidence of {other}; erase them there first")
