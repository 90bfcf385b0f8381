"""Whether a sector is taken out of a duty by a clause of the law itself.

A clause frees outright, or deems those to comply who keep to rules of their own. Of the latter it is asked whether
they do; while that is not known the duty counts as theirs under the other rules, with low confidence and the question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.vocabulary import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Condition, Exemption
    from incident.core.verdict import Verdict


def exempt(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    """Refuse the duty when a clause takes one of our sectors out for certain."""
    for each, ours in _reaching(condition, facts):
        if each.rests_on is None or facts.complies.get(each.rests_on):
            verdict.lower(each.confidence)
            verdict.refuse(f"not owed by our sector ({ours}): {_clause(each)}")
            return


def exempt_for_now(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    """Of a duty that would arise: refuse it while it is not known whether we keep to the rules that free from it."""
    for each, ours in _reaching(condition, facts):
        if each.rests_on is None:
            continue
        if each.rests_on in facts.complies:
            kept = "does not keep to the rules that would free it"
            verdict.because.append(f"our sector ({ours}) {kept}: {_clause(each)}")
            continue
        verdict.lower(Confidence.LOW)
        verdict.refuse_for_now(
            f"not owed by our sector ({ours}) as long as it keeps to rules of its own: {_clause(each)}",
            fact=f"complies.{each.rests_on.value}",
            question=f'Is it so that "{each.rests_on.meaning}"? If not, we are not freed by {each.source.citation}.',
        )
        return


def _reaching(condition: Condition, facts: AssessmentFacts) -> Iterator[tuple[Exemption, str]]:
    for each in condition.exemptions if facts.sectors else ():
        ours = each.sectors & facts.sectors
        if ours:
            yield each, ", ".join(sorted(sector.value for sector in ours))


def _clause(each: Exemption) -> str:
    return f"{each.reason} ({each.source.citation})"
