"""Events of the first hour: opening, awareness, facts, evidence, severity, risk, the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from incident.core.events.codec import event


class Label(StrEnum):
    """How much a fact is worth."""

    FACT = "fact"
    ASSUMPTION = "assumption"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """The three outcomes of an assessment, never blurred."""

    NOT_A_BREACH = "not_a_breach"
    NO_NOTICE = "breach_without_notice"
    NOTIFY = "notify"


@event("incident:opened")
@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """An incident exists from here on, whatever else fails."""

    KIND: ClassVar[str]
    title: str
    detected_at: datetime | None
    promise_hours: int


@event("awareness:decided")
@dataclass(frozen=True, slots=True)
class AwarenessDecided:
    """When the team became aware; the promise clock starts here."""

    KIND: ClassVar[str]
    became_aware_at: datetime
    reason: str
    decided_by: str


@event("facts:amended")
@dataclass(frozen=True, slots=True)
class FactsAmended:
    """One fact, as known from now on; earlier values stay in the ledger."""

    KIND: ClassVar[str]
    name: str
    value: Any
    label: Label
    source: str


@event("evidence:frozen")
@dataclass(frozen=True, slots=True)
class EvidenceFrozen:
    """A snapshot of a system was hashed and stored; the first custody line."""

    KIND: ClassVar[str]
    evidence_id: str
    system: str
    file_name: str
    sha256: str
    size_bytes: int
    taken_at: datetime
    taken_by: str
    command: str


@event("evidence:refused")
@dataclass(frozen=True, slots=True)
class EvidenceRefused:
    """A file was offered and not taken; says why."""

    KIND: ClassVar[str]
    system: str
    file_name: str
    reason: str


@event("evidence:read")
@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """Somebody or something read evidence; a custody line."""

    KIND: ClassVar[str]
    evidence_ids: tuple[str, ...]
    purpose: str


@event("severity:assessed")
@dataclass(frozen=True, slots=True)
class SeverityAssessed:
    """ENISA severity with its working; scores are decimal text."""

    KIND: ClassVar[str]
    score: str
    band: str
    working: tuple[str, ...]
    inputs: Mapping[str, Any]


@event("risk:assessed")
@dataclass(frozen=True, slots=True)
class RiskAssessed:
    """Risk to people: what the rules proposed, what a person decided, and why."""

    KIND: ClassVar[str]
    proposed: str
    level: str
    reasons: tuple[str, ...]
    overridden_because: str | None


@event("breach:decided")
@dataclass(frozen=True, slots=True)
class BreachDecided:
    """Not a breach, a breach without notice, or notify: a named person's decision with a reason."""

    KIND: ClassVar[str]
    outcome: Outcome
    reason: str
