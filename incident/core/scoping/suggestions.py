"""Likenesses between people that only a person may confirm: plus part, phone, address, name and country."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.scoping.identity import without_plus_part
from incident.core.scoping.records import IdentityKind
from incident.core.scoping.result import UNKNOWN, Suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.scoping.result import Person

_LARGEST_GROUP = 5
_REASONS = {
    "plus_address": "one address is the other without its plus part",
    "same_phone": "the same telephone number",
    "provider_email": "one signs in with an address that is the other's account address",
    "name_and_country": "the same name in the same country",
}


def suggest(people: Sequence[Person]) -> tuple[Suggestion, ...]:
    """Return likenesses shared by two to five people; larger groups say nothing about anyone."""
    groups: dict[tuple[str, str], set[str]] = {}
    for person in people:
        for key in _likenesses(person):
            groups.setdefault(key, set()).add(person.pseudonym)
    found = {
        (kind, tuple(sorted(members)))
        for (kind, _), members in groups.items()
        if 1 < len(members) <= _LARGEST_GROUP
    }
    return tuple(Suggestion(kind, members, _REASONS[kind]) for kind, members in sorted(found))


def _likenesses(person: Person) -> Iterator[tuple[str, str]]:
    for each in person.identities:
        match each.kind:
            case IdentityKind.EMAIL:
                yield "plus_address", without_plus_part(each.value) or each.value
                yield "provider_email", each.value
            case IdentityKind.PROVIDER_EMAIL:
                yield "provider_email", each.value
            case IdentityKind.PHONE:
                yield "same_phone", each.value
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
        yield "name_and_country", f"{' '.join(person.name.lower().split())}|{country}"
