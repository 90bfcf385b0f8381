"""The answer to one duty as it is put together: required or not, why, how sure, what to ask."""

from __future__ import annotations

from dataclasses import dataclass, field

from incident.core.vocabulary import Confidence

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
    record: str | None = None

    def refuse(self, reason: str) -> None:
        """Record that the duty does not arise, and why."""
        self.required = False
        self.because = [reason]

    def refuse_for_now(self, reason: str, *, fact: str, question: str | None) -> None:
        """Record that the duty does not arise while a fact is not known, and ask for that fact."""
        self.refuse(reason)
        self.missing = [fact]
        self.questions = [question] if question else []
        self.asks_anyway = True

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
    return first if _RANK[first] <= _RANK[second] else second
