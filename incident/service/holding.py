"""Have the provider hold letters where that is set: a name for them before the first leaves, pause, recall, go on.

What we ask of the provider comes after our own decision is recorded, and what it answers is recorded too: our own
sending never waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.decide.batches import recall_batches
from incident.core.holding import Hold, recalled, to_ask
from incident.core.state import Incident
from incident.service.batch_rows import batch_rows
from incident.service.doubts import shared
from incident.service.house import House, load, record, view, write


def open_group(house: House, state: Incident, notice_id: str) -> None:
    """Get the provider's name for the letters of a notice, once; without one they are sent all the same, at once."""
    holder = house.holder
    notice = state.notices[notice_id]
    if holder is None or holder.provider != house.mailer.name or notice.group_state:
        return
    held = holder.open()
    opened = e.GroupOpened(notice_id, holder.provider, held.group, holder.minutes, held.reason)

    def once(present: Incident, _now: object) -> tuple[e.Event, ...]:
        return () if present.notices[notice_id].group_state else (opened,)

    record(house, state.incident_id, actor=TOCSIN, decide=once)


def ask_provider(house: House, state: Incident, what: Hold) -> tuple[str, ...]:
    """Ask the provider to do the same with the letters it holds; returns what it did not do."""
    return tuple(reason for reason in _asked(house, state, what) if reason)


def held_there(house: House, incident_id: str) -> tuple[str, ...]:
    """Say of each notice whether the provider holds, or threw away, what it was handed; nothing where it never does."""
    words = {
        Hold.PAUSE.value: "holds the letters it has",
        Hold.CANCEL.value: "threw away the letters it held",
    }
    state = view(house, incident_id)
    return tuple(
        f"the provider {words.get(notice.group_state, 'did not heed us, and sends the letters it has')}"
        for notice in state.notices.values()
        if notice.group and (notice.paused_because or notice.halted_because)
    )


def _asked(house: House, state: Incident, what: Hold) -> Iterator[str]:
    for notice_id in list(state.notices):
        notice = state.notices[notice_id]
        meant = notice.halted_because if what is Hold.CANCEL else notice.paused_because
        if house.holder is None or not to_ask(notice, what) or (meant is None) is not (what is Hold.GO_ON):
            continue
        held = house.holder.ask(notice.group, what)
        asked = e.GroupAsked(notice_id, what.value, held.reason)
        _record(house, state.incident_id, asked)
        yield held.reason or ""


def _record(house: House, incident_id: str, asked: e.GroupAsked) -> None:
    """Record the answer, and with a recall who is no longer on the way."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        write(house, tx, state, (asked,), actor=TOCSIN, now=now)
        if asked.what == Hold.CANCEL and asked.reason is None and house.holder is not None:
            accepted = batch_rows(tx, asked.notice_id, states=("accepted",))
            rows = recalled(accepted, holder=house.holder, now=now)
            sharing = shared(tx, rows)
            events = recall_batches(rows, people=sharing)
            tx.batches.put(
                [replace(row, state="cancelled", reason="recalled", changed_at=now) for row in rows]
            )
            write(house, tx, state, events, actor=TOCSIN, now=now)
