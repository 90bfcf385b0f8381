"""Whether a duty arises from the facts, with the reason for either answer.

A fact that is not known never frees from a duty: the duty is treated as arising, with low confidence and a
question. The exceptions are said where they stand: deliberate acts, and sectors that the law takes out while they
keep to rules of their own (`exempting`). Risk to people is left to `risk_tests`, who must be told and by when to
`obligations`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.exempting import exempt, exempt_for_now
from incident.core.risk_tests import test_risk
from incident.core.verdict import Verdict
from incident.core.vocabulary import Confidence

if TYPE_CHECKING:
    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.rules import Condition, Limb, Threshold, Version
    from incident.core.verdict import HeadCount


@dataclass(frozen=True, slots=True)
class _Case:
    """What a condition is tested against; `established`: None when no establishment is known."""

    facts: AssessmentFacts
    count: HeadCount
    established: bool | None


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
    _hold(version.condition, _Case(facts, count, established), verdict)
    return verdict


def _hold(condition: Condition, case: _Case, verdict: Verdict) -> None:
    for part, test in _TESTS:
        if part is None or getattr(condition, part):
            test(condition, case.facts, verdict)
            if not verdict.required:
                return
    if condition.established and verdict.required:
        _establishment(case.established, verdict)
    for threshold in condition.thresholds:
        if verdict.required:
            _threshold(threshold, case.count, verdict)
    if condition.any_of and verdict.required:
        _any_of(condition, case, verdict)
    if condition.exemptions and verdict.required:
        exempt_for_now(condition, case.facts, verdict)


def _any_of(condition: Condition, case: _Case, verdict: Verdict) -> None:
    """One limb is enough: a sure one before a doubtful one; when all fail, all reasons are given."""
    found = []
    for limb in condition.any_of:
        one = Verdict(verdict.confidence)
        _hold(limb, case, one)
        found.append(one)
        if one.required and not one.missing and not one.questions:
            verdict.because += one.because
            verdict.lower(one.confidence)
            return
    open_limbs = [one for one in found if one.required]
    asking = [one for one in found if one.asks_anyway]
    if not open_limbs:
        verdict.refuse(" and ".join("; ".join(one.because) for one in found))
        verdict.asks_anyway = bool(asking)
    for one in open_limbs:
        verdict.because += one.because
        verdict.lower(one.confidence)
    for one in (*open_limbs, *asking):
        verdict.missing += one.missing
        verdict.questions += one.questions


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


def _only_sector(condition: Condition, facts: AssessmentFacts, verdict: Verdict) -> None:
    ours = condition.only_sectors & facts.sectors
    if ours:
        verdict.because.append(f"we are in the sector {', '.join(sorted(sector.value for sector in ours))}")
        return
    wanted = sorted(condition.only_sectors)
    codes, meanings = " or ".join(wanted), "; ".join(f"{sector.value}: {sector.meaning}" for sector in wanted)
    verdict.refuse_for_now(
        f"owed only by the sector {codes}, in which we are not",
        fact="sectors",
        question=f"Are we none of these after all ({meanings})? A duty of theirs was left out.",
    )


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
        reason = "it is not known whether somebody did it on purpose; if so, the duty arises"
        verdict.refuse_for_now(reason, fact="circumstances.malicious", question=condition.malicious)


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


_Test = Callable[["Condition", "AssessmentFacts", Verdict], None]
_TESTS: tuple[tuple[str | None, _Test], ...] = (
    ("exemptions", exempt),
    ("except_sectors", _sector),
    ("only_sectors", _only_sector),
    ("roles", _role),
    ("media", _medium),
    ("losses", _loss),
    (None, _data),
    ("safe_harbor", _safe_harbor),
    ("risk_test", test_risk),
    ("trigger", _trigger),
    ("malicious", _malicious),
)
