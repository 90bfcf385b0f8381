"""Where a regime meets the facts: its people by member, whether we are established there, the places of its duties.

Knows codes and numbers, no law. Which authority is addressed at a place is left to `scope_of_law`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.core.assessment_facts import UNKNOWN_RESIDENCE
from incident.core.rules import Per
from incident.core.verdict import HeadCount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Authority, Regime


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
    for member in [each for each in regime.jurisdictions if each in people]:
        for code, number in people[member].items():
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


@dataclass(slots=True)
class Ground:
    """Where one regime meets the facts: its people by member, everyone affected, whether we are established there.

    The places of its duties are worked out once, for each way of counting them.
    """

    regime: Regime
    facts: AssessmentFacts
    groups: dict[str, dict[str, int | None]]
    people: int | None
    established: bool | None
    _found: dict[Per, list[Target]] = field(default_factory=dict)

    def places(self, per: Per) -> list[Target]:
        """List the places of a duty that is owed once for each jurisdiction, or once for the regime."""
        if per not in self._found:
            self._found[per] = [self._whole()] if per is Per.REGIME else self._each()
        return self._found[per]

    def everyone(self) -> HeadCount:
        """Count the residents of all members together."""
        return HeadCount(
            total(number for group in self.groups.values() for number in group.values()), self.people
        )

    def _whole(self) -> Target:
        count, home = self.everyone(), self.regime.home
        why = _why(home, self.groups, count.residents)
        return Target(home, count, why, established=self.established, members=frozenset(self.groups))

    def _each(self) -> list[Target]:
        return [
            Target(
                code,
                HeadCount(total(group.values()), self.people),
                people_text(code, group),
                None,
                (),
                self.established,
            )
            for code, group in self.groups.items()
        ]


def ground_of(
    regime: Regime, facts: AssessmentFacts, index: dict[str, dict[str, int | None]], people: int | None
) -> Ground:
    """Find where a regime meets the facts; `index` is `people_by_place`, `people` everyone affected."""
    return Ground(regime, facts, residents_by_member(regime, index), people, established_under(regime, facts))


def established_under(regime: Regime, facts: AssessmentFacts) -> bool | None:
    """Tell whether we are established where the regime applies; None when no establishment is known."""
    if not facts.establishments:
        return None
    return any(member_of(regime, code) for code in facts.establishments)


def _why(home: str, groups: dict[str, dict[str, int | None]], residents: int | None) -> str:
    return (
        f"{_people(residents)} in {', '.join(sorted(groups))}" if groups else f"we are established in {home}"
    )


def people_text(member: str, group: dict[str, int | None]) -> str:
    """Say how many people of a member are affected."""
    return f"{_people(total(group.values()))} in {member}"


def _people(number: int | None) -> str:
    if number is None:
        return "an unknown number of affected people"
    return "1 affected person" if number == 1 else f"{number} affected people"
