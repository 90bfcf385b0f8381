"""The house: every port a service needs, and the one way in which anything is recorded.

`record` reads the incident, lets a pure function decide, appends what it decided, signs when it is time, and
brings the projections up to date - in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.calendars import HolidayLookup
from incident.core.copies import copy_of
from incident.core.folding import apply, fold
from incident.core.happening import happened_at
from incident.core.holding import Holder
from incident.core.lookup import Lookup
from incident.core.mailing import Mailer
from incident.core.paging import Heartbeat, Pager
from incident.core.privacy import refuse_people
from incident.core.processes import Processes
from incident.core.profile import Profile
from incident.core.projections import board_row, clock_rows, timeline_row
from incident.core.pulling import Pulls
from incident.core.scoping.workshop import Workshops
from incident.core.state import Incident, Recorded
from incident.errors import FourEyesError, NotFoundError, RefusedError
from incident.ledger.entry import Draft, Entry
from incident.ports import (
    Anchor,
    Clock,
    FlowStarter,
    Ids,
    Keys,
    LawSource,
    Outside,
    PdfMaker,
    Points,
    Readers,
    Renderer,
    Store,
    Transaction,
    Vault,
)
from incident.service.signing import refuse_unless_ours, sign_if_due

SALT_DIGITS = 32  # 128 bits: nobody guesses an entry that is withheld from the hash that is shown
MILESTONES = frozenset(
    {
        "incident:opened",
        "awareness:decided",
        "breach:decided",
        "cohort:frozen",
        "notice:approved",
        "notice:planned",
        "filing:submitted",
        "obligation:met",
        "deadline:missed",
        "post_mortem:reviewed",
        "incident:closed",
    }
)
TURNS_CLOCKS = frozenset(
    {"obligation:arose", "obligation:lapsed", "obligation:waived", "obligation:met", "deadline:missed"}
)
"""Events that change a line of the clocks; all others leave them as they are."""
Decide = Callable[[Incident, datetime], Sequence[e.Event]]
Also = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class House:
    """Everything a service may ask the world for."""

    profile: Profile
    store: Store
    vault: Vault
    clock: Clock
    ids: Ids
    keys: Keys
    outside: Outside
    mailer: Mailer
    renderer: Renderer
    pdf: PdfMaker
    pager: Pager
    law: LawSource
    holidays: HolidayLookup
    readers: Readers
    points: Points
    processes: Processes
    starter: FlowStarter | None = None
    anchors: tuple[Anchor, ...] = ()
    pulls: Pulls | None = None
    heartbeat: Heartbeat | None = None
    workshops: Workshops | None = None
    lookup: Lookup | None = None
    holder: Holder | None = None


def recorded(entries: Iterable[Entry]) -> Iterable[Recorded]:
    """Decode ledger entries into what the core reads."""
    for entry in entries:
        event = e.from_data(entry.kind, entry.data)
        yield Recorded(entry.seq, entry.actor, entry.occurred_at, entry.recorded_at, event)


def load(tx: Transaction, incident_id: str, *, drill: bool, known: Incident | None = None) -> Incident:
    """Read one incident from its entries, those after a known state of it only; NotFoundError when it has none."""
    if known is not None:
        state = copy_of(known)
        for entry in recorded(tx.entries(incident_id, after=known.last_seq)):
            apply(state, entry)
        return state
    state = fold(incident_id, recorded(tx.entries(incident_id)), drill=drill)
    if state.version == 0:
        raise NotFoundError(f"there is no incident {incident_id}")
    return state


def view(house: House, incident_id: str) -> Incident:
    """Read one incident without changing anything."""
    with house.store.reading() as tx:
        return load(tx, incident_id, drill=house.profile.drill)


def history(house: House, incident_id: str) -> tuple[Recorded, ...]:
    """Read every entry of one incident, in order."""
    with house.store.reading() as tx:
        return tuple(recorded(tx.entries(incident_id)))


def record(
    house: House,
    incident_id: str,
    *,
    actor: Actor,
    decide: Decide,
    also: Also | None = None,
    known: Incident | None = None,
) -> Incident:
    """Let `decide` decide on the present state and record it, with `also` in the same transaction.

    `known` is a state folded before, which is brought up to date instead of folding from the beginning.
    A refusal that must be remembered is recorded first and raised after.
    """
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill, known=known)
        events = tuple(decide(state, now))
        write(house, tx, state, events, actor=actor, now=now)
        if also is not None:
            also(tx)
    for event in events:
        house.points.reach(f"{event.KIND}:after")
    _refuse(events)
    return state


def write(
    house: House, tx: Transaction, state: Incident, events: Sequence[e.Event], *, actor: Actor, now: datetime
) -> None:
    """Append events to the ledger and bring state and projections up to date; sign when it is time."""
    if not events:
        return
    refuse_unless_ours(house, tx)
    drafts = [
        draft(house, state.incident_id, event, actor=actor, now=now, nth=nth, drill=state.drill)
        for nth, event in enumerate(events, start=state.version)
    ]
    for event in events:
        house.points.reach(f"{event.KIND}:before")
    entries = tx.append(drafts, recorded_at=now)
    lines = []
    for entry in recorded(entries):
        lines.append(timeline_row(state, entry))
        apply(state, entry)
    clocks = clock_rows(state) if any(event.KIND in TURNS_CLOCKS for event in events) else None
    tx.put_projection(board_row(state), clocks, lines)
    sign_if_due(house, tx, now, milestone=any(event.KIND in MILESTONES for event in events))


def draft(
    house: House, incident_id: str, event: e.Event, *, actor: Actor, now: datetime, nth: int, drill: bool
) -> Draft:
    """Write an event as it is appended: salted, free of people, counted among the entries of its incident."""
    data = e.to_data(event)
    refuse_people(event.KIND, data, allowed=house.profile.public_texts())
    happened = happened_at(event, now)
    salt = house.ids.key().hex()[:SALT_DIGITS]
    return Draft(incident_id, event.KIND, happened, actor.handle, drill, data, salt, nth)


def _refuse(events: Sequence[e.Event]) -> None:
    for event in events:
        if getattr(event, "REFUSES", False):
            reason = getattr(event, "reason", "refused")
            if isinstance(event, e.ApprovalRefused | e.ReviewRefused):
                raise FourEyesError(reason)
            raise RefusedError(reason)
