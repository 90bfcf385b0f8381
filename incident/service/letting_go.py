"""Let letters go in two stages: our own mailboxes, a first slice, the rest; pause, go on, stop for good.

What may go now is `incident.core.going`'s; how batches are handed over is `dispatching`'s. Letters to our own mailboxes
have their intent recorded first like any other; after a crash in between they are not sent again, and a person looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from incident.core import events as e
from incident.core import spans
from incident.core.actors import TOCSIN, Actor
from incident.core.canary import first_slice, links_elsewhere
from incident.core.decide import batches as decide_batches
from incident.core.decide import going as decide
from incident.core.deliveries import Signal
from incident.core.going import GoStage, go_stage, why_held_up
from incident.core.holding import Hold
from incident.core.mailing import Accepted, Batch, Recipient, per_recipient
from incident.core.people import BatchRow
from incident.core.signals import Reported
from incident.core.state import Incident, Notice
from incident.core.wording import name_or
from incident.errors import RefusedError
from incident.ports import Transaction
from incident.service.batch_rows import batch_rows
from incident.service.calls import content_of
from incident.service.doubts import shared
from incident.service.holding import ask_provider
from incident.service.house import Decide, House, load, record, view, write
from incident.service.notices import the_notice

SEED = "-seed-"


def pause(
    house: House, incident_id: str, *, actor: Actor, reason: str, notice: str | None = None
) -> Incident:
    """Hold the sending up: of the notice named, else of every one; the provider too, where it holds letters."""
    state = record(
        house,
        incident_id,
        actor=actor,
        decide=lambda s, _now: decide.pause(s, actor=actor, reason=reason, notice_id=_named(s, notice)),
    )
    ask_provider(house, state, Hold.PAUSE)
    return state


def resume(
    house: House, incident_id: str, *, actor: Actor, reason: str, notice: str | None = None
) -> Incident:
    """Go on after a pause, a refusal of the provider, or a canary that failed."""
    state = record(
        house,
        incident_id,
        actor=actor,
        decide=lambda s, _now: decide.resume(s, actor=actor, reason=reason, notice_id=_named(s, notice)),
    )
    ask_provider(house, state, Hold.GO_ON)
    return state


def see_seeds(house: House, incident_id: str, *, actor: Actor, how: str) -> Incident:
    """Record that the letters were seen in our own mailboxes."""
    return record(
        house, incident_id, actor=actor, decide=lambda s, _now: decide.see_seeds(s, actor=actor, how=how)
    )


def halt(house: House, incident_id: str, *, actor: Actor, reason: str, notice: str | None = None) -> Incident:
    """Stop for good: cancel what was not handed over; those people need another way, and are listed for it."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        events = decide.halt(state, actor=actor, reason=reason, notice_id=_named(state, notice))
        for event in events:
            rows = list(batch_rows(tx, event.notice_id, states=("planned", "held")))
            _move(house, tx, state, rows, to="cancelled", reason=reason)
        write(house, tx, state, events, actor=actor, now=now)
    ask_provider(house, state, Hold.CANCEL)
    return state


def held_back(
    house: House, notice_id: str, batches: tuple[BatchRow, ...]
) -> tuple[tuple[BatchRow, ...], tuple[e.CanaryPlanned, ...]]:
    """Return the batches as they are laid out under a two-stage go: all held, with the event that says so."""
    terms = house.profile.canary
    if not terms.used or not batches:
        return batches, ()
    chosen, people = first_slice(batches, terms.slice_people) if terms.slice_people else ("", 0)
    planned = e.CanaryPlanned(
        notice_id,
        len(terms.seeds),
        people,
        chosen,
        terms.watch_minutes,
        terms.most_bad_percent,
        house.mailer.settles_on == "delivered",
    )
    if not planned.seeds and not planned.slice_people:
        return batches, ()
    return tuple(replace(row, state="held") for row in batches), (planned,)


def let_go(house: House, incident_id: str, *, only: str | None = None) -> str:
    """Take the next step of a two-stage go, of one notice only if named; says what was done."""
    state = view(house, incident_id)
    if not state.notices:
        raise RefusedError("no notice is planned")
    done = [
        _let_one_go(house, state, n)
        for n in state.notices.values()
        if only in {None, n.plan.notice_id} and why_held_up(state, n.plan.notice_id) is None
    ]
    return "; ".join(one for one in done if one) or "nothing is to be let go now"


def _let_one_go(house: House, state: Incident, notice: Notice) -> str:
    notice_id = notice.plan.notice_id
    match go_stage(notice):
        case GoStage.SEND_SEEDS:
            return _send_seeds(house, state, notice)
        case GoStage.WATCH_SEEDS | GoStage.WATCH_SLICE:
            after = record(
                house,
                state.incident_id,
                actor=TOCSIN,
                decide=lambda s, now: decide.judge_one(s.notices[notice_id], now),
            )
            failed = after.notices[notice_id].canary_failed
            return f"the {failed} did not pass; a person decides" if failed else "looked at what went first"
        case GoStage.RELEASE_SLICE:
            return _release(
                house, state, notice_id, spans.read(notice.canary.slice_batches if notice.canary else "")
            )
        case GoStage.RELEASE_REST:
            return _release(house, state, notice_id, ())
        case GoStage.SEND_SLICE | GoStage.FAILED | GoStage.ALL_GO:
            return ""


