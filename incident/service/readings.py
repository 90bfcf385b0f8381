"""Read what letters need of people: their address, or another one that the evidence proves to be theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from incident.core import spans
from incident.core.batches import Reading
from incident.core.mail_limits import flaw_of_address
from incident.ports import Transaction


class HasAddress(Protocol):
    """A row of a cohort, as it is read in one place or another."""

    @property
    def email(self) -> str | None:
        """Return the address that people are written to first."""
        ...

    @property
    def record(self) -> bytes:
        """Return what scoping found of them; empty once it is erased."""
        ...


def readings(tx: Transaction, cohort_id: str, positions: str, *, second: bool) -> Sequence[Reading]:
    """Return what letters to these people (ranges) need, in order; people without such an address are left out."""
    return readings_of(tx, cohort_id, [positions], second=second)[0]


def readings_of(
    tx: Transaction, cohort_id: str, batches: Sequence[str], *, second: bool
) -> Sequence[Sequence[Reading]]:
    """Return the same of the people of several batches."""
    if not second:
        return tx.batches.readings_of(cohort_id, batches)
    return [_by_second_address(tx, cohort_id, positions) for positions in batches]


def _by_second_address(tx: Transaction, cohort_id: str, positions: str) -> Sequence[Reading]:
    people = (tx.people.person(cohort_id, position) for position in spans.read(positions))
    return [
        Reading(one.position, address, one.name, one.language)
        for one in people
        if (address := second_address(one)) is not None
    ]


def second_address(person: HasAddress) -> str | None:
    """Return another usable address that the evidence proves to be theirs."""
    known = (person.email or "").casefold()
    for kind, value, *_rest in json.loads(person.record or b"{}").get("identities", ()):
        usable = kind in {"email", "provider_email"} and flaw_of_address(value) is None
        if usable and value.casefold() != known:
            return str(value)
    return None
