"""Whether the risk to people is one that a duty asks for, and what is written down when it is not.

Where the law presumes a duty until somebody finds that no harm is likely (`Finding`), a risk that nobody assessed
is no doubt: the duty stands. How risk is assessed is left to `risk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.rules import RiskTest
from incident.core.vocabulary import Confidence, RiskLevel

if TYPE_CHECKING:
    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Condition, Finding
    from incident.core.verdict import Verdict

_UNLIKELY = "a risk to people is unlikely (a decision to record, with its reason and a name)"


def test_risk(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    """Test the risk to people against what the condition asks for."""
    match condition.risk_test:
        case RiskTest.NONE:
            return
        case RiskTest.ONLY_UNLIKELY:
            _only_unlikely(facts, verdict)
        case RiskTest.UNLESS_UNLIKELY | RiskTest.SIGNIFICANT | RiskTest.PROTECTION | RiskTest.HIGH:
            _risk(condition, facts, verdict)


def _only_unlikely(facts: AssessmentFacts, verdict: Verdict) -> None:
    if facts.risk is RiskLevel.UNLIKELY:
        verdict.because.append("it was found that no harm to people is likely")
    elif facts.risk is None:
        reason = "arises only with a finding that no harm to people is likely; the risk is not assessed yet"
        verdict.refuse_for_now(reason, fact="risk", question=None)
    else:
        verdict.refuse(f"arises only with a finding that no harm to people is likely; {facts.risk.meaning}")


def _risk(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    test = condition.risk_test
    if facts.risk is None:
        _not_assessed(condition, verdict)
        return
    if facts.risk is RiskLevel.UNLIKELY:
        verdict.refuse(_UNLIKELY)
        if condition.finding is not None:
            verdict.record = finding_words(condition.finding)
            verdict.because.append(verdict.record)
        return
    if test is RiskTest.UNLESS_UNLIKELY or facts.risk is RiskLevel.HIGH:
        verdict.because.append(facts.risk.meaning)
        if test is RiskTest.PROTECTION:
            _ask(condition, verdict, Confidence.MEDIUM)
        return
    if test is RiskTest.HIGH:
        verdict.refuse("a risk to people is likely, but not a high one")
        return
    verdict.because.append(f"{facts.risk.meaning}; whether it is enough for this law is open")
    _ask(condition, verdict, Confidence.LOW)


def _not_assessed(condition: Condition, verdict: Verdict) -> None:
    if condition.finding is None or not condition.finding.presumed:
        verdict.unknown("risk", "the risk to people is not assessed yet")
        return
    verdict.because.append("presumed, since nobody has found that no harm is likely")
    verdict.missing.append("risk")


def finding_words(finding: Finding) -> str:
    """Say what the law asks of a finding that no harm is likely."""
    parts = [
        "in writing" if finding.written else "",
        f"after consulting {finding.consult}" if finding.consult else "",
        f"kept for {finding.years} years" if finding.years else "",
        f"told to {finding.tell}" if finding.tell else "",
    ]
    asked = ", ".join(part for part in parts if part) or "after an investigation"
    return f"the finding is made {asked} ({finding.citation})"


def _ask(condition: Condition, verdict: Verdict, confidence: Confidence) -> None:
    verdict.lower(confidence)
    if condition.risk_question:
        verdict.questions.append(condition.risk_question)