def hear_seeds(house: House, reported: Sequence[Reported]) -> None:
    """Record that letters arrived at our own mailboxes, when the provider reports it."""
    arrived = {
        one.delivery_id.partition(SEED)[0]
        for one in reported
        if one.signal is Signal.DELIVERED and one.delivery_id and SEED in one.delivery_id
    }
    for notice_id in sorted(arrived):
        incident_id = notice_id.rpartition("-N")[0]
        if incident_id in house.store.incident_ids():
            record(house, incident_id, actor=TOCSIN, decide=_seen_once(notice_id))


def _seen_once(notice_id: str) -> Decide:
    def decide_seen(state: Incident, _now: object) -> tuple[e.Event, ...]:
        notice = state.notices.get(notice_id)
        if notice is None or notice.seeds_arrived or notice.seeds is None:
            return ()
        return (e.CanarySeen(notice_id, "the provider reported the delivery"),)

    return decide_seen


def _send_seeds(house: House, state: Incident, notice: Notice) -> str:
    letters = [notice.letters[i] for i in sorted(notice.letters)]
    number = len(letters) * len(house.profile.canary.seeds)
    intent: list[e.Event] = []

    def decide_intent(present: Incident, _now: object) -> list[e.Event]:
        intent[:] = decide.intend_seeds(present, notice.plan.notice_id, letters=number)
        return intent

    record(house, state.incident_id, actor=TOCSIN, decide=decide_intent)
    if not any(isinstance(one, e.CanaryIntended) for one in intent):
        return "the letters to our own mailboxes are in doubt; a person looks into them"
    taken = 0
    findings: list[str] = []
    for place, drafted in enumerate(letters):
        content = content_of(house, drafted)
        problems = links_elsewhere(
            content.text, content.html, hosts=_hosts(house), contact=house.profile.privacy_contact
        )
        findings += [f"{drafted.letter_id}: {problem}" for problem in problems]
        seeds = tuple(_seeds(house, notice, place, drafted.language))
        batch = Batch(
            f"{notice.plan.notice_id}-seed", place, 1, content, seeds, house.clock.now(), ("tocsin", "seed")
        )
        outcome = house.mailer.send(batch)
        taken += sum(1 for one in per_recipient(batch, outcome) if isinstance(one, Accepted))
    sent = e.CanarySent(notice.plan.notice_id, number, taken, tuple(findings))

    def decide_sent(present: Incident, _now: object) -> tuple[e.Event, ...]:
        stands = present.notices[notice.plan.notice_id]
        return (sent,) if go_stage(stands) is GoStage.SEND_SEEDS else ()

    record(house, state.incident_id, actor=TOCSIN, decide=decide_sent)
    return f"{sent.letters} letters to our own mailboxes, {taken} taken"


def _seeds(house: House, notice: Notice, letter: int, language: str) -> Iterator[Recipient]:
    for number, address in enumerate(house.profile.canary.seeds):
        delivery_id = f"{notice.plan.notice_id}{SEED}{letter}-{number}"
        values = {"name": name_or(None, language), "reference": delivery_id}
        yield Recipient(delivery_id, address, None, values)


def _hosts(house: House) -> frozenset[str]:
    """Return where letters may lead: our own site, what the settings allow, and the offices that take complaints."""
    profile = house.profile
    offices = [office.get("url", "") for office in house.law.complaint_offices().values()]
    named = [urlsplit(url).hostname or "" for url in (profile.website, profile.genuine_url, *offices)]
    return frozenset(h.removeprefix("www.") for h in named if h) | profile.canary.hosts


def _release(house: House, seen: Incident, notice_id: str, numbers: Sequence[int]) -> str:
    with house.store.begin() as tx:
        state = load(tx, seen.incident_id, drill=house.profile.drill)
        rows = [
            r for r in batch_rows(tx, notice_id, states=("held",)) if not numbers or r.number in set(numbers)
        ]
        reason = "the first slice" if numbers else "what went first is as it should be"
        people = _move(house, tx, state, rows, to="planned", reason=reason)
    return f"{len(rows)} batches with {people} people may go"


def _move(
    house: House, tx: Transaction, state: Incident, rows: Sequence[BatchRow], *, to: str, reason: str
) -> int:
    """Move batches that were not handed over, rows and ledger together; returns how many people are in them."""
    now = house.clock.now()
    sharing = shared(tx, rows)
    apart = {row.number: row.people - sharing[row.number] for row in rows}
    events = decide_batches.move_batches(state, rows, to=to, reason=reason, apart=apart)
    if events:
        tx.batches.put([replace(row, state=to, reason=reason, changed_at=now) for row in rows])
        write(house, tx, state, events, actor=TOCSIN, now=now)
    return sum(sharing.values())


def _named(state: Incident, name: str | None) -> str | None:
    return None if name is None else the_notice(state, name).plan.notice_id
