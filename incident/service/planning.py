"""Lay the approved letters out in batches: one letter a batch, the most endangered people and soonest clocks first.

People whom mail cannot reach are set apart at once, so that another channel can start early. What letters go by is
checked against the frozen cohort on the way: a changed address is found here, before any letter leaves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.decide import notice as decide
from incident.core.laying_out import LaidOut, Layout, urgency
from incident.core.letters import exposure_text, variant_of
from incident.core.mail_limits import doubtful, flaw_of_address
from incident.core.people import BatchRow, DeliveryRow, Node
from incident.core.state import Incident
from incident.errors import RefusedError
from incident.ports import Transaction
from incident.service.commitments import layout_tree
from incident.service.house import House, record, view
from incident.service.letters import send_sha256
from incident.service.letting_go import held_back
from incident.service.settled_memory import settled_memory
from incident.service.told_people import told_people

KINDS_REMEMBERED = 65_536


def plan(house: House, incident_id: str) -> str:
    """Lay out the notice that was approved, once; says how many people mail can reach."""
    state = view(house, incident_id)
    cohort = state.cohort
    if cohort is None:
        raise RefusedError("there is no cohort to send to")
    if _voided(house, state):
        return "the way in which letters are sent has changed; a second person approves anew"
    approval = state.approval
    if approval and any(n.plan.approval_id == approval.request.approval_id for n in state.notices.values()):
        return "the letters are laid out already"
    laid_out = _laid_out(house, state, cohort)
    root, nodes = layout_tree(laid_out.batches)
    batches, canary = held_back(house, _notice_id(state), laid_out.batches)
    planned: list[e.Event] = []

    def decide_plan(present: Incident, _now: object) -> Sequence[e.Event]:
        planned.extend(
            decide.plan_notice(
                present,
                notice_id=_notice_id(present),
                settles_on=house.mailer.settles_on,
                batches=len(laid_out.batches),
                tally=laid_out.tally_of(held=bool(canary)),
                batches_sha256=root,
                apart=laid_out.positions_apart(),
            )
        )
        if planned and _notice_id(present) != _notice_id(state):
            raise RefusedError("another notice was planned meanwhile; plan again")
        return (*planned, *canary) if planned else ()

    def also(tx: Transaction) -> None:
        if planned:
            keep_layout(tx, _notice_id(state), batches, nodes, laid_out.apart)

    record(house, incident_id, actor=TOCSIN, decide=decide_plan, also=also)
    reached, apart = laid_out.tally["planned"], laid_out.tally["no_address"]
    return f"{len(laid_out.batches)} batches for {reached} people; {apart} have no usable address"


def keep_layout(
    tx: Transaction,
    notice_id: str,
    batches: Sequence[BatchRow],
    nodes: Sequence[Node],
    apart: Sequence[DeliveryRow],
) -> None:
    """Keep the batches of a notice, the hashes over them, and who was set apart."""
    tx.batches.plan(batches)
    tx.people.keep_nodes(notice_id, nodes)
    tx.people.set_apart(apart)


def address_problem(email: str | None) -> str | None:
    """Return why mail cannot reach this address, or None."""
    return "no e-mail address is known" if email is None else flaw_of_address(email)


def _notice_id(state: Incident) -> str:
    return f"{state.incident_id}-N{len(state.notices) + 1}"


def _voided(house: House, state: Incident) -> bool:
    send = send_sha256(house)
    if not decide.void_if_sent_otherwise(state, send_sha256=send):
        return False
    record(
        house,
        state.incident_id,
        actor=TOCSIN,
        decide=lambda present, _now: decide.void_if_sent_otherwise(present, send_sha256=send),
    )
    return True


@settled_memory()
def _laid_out(house: House, state: Incident, cohort: e.CohortFrozen) -> LaidOut:
    letters = {(d.regime, d.language, d.exposure): d.letter_id for d in state.letters.values()}
    regimes = house.law.letter_regimes()
    due_at = clocks(state)
    size, now = house.profile.batch_people, house.clock.now()
    layout = Layout(_notice_id(state), cohort.cohort_id, size, now, house.ids.key)

    @lru_cache(KINDS_REMEMBERED)
    def letter_of(language: str, jurisdiction: str, exposure: str) -> str | None:
        v = variant_of(jurisdiction=jurisdiction, language=language, exposure=exposure, regimes=regimes)
        return letters.get((v.regime, v.language, exposure_text(v.exposure)))

    for (language, jurisdiction, certainty, exposure), people in told_people(house, cohort):
        letter_id = letter_of(language, jurisdiction, exposure)
        if letter_id is None:
            raise RefusedError(
                f"no letter is drafted for the person at position {people.positions[0]}; draft them anew"
            )
        due = due_in(due_at, jurisdiction)
        apart = _unreachable(people.emails)
        for place, problem in apart.items():
            layout.set_apart(people.positions[place], letter_id, problem)
        layout.add(people.without(apart), letter_id, urgency(exposure, certainty, due))
    return LaidOut(layout.batches(), tuple(layout.apart))


def _unreachable(emails: Sequence[str | None]) -> dict[int, str]:
    """Return why mail cannot reach some of these addresses, by place."""
    found = {place: address_problem(emails[place]) for place in doubtful(emails)}
    return {place: problem for place, problem in found.items() if problem is not None}


def due_in(due_at: Mapping[str, str], jurisdiction: str) -> str | None:
    """Return the soonest of these clocks for somebody there: of the place, else of its country, else the promise's."""
    return due_at.get(jurisdiction) or due_at.get(jurisdiction.partition("-")[0]) or due_at.get("")


def clocks(state: Incident) -> dict[str, str]:
    """Return the soonest open clock towards people by jurisdiction, as text that sorts; "" is the promise's."""
    soonest: dict[str, str] = {}
    for o in state.obligations.values():
        if not o.open or o.arose.due_at is None or o.arose.recipient not in {"customer", "individuals"}:
            continue
        place = "" if o.arose.recipient == "customer" else o.arose.jurisdiction
        due = o.arose.due_at.isoformat()
        soonest[place] = min(due, soonest.get(place, due))
    promise = soonest.get("")
    return {place: min(due, promise) if promise else due for place, due in soonest.items()}
