"""What the law of some places adds to a law of many: a later start, or a doubt, for all or for some sectors.

A directive binds through national law, a regulation may leave room for it, and a province may have a law of its
own. Whether the duty arises apart from that is left to `conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from incident.core.rules import Regime, Source
    from incident.core.vocabulary import Sector


@dataclass(frozen=True, slots=True)
class LocalLaw:
    """A law of some of a regime's jurisdictions. Empty `rules` and `sectors` mean all of them.

    Before `in_force_from` the regime's duty does not bind there; `question` leaves it open whether it does.
    """

    law: str
    jurisdictions: frozenset[str]
    rules: frozenset[str]
    sectors: frozenset[Sector]
    source: Source
    in_force_from: date | None = None
    question: str | None = None


def local_laws(
    regime: Regime, rule_id: str, *, places: frozenset[str], sectors: frozenset[Sector]
) -> Iterator[LocalLaw]:
    """Yield the local laws that touch one duty in all of its places, for the sectors we are in."""
    for local in regime.local:
        here = places <= local.jurisdictions and (not local.rules or rule_id in local.rules)
        if here and (not local.sectors or local.sectors & sectors):
            yield local
