"""Likenesses between people that only a person may confirm: plus part, phone, address, name and country."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from incident.core.scoping.identity import without_plus_part
from incident.core.scoping.records import IdentityKind
from incident.core.scoping.result import UNKNOWN, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incident.core.scoping.result import Person
    from incident.core.scoping.spill import Spill

_LARGEST_GROUP = 5
SHOWN = 1000
OWN = "own"
_OWN_ALONE = {b'"own"'}
"""A person's own address, as it is written: with nothing but that, people share it."""
_REASONS = {
    "plus_address": "one address is the other without its plus part",
    "same_phone": "the same telephone number",
    "provider_email": "one signs in with an address that is the other's account address",
    "name_and_country": "the same name in the same country",
}


def suggest(lines: Iterable[bytes], spill: Spill) -> tuple[tuple[Suggestion, ...], int]:
    """Return likenesses shared by two to five people, the first of them and how many there are.

    Larger groups say nothing about anyone, and people who share one and the same address are a conflict, no likeness.
    The lines are sorted: kind, key, pseudonym, and as what the key stands with them.
    """
    found = spill.sorter()
    for (kind, _), group in groupby(lines, key=_kind_and_key):
        members: list[bytes] = []
        roles: set[bytes] = set()
        for line in group:
            member, role = line[:-1].rsplit(b"\t", 2)[1:]
            if len(roles) <= 1:
                roles.add(role)
            if len(members) <= _LARGEST_GROUP and (not members or members[-1] != member):
                members.append(member)
        if 1 < len(members) <= _LARGEST_GROUP and not _share_one(kind, roles):
            found.add(b"%s\t%s\n" % (kind, b" ".join(members)))
    listed: list[Suggestion] = []
    shown: Counter[str] = Counter()
    count, before = 0, b""
    for line in spill.merged(found.done()):
        if line == before:
            continue
        before, count = line, count + 1
        likeness, _, names = line.decode().rstrip("\n").partition("\t")
        shown[likeness] += 1
        if shown[likeness] <= SHOWN:
            listed.append(Suggestion(likeness, tuple(names.split(" ")), _REASONS[likeness]))
    return tuple(listed), count


def _share_one(kind: bytes, roles: set[bytes]) -> bool:
    """Tell whether people are alike only because they have one and the same address."""
    return roles == _OWN_ALONE or (kind == b"plus_address" and len(roles) == 1)


def _kind_and_key(line: bytes) -> tuple[bytes, bytes]:
    kind, key, _ = line.split(b"\t", 2)
    return kind, key


def likenesses(person: Person) -> Iterator[tuple[str, str, str]]:
    """Say by what a person may be like another: kind, key, and as what it stands with them."""
    for each in person.identities:
        match each.kind:
            case IdentityKind.EMAIL:
                bare = without_plus_part(each.value)
                yield "plus_address", bare or each.value, each.value if bare else OWN
                yield "provider_email", each.value, OWN
            case IdentityKind.PROVIDER_EMAIL:
                yield "provider_email", each.value, ""
            case IdentityKind.PHONE:
                yield "same_phone", each.value, ""
            case (
                IdentityKind.UID
                | IdentityKind.EMAIL_SHA256
                | IdentityKind.EMAIL_MD5
                | IdentityKind.CUSTOMER_ID
                | IdentityKind.PREDICTION_ID
            ):
                pass
    country = person.residence.jurisdiction.partition("-")[0]
    if person.name and country != UNKNOWN:
        yield "name_and_country", f"{' '.join(person.name.lower().split())}|{country}", ""
