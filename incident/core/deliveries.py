"""One letter to one person: its states, what each is good for, and the single table that moves it.

Provider events come late, twice and in any order: among them a delivery only ever moves up one fixed line, so
every order ends in the same state. What people decided outranks what a provider says. Accepted is not
delivered. Where events come from, and their names there, is the adapters' to know.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType

from incident.errors import BadInputError


class DeliveryState(StrEnum):
    """Where a letter to a person stands."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"
    INTENT = "intent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    SPAM_REPORTED = "spam_reported"
    NO_ADDRESS = "no_address"
    OTHER_CHANNEL_PLANNED = "other_channel_planned"
    TOLD_OTHERWISE = "told_otherwise"
    NOT_REACHABLE = "not_reachable"
    FOLLOWED = "followed"


class Signal(StrEnum):
    """What can be learned about a delivery: from us, from a transport, from its events, from a person."""

    HELD = "held"
    RELEASED = "released"
    CANCELLED = "cancelled"
    INTENDED = "intended"
    TAKEN = "taken"
    TURNED_DOWN = "turned_down"
    NOT_SENT = "not_sent"
    IN_DOUBT = "in_doubt"
    PROCESSED = "processed"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    DROPPED = "dropped"
    BLOCKED = "blocked"
    BOUNCED = "bounced"
    SPAM_REPORTED = "spam_reported"
    NOTED = "noted"
    UNKNOWN = "unknown"
    NO_ADDRESS = "no_address"
    OTHER_CHANNEL = "other_channel"
    TOLD = "told"
    GIVEN_UP = "given_up"
    FOLLOWED = "followed"


_S = DeliveryState

UNSENT = frozenset({_S.PLANNED, _S.HELD})
"""Who is still to be handed to a transport?"""
IN_DOUBT = frozenset({_S.INTENT, _S.UNCERTAIN})
"""Of whom do we not know whether a transport has the letter?"""
WITH_PROVIDER = frozenset({_S.ACCEPTED, _S.PROCESSED, _S.DEFERRED})
"""Whose letter is on its way, with nothing known about its arrival?"""
REACHED = frozenset({_S.DELIVERED, _S.TOLD_OTHERWISE})
"""Who was told?"""
NEEDS_OTHER_CHANNEL = frozenset(
    {
        _S.REFUSED,
        _S.DROPPED,
        _S.BLOCKED,
        _S.BOUNCED,
        _S.SPAM_REPORTED,
        _S.NO_ADDRESS,
        _S.CANCELLED,
        _S.OTHER_CHANNEL_PLANNED,
    }
)
"""Whom must a person still tell by another channel, or account for?"""
DECIDED = frozenset({_S.TOLD_OTHERWISE, _S.NOT_REACHABLE})
"""For whom did a named person account?"""
TAKEN_OVER = frozenset({_S.FOLLOWED})
"""Who is owed a letter by a further notice instead?"""
SETTLED = DECIDED | TAKEN_OVER | {_S.DELIVERED}
"""About whom is nothing left to do, where the transport reports delivery?"""

_SETTLES_ON = MappingProxyType(
    {
        "delivered": SETTLED,
        "accepted": SETTLED | {_S.ACCEPTED, _S.PROCESSED},
        "accounted": DECIDED | TAKEN_OVER,
    }
)


def settled_states(settles_on: str) -> frozenset[str]:
    """Return the states that count as told or accounted for on a transport that settles on this word."""
    if settles_on not in _SETTLES_ON:
        raise BadInputError("a transport settles on delivered, accepted or accounted", field="settles_on")
    return frozenset(state.value for state in _SETTLES_ON[settles_on])


_BEFORE = frozenset({_S.PLANNED, _S.HELD, _S.CANCELLED, _S.NO_ADDRESS})
CLIMB = (  # the line that provider events move up; the further, the more is known, and bad news last
    _S.PROCESSED,
    _S.DEFERRED,
    _S.DELIVERED,
    _S.DROPPED,
    _S.BLOCKED,
    _S.BOUNCED,
    _S.SPAM_REPORTED,
)
_REPORTED = frozenset(CLIMB)
_BY_PEOPLE = DECIDED | TAKEN_OVER | {_S.OTHER_CHANNEL_PLANNED}
_OWED_THERE = "a further notice owes this person a letter now"
_ALL = frozenset(_S)
_EARLIER = "an event that says less than what is known already"
_NOT_HANDED = "an event about a letter that we do not hold as handed over: it was"
_CONTRADICTS = "an event about a letter that was answered with a refusal: the event is believed"
_ADDRESSLESS = "an event about a person without an address: the event is believed"
_DECIDED = "a person decided about this delivery; the event is kept, the decision stands"

