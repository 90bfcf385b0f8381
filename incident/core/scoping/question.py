"""The question a scoping answers: window, actors, systems and explicit people, declared once and repeatable.

Building a question checks it; a question that exists can be asked. Its written form is in
`question_documents.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING

from incident.core.scoping.reader import Interest
from incident.core.scoping.records import CATEGORIES, AddressPrecision, IdentityKind
from incident.errors import BadInputError

if TYPE_CHECKING:
    from datetime import datetime

Network = IPv4Network | IPv6Network
_V4 = 4
_MOST_STARTS = 16
_MASKED_BITS = {4: (AddressPrecision.MASKED_24, 24), 6: (AddressPrecision.MASKED_64, 64)}


class Certainty(StrEnum):
    """How sure it is that a person's data was exposed; everyone but EXCLUDED is told."""

    CONFIRMED = "confirmed"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    EXCLUDED = "excluded"


TOLD = frozenset({Certainty.CONFIRMED, Certainty.PROBABLE, Certainty.POSSIBLE})
RANK = {level: place for place, level in enumerate(Certainty)}


class SystemMode(StrEnum):
    """How exposure in a compromised system is found."""

    BY_ACCESS = "by_access"
    WHOLE_STORE = "whole_store"


@dataclass(frozen=True, slots=True)
class Window:
    """From first to last moment of access, both included."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Actors:
    """What is known of the intruder: networks, stolen principals and tokens, TLS fingerprints, ASNs."""

    networks: tuple[str, ...] = ()
    principals: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    ja4: tuple[str, ...] = ()
    asns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class CompromisedSystem:
    """One system, how to find who is exposed in it, and why so.

    `categories` narrows a whole store when given.
    """

    system: str
    mode: SystemMode
    reason: str
    certainty: Certainty | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A person put in or left out by hand, with the reason.

    `categories` and `certainty` matter only when put in.
    """

    kind: IdentityKind
    value: str
    reason: str
    certainty: Certainty = Certainty.CONFIRMED
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merge:
    """Two identities that a person confirmed to be one human; drop the line and the merge is undone."""

    left: tuple[IdentityKind, str]
    right: tuple[IdentityKind, str]
    reason: str


@dataclass(frozen=True, slots=True)
class Apart:
    """An identity that several people share and that therefore joins nobody; drop the line to undo it."""

    kind: IdentityKind
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a scoping is asked.

    `paths` are patterns (`*`, `?`) of which a request must match one; without actors, anybody's request counts.
    `categories` narrows the answer to what touches one of them.
    """

    window: Window
    systems: tuple[CompromisedSystem, ...]
    actors: Actors = field(default_factory=Actors)
    include: tuple[Named, ...] = ()
    exclude: tuple[Named, ...] = ()
    merges: tuple[Merge, ...] = ()
    apart: tuple[Apart, ...] = ()
    staff_domains: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_window(self.window)
        _check_systems(self.systems)
        _check_named((*self.include, *self.exclude))
        _check_categories(self.categories, "categories", 1)
        networks(self.actors)
        if not self.systems and not self.include:
            raise BadInputError("name at least one compromised system or one person", field="systems")


def networks(actors: Actors) -> tuple[Network, ...]:
    """Return the actors' networks, parsed."""
    try:
        return tuple(ip_network(text, strict=False) for text in actors.networks)
    except ValueError as error:
        raise BadInputError("is not an address or a network", field="actors.networks") from error


def masked_network(address: Network) -> tuple[AddressPrecision, Network] | None:
    """Return the /24 or /64 in which a mask hides an address, or None for wider networks."""
    precision, bits = _MASKED_BITS[address.version]
    return (precision, address.supernet(new_prefix=bits)) if address.prefixlen >= bits else None


def is_anyone(question: Question) -> bool:
    """Whether the question is about paths, whoever asked for them."""
    return bool(question.paths) and question.actors == Actors()


def interest_of(question: Question) -> Interest | None:
    """Return what a log row must hold to matter, or None when text cannot tell: half of the Internet.

    A masked address shows its /24 or /64, so nothing narrower is asked for.
    """
    if is_anyone(question):
        return None
    parsed = networks(question.actors)
    starts = {start for net in parsed if net.version == _V4 for start in _starts_of(net)}
    hextets = {_hextets_of(net) for net in parsed if isinstance(net, IPv6Network)}
    names = (*question.actors.principals, *question.actors.tokens)
    if "" in starts or () in hextets or not (starts or hextets or names):
        return None
    return Interest(tuple(sorted(starts)), tuple(sorted(hextets)), names)


def _hextets_of(net: IPv6Network) -> tuple[str, ...]:
    """Return what all addresses of a network show of their first 64 bits, however spelled."""
    groups = net.network_address.exploded.split(":")[: min(4, net.prefixlen // 16)]
    return tuple(bare for group in groups if (bare := group.lstrip("0")))


def _starts_of(net: Network) -> tuple[str, ...]:
    """Return the texts with which every address of an IPv4 network begins; one empty text when there is none."""
    octets = min(3, net.prefixlen // 8)
    finer = min(3, octets + 1)
    number = 1 << max(0, finer * 8 - net.prefixlen)
    if finer > octets and number <= _MOST_STARTS:
        return tuple(_start(each, finer) for each in net.subnets(new_prefix=finer * 8))
    return (_start(net, octets),) if octets else ("",)


def _start(net: Network, octets: int) -> str:
    return ".".join(str(net.network_address).split(".")[:octets]) + "."


def _check_window(window: Window) -> None:
    for name, at in (("window.start", window.start), ("window.end", window.end)):
        if at.tzinfo is None or at.utcoffset() is None:
            raise BadInputError("has no time zone", field=name)
    if window.end < window.start:
        raise BadInputError("lies before the start", field="window.end")


def _check_systems(systems: tuple[CompromisedSystem, ...]) -> None:
    names = [entry.system for entry in systems]
    if len(set(names)) != len(names):
        raise BadInputError("names a system twice", field="systems")
    for row, entry in enumerate(systems, start=1):
        _check_categories(entry.categories, "systems.categories", row)
        if not entry.reason.strip():
            raise BadInputError("needs a reason", field="systems.reason", row=row)
        whole = entry.mode is SystemMode.WHOLE_STORE
        if whole and entry.certainty not in TOLD:
            raise BadInputError("must be confirmed, probable or possible for a whole store",
                                field="systems.certainty", row=row)  # fmt: skip
        if not whole and (entry.certainty is not None or entry.categories):
            raise BadInputError("certainty and categories come from the log of a system searched by access",
                                field="systems.certainty", row=row)  # fmt: skip


def _check_named(named: tuple[Named, ...]) -> None:
    for row, entry in enumerate(named, start=1):
        _check_categories(entry.categories, "include.categories", row)
        if not entry.reason.strip() or not entry.value.strip():
            raise BadInputError("needs an identity and a reason", field="include/exclude", row=row)
        if entry.certainty not in TOLD:
            raise BadInputError("use exclude to leave a person out", field="include.certainty", row=row)


def _check_categories(categories: tuple[str, ...], field_name: str, row: int) -> None:
    if not CATEGORIES.issuperset(categories):
        raise BadInputError("is not a known data category", field=field_name, row=row)
