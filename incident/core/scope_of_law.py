"""Where a regime applies to an incident, and which authority is addressed there.

Knows codes and rows, no law: members, zones and names come with the regime. Whether the duty arises is left
to `conditions`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incident.core.assessment_facts import UNKNOWN_RESIDENCE
from incident.core.rules import Per, Resolution
from incident.core.verdict import HeadCount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Authority, LawBook, Regime, Rule


@dataclass(frozen=True, slots=True)
class Target:
    """One place where one duty is owed: jurisdiction, its people, the authority, and what to ask about it.

    `established` tells whether we are established under the regime; None when no establishment is known.
    `members` are the places of the people, where one duty stands for several.
    """

    jurisdiction: str
    count: HeadCount
    why: str
    authority: Authority | None = None
    questions: tuple[str, ...] = ()
    established: bool | None = None
    members: frozenset[str] = frozenset()

    @property
    def places(self) -> frozenset[str]:
        """The places whose national law is looked at."""
        return self.members or frozenset({self.jurisdiction})


def member_of(regime: Regime, code: str) -> str | None:
    """Return the regime's own code that covers a jurisdiction: itself, or its country unless displaced there."""
    if code in regime.jurisdictions:
        return code
    if code in regime.displaced_in:
        return None
    country = code.split("-", 1)[0]
    return country if country in regime.jurisdictions else None


def people_by_place(facts: AssessmentFacts) -> dict[str, dict[str, int | None]]:
    """Index the affected people by their own code and by their country's."""
    index: dict[str, dict[str, int | None]] = {}
    for code, number in facts.people.items():
        if code != UNKNOWN_RESIDENCE and number != 0:
            for place in {code, code.split("-", 1)[0]}:
                index.setdefault(place, {})[code] = number
    return index


def residents_by_member(
    regime: Regime, people: dict[str, dict[str, int | None]]
) -> dict[str, dict[str, int | None]]:
    """Group the affected people (`people_by_place`) under the regime's members, keeping their own codes."""
    groups: dict[str, dict[str, int | None]] = {}
    for member in regime.jurisdictions:
        for code, number in people.get(member, {}).items():
            if code == member or member_of(regime, code) == member:
                groups.setdefault(member, {})[code] = number
    return groups


def total(numbers: Iterable[int | None]) -> int | None:
    """Add up numbers of people; None when one of them is not known."""
    known = 0
    for number in numbers:
        if number is None:
            return None
        known += number
    return known


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


def targets(
    rule: Rule, regime: Regime, facts: AssessmentFacts, *, groups: dict[str, dict[str, int | None]]
) -> list[Target]:
    """List where the duty is owed and to which office."""
    people = total(facts.people.values())
    match rule.resolution:
        case Resolution.ONE_STOP:
            return _one_stop(regime, facts, groups, people)
        case Resolution.ESTABLISHMENT:
            return _by_establishment(regime, facts, groups, people)
        case Resolution.FIXED:
            return _fixed(rule, regime, facts, groups, people)


def _fixed(
    rule: Rule,
    regime: Regime,
    facts: AssessmentFacts,
    groups: dict[str, dict[str, int | None]],
    people: int | None,
) -> list[Target]:
    established, members = _established(regime, facts), frozenset[str]()
    if rule.per is Per.REGIME:
        members = frozenset(groups)
        residents = total(number for group in groups.values() for number in group.values())
        places = [Target(regime.home, HeadCount(residents, people), _why(regime.home, groups, residents))]
    else:
        places = [
            Target(code, HeadCount(total(group.values()), people), _people_text(code, group))
            for code, group in groups.items()
        ]
    named: list[Authority | None] = [regime.authorities[code] for code in rule.authorities]
    offices = named or [None]
    return [
        Target(place.jurisdiction, place.count, place.why, office, place.questions, established, members)
        for place in places
        for office in offices
    ]


def _established(regime: Regime, facts: AssessmentFacts) -> bool | None:
    if not facts.establishments:
        return None
    return any(member_of(regime, code) for code in facts.establishments)


def _why(home: str, groups: dict[str, dict[str, int | None]], residents: int | None) -> str:
    return (
        f"{_people(residents)} in {', '.join(sorted(groups))}" if groups else f"we are established in {home}"
    )


def _people_text(member: str, group: dict[str, int | None]) -> str:
    return f"{_people(total(group.values()))} in {member}"


def _people(number: int | None) -> str:
    if number is None:
        return "an unknown number of affected people"
    return "1 affected person" if number == 1 else f"{number} affected people"


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
            why = f"{_people_text(member, group)}; no establishment and no lead authority in {regime.home}"
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
    return Target(member, count, why, office, asks, _established(regime, facts))


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
