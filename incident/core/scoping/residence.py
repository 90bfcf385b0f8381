"""Where a person lives, for the law: the best hint of all records, with its source; unknown stays unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.scoping.calling_codes import country_of_phone
from incident.core.scoping.records import Confidence, ResidenceHint
from incident.core.scoping.result import Residence

if TYPE_CHECKING:
    from collections.abc import Sequence

_ORDER = {level: place for place, level in enumerate(Confidence)}


def determine_residence(
    hints: Sequence[ResidenceHint], phone: str | None
) -> tuple[Residence, tuple[str, ...]]:
    """Return the residence and, sorted, the countries that equally good hints name instead.

    A region is taken from the best hint that names the same country.
    """
    country = country_of_phone(phone) if phone else None
    by_phone = [ResidenceHint("phone prefix", country, None, Confidence.LOW)] if country else []
    ranked = sorted(
        [*hints, *by_phone], key=lambda hint: (_ORDER[hint.confidence], hint.source, hint.country)
    )
    if not ranked:
        return Residence(), ()
    best = ranked[0]
    detailed = next((hint for hint in ranked if hint.region and hint.country == best.country), best)
    rivals = {hint.country for hint in ranked if hint.confidence is best.confidence} - {best.country}
    return (
        Residence(
            jurisdiction=detailed.region or best.country,
            source=best.source if detailed is best else f"{best.source}; region from {detailed.source}",
            confidence=max(best.confidence, detailed.confidence, key=_ORDER.__getitem__),
            note=detailed.note or best.note,
        ),
        tuple(sorted(rivals)),
    )
