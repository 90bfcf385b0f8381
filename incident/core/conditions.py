"""Whether a duty arises from the facts, with the reason for either answer.

A fact that is not known never frees from a duty: the duty is treated as arising, with low confidence and a
question. Who must be told and by when is left to `obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from incident.core.rules import RiskTest
from incident.core.vocabulary import Confidence, RiskLevel

if TYPE_CHECKING:
    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Condition, Limb, Threshold, Version

_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


@dataclass(frozen=True, slots=True)
class HeadCount:
    """People in the jurisdiction and everyone affected; None when a number is not known."""

    residents: int | None
    people: int | None


@dataclass(slots=True)
class Verdict:
    """The answer as it is put together: required or not, why, how sure, what to ask."""

    confidence: Confidence
    required: bool = True
    because: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    asks_anyway: bool = False

    def refuse(self, reason: str) -> None:
        """Record that the duty does not arise, and why."""
        self.required = False
        self.because = [reason]

    def lower(self, to: Confidence) -> None:
        """Lower the confidence, never raise it."""
        self.confidence = weaker(self.confidence, to)

    def unknown(self, fact: str, reason: str) -> None:
        """Record that a fact is missing and that the duty is treated as arising meanwhile."""
        self.because.append(reason)
        self.missing.append(fact)
        self.lower(Confidence.LOW)


def weaker(first: Confidence, second: Confidence) -> Confidence:
    """Return the lower of two confidences."""
    return min(first, second, key=_RANK.__getitem__)


def judge(
    version: Version, facts: AssessmentFacts, *, count: HeadCount, established: bool | None = None
) -> Verdict:
    """Test one version's condition; the first test that fails ends the matter.

    `established` tells whether we are established where the law applies; None: no establishment is known.
    """
    verdict = Verdict(version.confidence)
    if version.no_duty is not None:
        verdict.refuse(version.no_duty)
        return verdict
    if version.doubt:
        verdict.questions.append(version.doubt)
    if version.condition.established:
        _establishment(established, verdict)
        if not verdict.required:
            return verdict
    for test in (_sector, _role, _medium, _loss, _data, _safe_harbor, _risk, _trigger, _malicious):
        test(version.condition, facts, verdict)
        if not verdict.required:
            return verdict
    for threshold in version.condition.thresholds:
        _threshold(threshold, count, verdict)
        if not verdict.required:
            return verdict
    return verdict


def _establishment(established: bool | None, verdict: Verdict) -> None:
    if established is None:
        verdict.unknown("establishments", "where we are established is not known")
    elif not established:
        verdict.refuse("the duty is owed by those established there; we are established elsewhere")


def _sector(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    excepted = condition.except_sectors & facts.sectors
    if excepted:
        names = ", ".join(sorted(sector.value for sector in excepted))
        verdict.refuse(f"not owed by our sector ({names}), which reports under a rule of its own")


def _trigger(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    trigger = condition.trigger
    if trigger is None:
        return
    if trigger.clock in facts.clocks:
        verdict.because.append(trigger.clock.meaning)
        return
    verdict.unknown(f"clocks.{trigger.clock.value}", f'not known whether "{trigger.clock.meaning}"')
    verdict.questions.append(trigger.question)


def _malicious(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    if condition.malicious is None:
        return
    meant = facts.circumstances.get("malicious")
    if meant is True:
        verdict.because.append("somebody did it on purpose")
    elif meant is False:
        verdict.refuse("nobody did it on purpose")
    else:
        verdict.refuse("it is not known whether somebody did it on purpose; if so, the duty arises")
        verdict.missing = ["circumstances.malicious"]
        verdict.questions = [condition.malicious]
        verdict.asks_anyway = True


def _role(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    if not condition.roles or facts.role in condition.roles:
        return
    wanted = " or ".join(sorted(role.value for role in condition.roles))
    if facts.role is None:
        verdict.unknown("role", f"our role is not known; the duty is the {wanted}'s")
    else:
        verdict.refuse(f"the duty is the {wanted}'s; we are the {facts.role.value}")


def _medium(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    if not condition.media or facts.medium in condition.media:
        return
    wanted = " or ".join(sorted(medium.value for medium in condition.media))
    if facts.medium is None:
        verdict.unknown("medium", f"the medium is not known; the law covers {wanted} data")
    else:
        verdict.refuse(f"the law covers {wanted} data only; this was {facts.medium.value}")


def _loss(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    if not condition.losses or facts.loss & condition.losses:
        return
    wanted = " or ".join(sorted(loss.value for loss in condition.losses))
    if not facts.loss:
        verdict.unknown("loss", f"what was lost is not known; the law covers loss of {wanted}")
    else:
        lost = ", ".join(sorted(loss.value for loss in facts.loss))
        verdict.refuse(f"the law covers loss of {wanted}; only {lost} was lost")


def _data(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    if not condition.data:
        if facts.data:
            return
        verdict.unknown("data", "which data was affected is not known")
        return
    if not facts.data:
        verdict.unknown("data", "which data was affected is not known; the law protects certain kinds only")
        return
    doubtful: list[Limb] = []
    for limb in condition.data:
        if all(group & facts.data for group in limb.groups):
            if limb.doubt is None:
                verdict.because.append(f"{limb.label} ({_exposed(limb, facts)})")
                return
            doubtful.append(limb)
    if not doubtful:
        verdict.refuse("none of the protected kinds of data, or not in a protected combination")
        return
    limb = doubtful[0]
    verdict.because.append(f"{limb.label} ({_exposed(limb, facts)}), which is disputed")
    verdict.questions.append(limb.doubt or "")
    verdict.lower(Confidence.LOW)


def _exposed(limb: Limb, facts: AssessmentFacts) -> str:
    return " with ".join("/".join(sorted(code.value for code in group & facts.data)) for group in limb.groups)


def _safe_harbor(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    harbor = condition.safe_harbor
    if not harbor.encrypted:
        return
    if facts.encrypted is None:
        verdict.unknown("encrypted", "whether the data was encrypted is not known")
    elif facts.encrypted and (facts.key_compromised is False or not harbor.key_compromised_voids):
        verdict.refuse("the data was encrypted and the key is safe")
    elif facts.encrypted and facts.key_compromised is None:
        verdict.unknown("key_compromised", "the data was encrypted, but whether the key is safe is not known")
    elif facts.encrypted:
        verdict.because.append("the data was encrypted, but the key was compromised")


def _risk(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    test = condition.risk_test
    if test is RiskTest.NONE:
        return
    if facts.risk is None:
        verdict.unknown("risk", "the risk to people is not assessed yet")
        return
    if facts.risk is RiskLevel.UNLIKELY:
        verdict.refuse("a risk to people is unlikely (a decision to record, with its reason and a name)")
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


def _ask(condition: Condition, verdict: Verdict, confidence: Confidence) -> None:
    verdict.lower(confidence)
    if condition.risk_question:
        verdict.questions.append(condition.risk_question)


def _threshold(threshold: Threshold, count: HeadCount, verdict: Verdict) -> None:
    number = count.residents if threshold.of == "residents" else count.people
    words = {">": "more than", ">=": "at least", "<": "fewer than"}[threshold.operator]
    wanted = f"{words} {threshold.count} {threshold.of}"
    if number is None:
        verdict.unknown("people", f"the number of {threshold.of} is not known; the duty is for {wanted}")
    elif _reached(threshold, number):
        verdict.because.append(f"{number} {threshold.of} are affected, {wanted}")
    elif threshold.operator == "<":
        verdict.refuse(f"the duty is for {wanted}; {number} are affected")
    else:
        verdict.refuse(f"the duty starts at {wanted}; {number} are affected")


def _reached(threshold: Threshold, number: int) -> bool:
    match threshold.operator:
        case ">":
            return number > threshold.count
        case ">=":
            return number >= threshold.count
        case _:
            return number < threshold.count
