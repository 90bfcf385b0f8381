"""Read the clauses that take a sector out of duties, and lay each on the versions it reaches.

A clause is written once in its file, with the rules it frees from:

    [exemptions.hipaa]
    sectors = ["health_provider", "health_plan"]
    rules = ["individuals", "credit-agencies"]
    reason = "those who comply with HIPAA's breach notification rule are deemed to comply"
    rests_on = "hipaa"              left out: exempt outright, whatever else they do
    confidence = "high"             of this clause; left out: low
    in_force_from = 2026-01-01      left out: as long as the versions it reaches; in_force_to likewise
    [exemptions.hipaa.source]       citation, url, quote, kind, checked_on

What follows from a clause is left to `incident.core.exempting`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from incident.core.rule_confidence import earned_by
from incident.core.rules import Exemption
from incident.core.vocabulary import Compliance, Confidence, Sector
from incident.law.conditions import read_source

if TYPE_CHECKING:
    from datetime import date

    from incident.core.rules import Rule, Version
    from incident.law.schema import Table


@dataclass(frozen=True, slots=True)
class Clause:
    """An exemption with the short ids of the rules it reaches, and the days between which it holds."""

    exemption: Exemption
    rules: frozenset[str]
    first: date | None
    last: date | None
    row: Table

    def reaches(self, version: Version) -> bool:
        """Tell whether it held when the version came into force."""
        start = version.in_force_from
        after = self.first is None or self.first <= start
        return after and (self.last is None or start <= self.last)


def read_exemptions(table: Table) -> tuple[Clause, ...]:
    """Read a file's `exemptions`."""
    return tuple(_clause(name, row) for name, row in table.named_tables("exemptions").items())


def _clause(name: str, row: Table) -> Clause:
    stated = row.code("confidence", Confidence, Confidence.LOW)
    exemption = Exemption(
        name=name,
        sectors=row.codes("sectors", Sector),
        reason=row.text("reason"),
        source=read_source(row.table("source")),
        confidence=stated,
        rests_on=row.code("rests_on", Compliance) if row.has("rests_on") else None,
    )
    if not exemption.sectors:
        raise row.error("is missing", "sectors")
    if stated is Confidence.HIGH and earned_by([exemption.source]) is not Confidence.HIGH:
        raise row.error("is more than the source earns: see incident/core/rule_confidence.py", "confidence")
    clause = Clause(
        exemption,
        frozenset(row.texts("rules")),
        row.maybe_day("in_force_from"),
        row.maybe_day("in_force_to"),
        row,
    )
    row.finish()
    return clause


def exempted(clauses: tuple[Clause, ...], rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Lay the clauses on the rules they name; LawFileError for one that names none of the file's."""
    known = {rule.id.rpartition("/")[2] for rule in rules}
    for clause in clauses:
        for unknown in sorted(clause.rules - known) or ([] if clause.rules else [""]):
            raise clause.row.error(f"unknown code {unknown!r}; there is no such rule", "rules")
    return tuple(_exempted(clauses, rule) for rule in rules)


def _exempted(clauses: tuple[Clause, ...], rule: Rule) -> Rule:
    own = [clause for clause in clauses if rule.id.rpartition("/")[2] in clause.rules]
    if not own:
        return rule
    return replace(rule, versions=tuple(_lay(own, version) for version in rule.versions))


def _lay(clauses: list[Clause], version: Version) -> Version:
    found = tuple(clause.exemption for clause in clauses if clause.reaches(version))
    if version.no_duty is not None or not found:
        return version
    return replace(version, condition=replace(version.condition, exemptions=found))
