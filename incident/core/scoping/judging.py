"""Judge one access: was it the actor, did it succeed, how sure is that.

Knows records and the question, no people.

The rules: a request is not an exposure (denied and not found are excluded, 206 is partly, errors are
possible); a masked address within an actor's network is possible until a fingerprint or an exact log
decides; a stolen principal from a hidden or another address is possible; a legitimate principal is nobody's
exposure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address, ip_network

from incident.core.scoping.question import RANK, Actors, Certainty, Network, masked_network, networks
from incident.core.scoping.records import AccessRecord, Actor, AddressPrecision, Operation, Outcome

_BOTH = 2
_MASK_BITS = {AddressPrecision.MASKED_24: 24, AddressPrecision.MASKED_64: 64}


class Reason(StrEnum):
    """Why an exposure stands, or why a person is left out."""

    READ_LOGGED = "read_logged"
    READ_PARTLY = "read_partly"
    CHANGED_OR_DELETED = "changed_or_deleted"
    MATCHED_BY_FINGERPRINT = "matched_by_fingerprint"
    MASKED_ADDRESS = "masked_address"
    ADDRESS_WITHHELD = "address_withheld"
    STOLEN_IDENTITY_ELSEWHERE = "stolen_identity_elsewhere"
    ERROR_ANSWERED = "error_answered"
    NAMED_IN_MESSAGE = "named_in_message"
    BULK_READ_CANDIDATE = "bulk_read_candidate"
    WHOLE_STORE = "whole_store"
    NAMED_BY_HAND = "named_by_hand"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    OUTSIDE_WINDOW = "outside_window"
    CREATED_AFTER_WINDOW = "created_after_window"
    GONE_BEFORE_WINDOW = "gone_before_window"
    OTHER_CATEGORIES = "other_categories"
    SYSTEM_NOT_COMPROMISED = "system_not_compromised"
    NO_ACCESS_FOUND = "no_access_found"
    LEFT_OUT_BY_HAND = "left_out_by_hand"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one access means for whoever it concerns; `provisional` while an exact log may still decide."""

    certainty: Certainty
    reason: Reason
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Suspects:
    """The question's actors, parsed once for a whole run."""

    networks: tuple[Network, ...]
    masked: tuple[tuple[AddressPrecision, Network], ...]
    principals: frozenset[str]
    tokens: frozenset[str]
    ja4: frozenset[str]
    asns: frozenset[int]
    anyone: bool = False


def suspects_of(actors: Actors, *, anyone: bool = False) -> Suspects:
    """Parse the actors of a question; `anyone` makes every request the actor's."""
    parsed = networks(actors)
    return Suspects(
        networks=parsed,
        masked=tuple(found for net in parsed if (found := masked_network(net))),
        principals=frozenset(name.lower() for name in actors.principals),
        tokens=frozenset(actors.tokens),
        ja4=frozenset(actors.ja4),
        asns=frozenset(actors.asns),
        anyone=anyone,
    )


def match_actor(actor: Actor, suspects: Suspects) -> Verdict | None:
    """Say how sure it is that the actor made this request; None when it was someone else."""
    if suspects.anyone:
        return Verdict(Certainty.CONFIRMED, Reason.READ_LOGGED)
    stolen = _stolen_identity(actor, suspects)
    if stolen is False:
        return _legitimate_unless_address(actor, suspects)
    if actor.ip_precision is AddressPrecision.EXACT:
        return _exact(actor, suspects, stolen=bool(stolen))
    if stolen:
        if not suspects.networks:
            return Verdict(Certainty.CONFIRMED, Reason.READ_LOGGED)
        return Verdict(Certainty.POSSIBLE, Reason.ADDRESS_WITHHELD)
    return _hidden_stranger(actor, suspects)


def judge(record: AccessRecord, suspects: Suspects) -> Verdict | None:
    """Say what a request means for its subjects; None when it was not the actor's."""
    match = match_actor(record.actor, suspects)
    if match is None:
        return None
    outcome = _judge_outcome(record)
    if outcome.certainty is Certainty.EXCLUDED:
        return Verdict(outcome.certainty, outcome.reason, match.provisional)
    weaker = match if RANK[match.certainty] > RANK[outcome.certainty] else outcome
    named = (
        match if weaker.reason is Reason.READ_LOGGED and match.reason is not Reason.READ_LOGGED else weaker
    )
    return Verdict(weaker.certainty, named.reason, match.provisional)