_Row = tuple[Signal, frozenset[DeliveryState], DeliveryState | None, str]
_SENT = _ALL - _BEFORE - {_S.INTENT}

_ROWS: tuple[_Row, ...] = (
    # signal, from, to (None: stays), reason if the pair is odd
    (Signal.HELD, frozenset({_S.PLANNED}), _S.HELD, ""),
    (Signal.HELD, frozenset({_S.HELD}), None, "known already"),
    (Signal.HELD, _ALL - UNSENT, None, "handed over, or settled in another way, already"),
    (Signal.RELEASED, frozenset({_S.HELD}), _S.PLANNED, ""),
    (Signal.RELEASED, _ALL - {_S.HELD}, None, "nothing was held back"),
    (Signal.CANCELLED, UNSENT, _S.CANCELLED, ""),
    (Signal.CANCELLED, _ALL - UNSENT, None, "handed over, or settled in another way, already"),
    (Signal.INTENDED, frozenset({_S.PLANNED}), _S.INTENT, ""),
    (Signal.INTENDED, frozenset({_S.HELD}), None, "held back until somebody lets it go"),
    (Signal.INTENDED, frozenset({_S.CANCELLED}), None, "cancelled; a new letter is a new notice"),
    (Signal.INTENDED, frozenset({_S.INTENT}), None, "intended already; what became of that call comes first"),
    (
        Signal.INTENDED,
        frozenset({_S.UNCERTAIN}),
        None,
        "in doubt; nobody is called again before that is resolved",
    ),
    (Signal.INTENDED, frozenset({_S.NO_ADDRESS}), None, "there is no address to send to"),
    (Signal.INTENDED, _SENT - {_S.UNCERTAIN}, None, "sent, answered or decided already; never sent twice"),
    (Signal.TAKEN, IN_DOUBT, _S.ACCEPTED, ""),
    (Signal.TAKEN, _REPORTED | {_S.ACCEPTED}, None, "known already"),
    (Signal.TAKEN, _BEFORE | {_S.REFUSED}, _S.ACCEPTED, "taken without an open intent"),
    (Signal.TAKEN, _BY_PEOPLE, None, _DECIDED),
    (Signal.TURNED_DOWN, IN_DOUBT | UNSENT, _S.REFUSED, ""),
    (Signal.TURNED_DOWN, frozenset({_S.REFUSED, _S.CANCELLED}), None, "known already"),
    (Signal.TURNED_DOWN, frozenset({_S.NO_ADDRESS}), None, "there was no address to refuse"),
    (
        Signal.TURNED_DOWN,
        _REPORTED | {_S.ACCEPTED},
        None,
        "the provider has this letter; a refusal is another call's",
    ),
    (Signal.TURNED_DOWN, _BY_PEOPLE, None, _DECIDED),
    (Signal.NOT_SENT, IN_DOUBT, _S.PLANNED, ""),
    (Signal.NOT_SENT, UNSENT, None, "known already"),
    (Signal.NOT_SENT, frozenset({_S.NO_ADDRESS, _S.REFUSED, _S.CANCELLED}), None, "nothing was open to send"),
    (Signal.NOT_SENT, _REPORTED | {_S.ACCEPTED}, None, "the provider has this letter; it is not sent again"),
    (Signal.NOT_SENT, _BY_PEOPLE, None, _DECIDED),
    (Signal.IN_DOUBT, frozenset({_S.INTENT}), _S.UNCERTAIN, ""),
    (Signal.IN_DOUBT, frozenset({_S.UNCERTAIN}), None, "known already"),
    (Signal.IN_DOUBT, UNSENT, _S.UNCERTAIN, "in doubt without an open intent"),
    (
        Signal.IN_DOUBT,
        frozenset({_S.NO_ADDRESS, _S.REFUSED, _S.CANCELLED}),
        None,
        "nothing was open to doubt",
    ),
    (Signal.IN_DOUBT, _REPORTED | {_S.ACCEPTED}, None, "no doubt: the provider has this letter"),
    (Signal.IN_DOUBT, _BY_PEOPLE, None, _DECIDED),
    (Signal.NO_ADDRESS, UNSENT, _S.NO_ADDRESS, ""),
    (Signal.NO_ADDRESS, frozenset({_S.NO_ADDRESS, _S.CANCELLED}), None, "known already"),
    (Signal.NO_ADDRESS, _ALL - _BEFORE, None, "a letter was tried already, so there was an address"),
    (Signal.OTHER_CHANNEL, NEEDS_OTHER_CHANNEL - {_S.OTHER_CHANNEL_PLANNED}, _S.OTHER_CHANNEL_PLANNED, ""),
    (
        Signal.OTHER_CHANNEL,
        WITH_PROVIDER | IN_DOUBT,
        _S.OTHER_CHANNEL_PLANNED,
        "not waiting for the mail any longer",
    ),
    (Signal.OTHER_CHANNEL, UNSENT, _S.OTHER_CHANNEL_PLANNED, "planned without trying mail"),
    (Signal.OTHER_CHANNEL, frozenset({_S.OTHER_CHANNEL_PLANNED}), None, "known already"),
    (
        Signal.OTHER_CHANNEL,
        frozenset({_S.NOT_REACHABLE}),
        _S.OTHER_CHANNEL_PLANNED,
        "a way was found after all",
    ),
    (Signal.OTHER_CHANNEL, REACHED, None, "told already"),
    (Signal.TOLD, NEEDS_OTHER_CHANNEL, _S.TOLD_OTHERWISE, ""),
    (Signal.TOLD, WITH_PROVIDER | IN_DOUBT, _S.TOLD_OTHERWISE, "told while the mail is still open"),
    (Signal.TOLD, UNSENT, _S.TOLD_OTHERWISE, "told before mail was tried"),
    (Signal.TOLD, frozenset({_S.NOT_REACHABLE}), _S.TOLD_OTHERWISE, "reached after all"),
    (Signal.TOLD, REACHED, None, "told already"),
    (Signal.GIVEN_UP, NEEDS_OTHER_CHANNEL, _S.NOT_REACHABLE, ""),
    (Signal.GIVEN_UP, WITH_PROVIDER | IN_DOUBT, _S.NOT_REACHABLE, "given up while the mail is still open"),
    (Signal.GIVEN_UP, UNSENT, _S.NOT_REACHABLE, "given up before mail was tried"),
    (Signal.GIVEN_UP, frozenset({_S.NOT_REACHABLE}), None, "known already"),
    (Signal.GIVEN_UP, REACHED, None, "told already: there is nothing to give up"),
    (Signal.OTHER_CHANNEL, TAKEN_OVER, None, _OWED_THERE),
    (Signal.TOLD, TAKEN_OVER, None, _OWED_THERE),
    (Signal.GIVEN_UP, TAKEN_OVER, None, _OWED_THERE),
    (Signal.FOLLOWED, NEEDS_OTHER_CHANNEL, _S.FOLLOWED, ""),
    (Signal.FOLLOWED, UNSENT, _S.FOLLOWED, "of a notice that sends no more"),
    (Signal.FOLLOWED, _ALL - NEEDS_OTHER_CHANNEL - UNSENT, None, "told, in doubt, or taken over already"),
    (Signal.NOTED, _ALL, None, "of no meaning for whether the letter arrived; kept"),
    (Signal.UNKNOWN, _ALL, None, "an event of a kind we do not know; kept and flagged"),
    *(
        row
        for place, state in enumerate(CLIMB)
        for row in (
            (Signal(state.value), IN_DOUBT | {_S.ACCEPTED} | frozenset(CLIMB[:place]), state, ""),
            (Signal(state.value), frozenset(CLIMB[place:]), None, _EARLIER),
            (Signal(state.value), UNSENT | {_S.CANCELLED}, state, _NOT_HANDED),
            (Signal(state.value), frozenset({_S.NO_ADDRESS}), state, _ADDRESSLESS),
            (Signal(state.value), frozenset({_S.REFUSED}), state, _CONTRADICTS),
            (Signal(state.value), _BY_PEOPLE, None, _DECIDED),
        )
    ),
)

TRANSITIONS = MappingProxyType(
    {(state, signal): (to or state, reason) for signal, states, to, reason in _ROWS for state in states}
)
"""Every state under every signal: where it goes, and why, when the pair is odd."""


def advance(state: DeliveryState, signal: Signal) -> tuple[DeliveryState, str]:
    """Return the next state and, when the pair is odd or nothing moves, the reason (else "")."""
    return TRANSITIONS[state, signal]
