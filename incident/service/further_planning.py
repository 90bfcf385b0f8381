"""Lay approved further letters out in batches: to those who are still owed one, and to nobody who was not approved.

Whoever was told meanwhile, or lost the address, stays with the notice they were of. The others are taken over in the
same transaction in which they are laid out.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from incident.core import events as e
from incident.core import spans
from incident.core.actors import TOCSIN
from incident.core.addressees import Addressees
from incident.core.decide import further as decide
from incident.core.decide.notice import plan_notice
from incident.core.further import Kind, owes, waiting
from incident.core.laying_out import LaidOut, Layout, urgency
from incident.core.letters import exposure_text, variant_of
from incident.core.state import Incident, Notice
from incident.errors import TransientError
from incident.ports import Transaction
from incident.service.commitments import layout_tree
from incident.service.further import owed_people
from incident.service.house import House, load, record, view, write
from incident.service.letters import send_sha256
from incident.service.letting_go import held_back
from incident.service.planning import KINDS_REMEMBERED, address_problem, clocks, due_in, keep_layout

AT_ONCE = 1000


def plan_further(house: House, incident_id: str) -> str:
    """Lay out the further letters that were approved; says for how many people."""
    state = view(house, incident_id)
    done = [
        _plan_one(house, view(house, incident_id), one)
        for approval_id, one in waiting(state)
        if state.approvals[approval_id].granted
    ]
    return "; ".join(done) or "no further letters are approved"


def _plan_one(house: House, state: Incident, proposed: e.FurtherProposed) -> str:
    send = send_sha256(house)
    if decide.void_if_otherwise(state, proposed.approval_id, send_sha256=send):
        record(
            house,
            state.incident_id,
            actor=TOCSIN,
            decide=lambda s, _now: decide.void_if_otherwise(s, proposed.approval_id, send_sha256=send),
        )
        return "the way in which letters are sent has changed; propose the further letters again"
    notice_id = f"{state.incident_id}-N{len(state.notices) + 1}"
    laid_out = _laid_out(house, state, proposed, notice_id)
    with house.store.begin() as tx:
        present = load(tx, state.incident_id, drill=house.profile.drill)
        if notice_id in present.notices:
            raise TransientError("another notice was planned meanwhile; plan again")
        _write(house, tx, present, proposed, notice_id, laid_out)
    return f"{len(laid_out.batches)} batches of further letters for {laid_out.tally['planned']} people"


def _write(
    house: House,
    tx: Transaction,
    state: Incident,
    proposed: e.FurtherProposed,
    notice_id: str,
    laid_out: LaidOut,
) -> None:
    """Keep the batches, and take their people over: rows and entries in one transaction."""
    now = house.clock.now()
    root, nodes = layout_tree(laid_out.batches)
    batches, canary = held_back(house, notice_id, laid_out.batches)
    mailed = (p for b in batches for p in spans.read(b.positions))
    people = sorted([*mailed, *(row.position for row in laid_out.apart)])
    moves = _moves(tx, state.notices[proposed.of_notice], proposed, people)
    planned = plan_notice(
        state,
        approval_id=proposed.approval_id,
        notice_id=notice_id,
        settles_on=house.mailer.settles_on,
        batches=len(batches),
        tally=laid_out.tally_of(held=bool(canary)),
        batches_sha256=root,
        apart=laid_out.positions_apart(),
    )
    taken = decide.take_over(proposed, notice_id, moves, spans.written(people))
    keep_layout(tx, notice_id, batches, nodes, laid_out.apart)
    if taken:
        tx.people.move_deliveries(
            proposed.of_notice, people, state="followed", reason=f"written to again by {notice_id}", at=now
        )
    write(house, tx, state, [*planned, *canary, *taken], actor=TOCSIN, now=now)


def _moves(tx: Transaction, origin: Notice, proposed: e.FurtherProposed, people: list[int]) -> Counter[str]:
    """Count where people stand now; TransientError when one of them is owed no further letter any more."""
    kind, moves = Kind(proposed.kind), Counter[str]()
    for start in range(0, len(people), AT_ONCE):
        some = people[start : start + AT_ONCE]
        for row in tx.people.deliveries(proposed.of_notice, positions=some, limit=AT_ONCE):
            if not owes(kind, origin, row, letter_id=proposed.letter_id):
                raise TransientError("somebody was told, or reported on, meanwhile; plan again")
            moves[row.state] += 1
    return moves


def _laid_out(house: House, state: Incident, proposed: e.FurtherProposed, notice_id: str) -> LaidOut:
    """Lay out those of the proposal who are still owed a letter, the soonest clock and most endangered first."""
    kind, origin = Kind(proposed.kind), state.notices[proposed.of_notice]
    regimes, due_at = house.law.letter_regimes(), clocks(state)
    letters = {(d.regime, d.language, d.exposure): d.letter_id for d in proposed.letters}
    size, now = house.profile.batch_people, house.clock.now()
    layout = Layout(notice_id, origin.plan.cohort_id, size, now, house.ids.key)

    @lru_cache(KINDS_REMEMBERED)
    def letter_of(jurisdiction: str, language: str, exposure: str) -> str:
        v = variant_of(jurisdiction=jurisdiction, language=language, exposure=exposure, regimes=regimes)
        return letters[(v.regime, v.language, exposure_text(v.exposure))]

    people = owed_people(house, state, origin, kind, letter_id=proposed.letter_id, among=proposed.positions)
    for one in people:
        letter_id = letter_of(one.jurisdiction, one.language, one.exposure)
        problem = address_problem(one.email)
        if problem is not None:
            layout.set_apart(one.position, letter_id, problem)
            continue
        due = due_in(due_at, one.jurisdiction)
        addressed = (one.position, one.email, one.name, one.language)
        layout.add(Addressees.of([addressed]), letter_id, urgency(one.exposure, one.certainty, due))
    return LaidOut(layout.batches(), tuple(layout.apart))
