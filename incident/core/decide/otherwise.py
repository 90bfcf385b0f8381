"""Decide what people report of the other channels: tried in vain, told, or out of reach; one by one or many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.decide.intake import past, said, still_open
from incident.core.decide.notice import notice_of
from incident.core.deliveries import REACHED, DeliveryState, Signal, advance
from incident.core.ladder import BY_HAND
from incident.core.state import Incident
from incident.errors import BadInputError, RefusedError


def tried(
    state: Incident,
    *,
    notice_id: str,
    actor: Actor,
    now: datetime,
    states: Mapping[int, DeliveryState],
    channel: str,
    happened_at: datetime,
    note: str,
) -> tuple[e.Event, ...]:
    """Record that a channel was tried in vain with people at positions, given with their present states."""
    actor.must_be(*RESPONDERS, to="account for people not reached")
    still_open(state)
    notice = notice_of(state, notice_id)
    past(happened_at, now, field="happened_at")
    for position, present in states.items():
        if present in REACHED:
            raise RefusedError(f"position {position} is {present.value} already")
    target = DeliveryState.OTHER_CHANNEL_PLANNED
    moves = Counter(f"{s.value}>{target.value}" for s in states.values() if s is not target)
    for position, present in states.items():
        if advance(present, Signal.OTHER_CHANNEL)[0] is not target:
            raise RefusedError(f"position {position} is {present.value}; nothing was to be tried")
    return (
        e.DeliveriesTried(
            notice.plan.notice_id,
            tuple(sorted(states)),
            known_channel(channel),
            happened_at,
            said(note, field="note"),
            moves,
        ),
    )


def known_channel(channel: str) -> str:
    """Return the channel, or say which there are."""
    if channel not in BY_HAND:
        raise BadInputError(
            f"{channel!r} is no channel; use one of {', '.join(sorted(BY_HAND))}", field="channel"
        )
    return channel
