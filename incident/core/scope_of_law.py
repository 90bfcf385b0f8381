"""Where a regime applies to an incident, and which authority is addressed there.

Knows codes and rows, no law: members, zones and names come with the regime. Whether the duty arises is left
to `conditions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from incident.core.assessment_facts import UNKNOWN_RESIDENCE
from incident.core.ground import Ground, Target, established_under, member_of, people_text, total
from incident.core.rules import Resolution
from incident.core.verdict import HeadCount

if TYPE_CHECKING:
    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Authority, LawBook, Regime, Rule


def applicable_regimes(book: LawBook, facts: AssessmentFacts) -> tuple[Regime, ...]:
    """Return, in the book's order, the regimes of the residents and of our establishments.

    A law is left out where all we have in its country lies in zones whose own law takes its place.
    """
    found: dict[str, Regime] = {}
    for code, number in facts.people.items():
        if number != 0 and code != UNKNOWN_RESIDENCE:
            found.update((regime.id, regime) for regime in _of(book, code))
    for code in facts.establishments:
        found.update((regime.id, regime) for regime in _of(book, code) if regime.establishment_suffices)
    return tuple(
        regime for regime in book.regimes if regime.id in found and not _only_in_zones(regime, facts)
    )


def _only_in_zones(regime: Regime, facts: AssessmentFacts) -> bool:
    if not regime.displaced_in:
        return False
    own = [code for code in facts.establishments if code in regime.displaced_in or member_of(regime, code)]
    return bool(own) and regime.displaced_in.issuperset(own)


def not_covered(book: LawBook, facts: AssessmentFacts) -> tuple[str, ...]:
    """Return the jurisdictions with affected people for which the book has no general law."""
    concerned = [code for code, number in facts.people.items() if number != 0 and code != UNKNOWN_RESIDENCE]
    return tuple(sorted(code for code in concerned if not any(regime.general for regime in _of(book, code))))


def _of(book: LawBook, code: str) -> tuple[Regime, ...]:
    country = code.split("-", 1)[0]
    own = book.by_jurisdiction.get(code, ())
    if country == code:
        return own
    national = book.by_jurisdiction.get(country, ())
    return own + tuple(regime for regime in national if code not in regime.displaced_in)


def targets(rule: Rule, ground: Ground) -> list[Target]:
    """List where the duty is owed and to which office."""
    match rule.resolution:
        case Resolution.ONE_STOP:
            return _one_stop(ground.regime, ground.facts, ground.groups, ground.people)
        case Resolution.ESTABLISHMENT:
            return _by_establishment(ground.regime, ground.facts, ground.groups, ground.people)
        case Resolution.FIXED:
            return _fixed(rule, ground)


def _fixed(rule: Rule, ground: Ground) -> list[Target]:
    places = ground.places(rule.per)
    if not rule.authorities:
        return places
    offices = [ground.regime.authorities[code] for code in rule.authorities]
    return [
        Target(place.jurisdiction, place.count, place.why, office, (), place.established, place.members)
        for place in places
        for office in offices
    ]


def _one_stop(
    regime: Regime, facts: AssessmentFacts, groups: dict[str, dict[str, int | None]], people: int | None
) -> list[Target]:
    """Lead authority, else our establishments', else every one of the residents' (EDPB 9/2022, 66 to 73)."""
    everyone = _everyone(groups, people)
    if facts.lead_authority and member_of(regime, facts.lead_authority):
        why = "it is named as our lead authority"
        return [_target(regime, facts, facts.lead_authority, count=everyone, why=why)]
    own = [code for code in facts.establishments if member_of(regime, code)]
    if own:
        question = "Which establishment is the main one? Its authority leads; until then each is addressed."
        return _own(regime, facts, own, everyone, question)
    return _of_residents(regime, facts, groups, people)


def _by_establishment(
    regime: Regime, facts: AssessmentFacts, groups: dict[str, dict[str, int | None]], people: int | None
) -> list[Target]:
    """Where we are established; when that is nowhere in the regime, where the people live, with a question."""
    own = [code for code in facts.establishments if member_of(regime, code)]
    if own:
        question = f"Which of our establishments falls under {regime.name}? The duty is owed there."
        return _own(regime, facts, own, _everyone(groups, people), question)
    question = (
        f"Where in {regime.home} are we established or represented for {regime.name}? It is owed there."
    )
    return [
        replace(target, questions=(question, *target.questions))
        for target in _of_residents(regime, facts, groups, people)
    ]


def _everyone(groups: dict[str, dict[str, int | None]], people: int | None) -> HeadCount:
    return HeadCount(total(number for group in groups.values() for number in group.values()), people)


def _own(
    regime: Regime, facts: AssessmentFacts, own: list[str], count: HeadCount, question: str
) -> list[Target]:
    asks = (question,) if len(own) > 1 else ()
    return [
        _target(regime, facts, code, count=count, why=f"we are established in {code}", asks=asks)
        for code in own
    ]


def _of_residents(
    regime: Regime, facts: AssessmentFacts, groups: dict[str, dict[str, int | None]], people: int | None
) -> list[Target]:
    found: list[Target] = []
    for member, group in groups.items():
        regional = [code for code in group if code != member and _office_at(regime, facts, code)]
        for code in regional or [member]:
            count = HeadCount(group[code] if code in regional else total(group.values()), people)
            why = f"{people_text(member, group)}; no establishment and no lead authority in {regime.home}"
            found.append(_target(regime, facts, code, count=count, why=why))
    return found


def _target(
    regime: Regime,
    facts: AssessmentFacts,
    code: str,
    *,
    count: HeadCount,
    why: str,
    asks: tuple[str, ...] = (),
) -> Target:
    member = member_of(regime, code) or code
    office = _office(regime, facts, code, member)
    if office and office.question:
        asks += (office.question,)
    return Target(member, count, why, office, asks, established_under(regime, facts))


def _office(regime: Regime, facts: AssessmentFacts, code: str, member: str) -> Authority | None:
    return (
        _sector_office(regime, facts, code)
        or _sector_office(regime, facts, member)
        or regime.authorities.get(code)
        or regime.authorities.get(member)
    )


def _office_at(regime: Regime, facts: AssessmentFacts, place: str) -> Authority | None:
    return _sector_office(regime, facts, place) or regime.authorities.get(place)


def _sector_office(regime: Regime, facts: AssessmentFacts, place: str) -> Authority | None:
    if not facts.sectors:
        return None
    serving = (office for office in regime.authorities.values() if office.serves == place)
    return next((office for office in serving if office.sectors & facts.sectors), None)