def could_be_masked_twin(actor: Actor, suspects: Suspects) -> bool:
    """Tell whether an exact line of someone else would look like the actor's once masked."""
    if actor.ip_precision is not AddressPrecision.EXACT or actor.ip is None:
        return False
    address = ip_address(actor.ip)
    return any(address in net for _, net in suspects.masked)


def _stolen_identity(actor: Actor, suspects: Suspects) -> bool | None:
    """Return True for a stolen principal or token, False for another, None when the log names none."""
    if actor.token is not None and actor.token in suspects.tokens:
        return True
    if actor.principal is None:
        return None
    return actor.principal.lower() in suspects.principals


def _legitimate_unless_address(actor: Actor, suspects: Suspects) -> Verdict | None:
    exact = actor.ip_precision is AddressPrecision.EXACT
    return _exact(actor, suspects, stolen=False) if exact else None


def _exact(actor: Actor, suspects: Suspects, *, stolen: bool) -> Verdict | None:
    address = ip_address(actor.ip or "")
    if any(address in net for net in suspects.networks):
        return Verdict(Certainty.CONFIRMED, Reason.READ_LOGGED)
    if not stolen:
        return _fingerprint_elsewhere(actor, suspects)
    if not suspects.networks:
        return Verdict(Certainty.CONFIRMED, Reason.READ_LOGGED)
    return Verdict(Certainty.POSSIBLE, Reason.STOLEN_IDENTITY_ELSEWHERE)


def _hidden_stranger(actor: Actor, suspects: Suspects) -> Verdict | None:
    """Judge a caller without a name whose address is masked or withheld."""
    if not suspects.networks:
        return _fingerprint_elsewhere(actor, suspects)
    masked = actor.ip is not None and actor.ip_precision is not AddressPrecision.WITHHELD
    if masked and not _in_masked_network(actor, suspects):
        return _fingerprint_elsewhere(actor, suspects)
    agreeing = _fingerprints(actor, suspects)
    if False in agreeing:
        return None
    if masked and len(agreeing) == _BOTH:
        return Verdict(Certainty.CONFIRMED, Reason.MATCHED_BY_FINGERPRINT, provisional=True)
    reason = Reason.MASKED_ADDRESS if masked else Reason.ADDRESS_WITHHELD
    return Verdict(Certainty.POSSIBLE, reason, provisional=True)


def _fingerprints(actor: Actor, suspects: Suspects) -> list[bool]:
    """Compare TLS fingerprint and network operator, as far as both the log and the question have them."""
    agreeing = [actor.ja4 in suspects.ja4] if suspects.ja4 and actor.ja4 is not None else []
    return agreeing + ([actor.asn in suspects.asns] if suspects.asns and actor.asn is not None else [])


def _fingerprint_elsewhere(actor: Actor, suspects: Suspects) -> Verdict | None:
    """Another address with the actor's own fingerprint and operator cannot be ruled out."""
    if _fingerprints(actor, suspects) == [True] * _BOTH:
        return Verdict(Certainty.POSSIBLE, Reason.MATCHED_BY_FINGERPRINT)
    return None


def _in_masked_network(actor: Actor, suspects: Suspects) -> bool:
    bits = _MASK_BITS.get(actor.ip_precision)
    if bits is None or actor.ip is None:
        return False
    seen = ip_network(f"{actor.ip}/{bits}", strict=False)
    return any(seen.version == net.version and seen.overlaps(net) for net in suspects.networks)


def _judge_outcome(record: AccessRecord) -> Verdict:
    match record.outcome:
        case Outcome.SUCCESS | Outcome.PARTIAL if record.in_text:
            return Verdict(Certainty.POSSIBLE, Reason.NAMED_IN_MESSAGE)
        case Outcome.SUCCESS:
            changed = record.operation is Operation.CHANGE
            return Verdict(Certainty.CONFIRMED, Reason.CHANGED_OR_DELETED if changed else Reason.READ_LOGGED)
        case Outcome.PARTIAL:
            return Verdict(Certainty.CONFIRMED, Reason.READ_PARTLY)
        case Outcome.DENIED:
            return Verdict(Certainty.EXCLUDED, Reason.DENIED)
        case Outcome.NOT_FOUND:
            return Verdict(Certainty.EXCLUDED, Reason.NOT_FOUND)
        case Outcome.ERROR:
            return Verdict(Certainty.POSSIBLE, Reason.ERROR_ANSWERED)
