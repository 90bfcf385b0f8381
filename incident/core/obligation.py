"""An obligation and an assessment, as records and as JSON.

What is written here is what the command line, the console and the ledger see. How it comes about is left to
`obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from incident.core.rules import Relation
    from incident.core.vocabulary import ClockName, Confidence, Recipient


@lru_cache(maxsize=4096)
def _instant_json(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def _day_json(day: date) -> str:
    return day.isoformat()


@dataclass(frozen=True, slots=True)
class Obligation:
    """One duty applied to one incident; without a number or a start `due_at` (UTC) and `due_on` are None."""

    rule: str
    regime: str
    jurisdiction: str
    recipient: Recipient
    stage: str
    title: str
    authority: str | None
    authority_code: str | None
    channel: str | None
    url: str | None
    required: bool
    due_at: datetime | None
    due_on: date | None
    number_in_law: bool
    qualifier: str
    clock: ClockName
    waiting_for: ClockName | None
    relation: Relation | None
    derivation: str
    extended_reading: str | None
    because: str
    citation: str
    citation_url: str
    confidence: Confidence
    checked_on: date
    stale: bool
    version_from: date
    record: str | None = None

    @property
    def key(self) -> str:
        """Identify the obligation within one assessment: rule, jurisdiction and office."""
        return f"{self.rule}@{self.jurisdiction}" + (f"#{self.authority_code}" if self.authority_code else "")

    def to_json(self) -> dict[str, object]:
        """Write with plain values; instants as `2026-03-10T05:00:00.000000Z`, days as `2026-03-10`."""
        return {
            "key": self.key,
            "rule": self.rule,
            "regime": self.regime,
            "jurisdiction": self.jurisdiction,
            "recipient": str(self.recipient),
            "stage": self.stage,
            "title": self.title,
            "authority": self.authority,
            "authority_code": self.authority_code,
            "channel": self.channel,
            "url": self.url,
            "required": self.required,
            "due_at": None if self.due_at is None else _instant_json(self.due_at),
            "due_on": None if self.due_on is None else _day_json(self.due_on),
            "number_in_law": self.number_in_law,
            "qualifier": self.qualifier,
            "clock": str(self.clock),
            "waiting_for": None if self.waiting_for is None else str(self.waiting_for),
            "relation": None if self.relation is None else self.relation.to_json(),
            "derivation": self.derivation,
            "extended_reading": self.extended_reading,
            "because": self.because,
            "citation": self.citation,
            "citation_url": self.citation_url,
            "confidence": str(self.confidence),
            "checked_on": _day_json(self.checked_on),
            "stale": self.stale,
            "version_from": _day_json(self.version_from),
            "record": self.record,
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """All duties considered, and what the book or the facts do not answer."""

    obligations: tuple[Obligation, ...]
    not_covered: tuple[str, ...]
    missing_facts: tuple[str, ...]
    questions: tuple[str, ...]

    @property
    def required(self) -> tuple[Obligation, ...]:
        """The obligations that arise."""
        return tuple(obligation for obligation in self.obligations if obligation.required)

    def to_json(self) -> dict[str, object]:
        """Write with plain values."""
        return {
            "obligations": [obligation.to_json() for obligation in self.obligations],
            "not_covered": list(self.not_covered),
            "missing_facts": list(self.missing_facts),
            "questions": list(self.questions),
        }
