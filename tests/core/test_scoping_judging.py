"""One access at a time: whose was it, did it succeed, how certain is that."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from incident.core.scoping.judging import judge, suspects_of
from incident.core.scoping.question import Actors
from incident.core.scoping.records import AccessRecord, Actor, AddressPrecision, Operation, Outcome

THIEF, OTHER = "203.0.113.66", "198.51.100.7"
EXACT, M24, M64, HIDDEN = (
    AddressPrecision.EXACT,
    AddressPrecision.MASKED_24,
    AddressPrecision.MASKED_64,
    AddressPrecision.WITHHELD,
)
FULL = Actors(networks=(THIEF, "2001:db8:66::a"), principals=("Stolen@p",), tokens=("t-1",))
PRINTS = Actors(networks=(THIEF,), ja4=("j1",), asns=(64500,))
ONLY_PRINCIPAL = Actors(principals=("stolen@p",))
ONLY_PRINTS = Actors(ja4=("j1",), asns=(64500,))


def verdict(actors, actor, outcome=Outcome.SUCCESS, operation=Operation.READ):
    record = AccessRecord(
        "bunny_cdn", "ev", 1, datetime(2026, 3, 10, tzinfo=UTC), actor, (), "/", (), outcome, operation
    )
    found = judge(record, suspects_of(actors))
    return (found.certainty.value, found.reason.value) if found else None


@pytest.mark.parametrize(
    ("actors", "actor", "expected"),
    [
        # exact addresses
        (FULL, Actor(THIEF, EXACT), ("confirmed", "read_logged")),
        (FULL, Actor(OTHER, EXACT), None),
        (FULL, Actor("2001:db8:66:0::a", EXACT), ("confirmed", "read_logged")),
        (FULL, Actor(THIEF, EXACT, principal="web@p"), ("confirmed", "read_logged")),
        # stolen identities
        (FULL, Actor(THIEF, EXACT, principal="stolen@P"), ("confirmed", "read_logged")),
        (FULL, Actor(OTHER, EXACT, principal="stolen@p"), ("possible", "stolen_identity_elsewhere")),
        (FULL, Actor(None, HIDDEN, principal="stolen@p"), ("possible", "address_withheld")),
        (FULL, Actor(None, HIDDEN, principal="x@p", token="t-1"), ("possible", "address_withheld")),
        (FULL, Actor(None, HIDDEN, principal="web@p"), None),
        (ONLY_PRINCIPAL, Actor(OTHER, EXACT, principal="stolen@p"), ("confirmed", "read_logged")),
        (ONLY_PRINCIPAL, Actor(None, HIDDEN, principal="stolen@p"), ("confirmed", "read_logged")),
        (ONLY_PRINCIPAL, Actor(None, HIDDEN), None),
        # masked and withheld addresses without a name
        (FULL, Actor("203.0.113.0", M24), ("possible", "masked_address")),
        (FULL, Actor("198.51.100.0", M24), None),
        (FULL, Actor("2001:db8:66::", M64), ("possible", "masked_address")),
        (FULL, Actor("2001:db8:67::", M64), None),
        (FULL, Actor(None, HIDDEN), ("possible", "address_withheld")),
        # fingerprints
        (PRINTS, Actor("203.0.113.0", M24, ja4="j1", asn=64500), ("confirmed", "matched_by_fingerprint")),
        (PRINTS, Actor("203.0.113.0", M24, ja4="j1"), ("possible", "masked_address")),
        (PRINTS, Actor("203.0.113.0", M24, ja4="j2", asn=64500), None),
        (PRINTS, Actor(None, HIDDEN, ja4="j1", asn=64500), ("possible", "address_withheld")),
        (PRINTS, Actor(None, HIDDEN, asn=64501), None),
        (PRINTS, Actor(OTHER, EXACT, ja4="j1", asn=64500), ("possible", "matched_by_fingerprint")),
        (PRINTS, Actor(OTHER, EXACT, ja4="j1", asn=64501), None),
        (ONLY_PRINTS, Actor(OTHER, EXACT, ja4="j1", asn=64500), ("possible", "matched_by_fingerprint")),
        (ONLY_PRINTS, Actor(OTHER, EXACT, ja4="j2", asn=64500), None),
        # networks instead of single addresses
        (Actors(networks=("203.0.113.0/24",)), Actor(THIEF, EXACT), ("confirmed", "read_logged")),
        (Actors(networks=("203.0.112.0/20",)), Actor("203.0.113.0", M24), ("possible", "masked_address")),
    ],
)
def test_whose_request_it_was(actors, actor, expected):
    assert verdict(actors, actor) == expected


@pytest.mark.parametrize(
    ("outcome", "operation", "certain", "hidden"),
    [
        (Outcome.SUCCESS, Operation.READ, ("confirmed", "read_logged"), ("possible", "masked_address")),
        (
            Outcome.SUCCESS,
            Operation.CHANGE,
            ("confirmed", "changed_or_deleted"),
            ("possible", "masked_address"),
        ),
        (Outcome.PARTIAL, Operation.READ, ("confirmed", "read_partly"), ("possible", "masked_address")),
        (Outcome.ERROR, Operation.READ, ("possible", "error_answered"), ("possible", "error_answered")),
        (Outcome.DENIED, Operation.READ, ("excluded", "denied"), ("excluded", "denied")),
        (Outcome.NOT_FOUND, Operation.READ, ("excluded", "not_found"), ("excluded", "not_found")),
    ],
)
def test_a_request_is_not_an_exposure(outcome, operation, certain, hidden):
    assert verdict(FULL, Actor(THIEF, EXACT), outcome, operation) == certain
    assert verdict(FULL, Actor("203.0.113.0", M24), outcome, operation) == hidden


def test_a_partly_read_object_keeps_that_reason_beside_a_fingerprint():
    actor = Actor("203.0.113.0", M24, ja4="j1", asn=64500)
    assert verdict(PRINTS, actor, Outcome.PARTIAL) == ("confirmed", "read_partly")
