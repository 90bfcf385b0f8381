"""A law as a record: regime, rule, version in force from a date, with every value's source.

Records only. How they are read from files is left to `incident.law`, what follows from them to
`obligations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from incident.core.vocabulary import (
        ClockName,
        Confidence,
        DataCategory,
        Loss,
        Medium,
        Recipient,
        Role,
        Sector,
    )


class Status(StrEnum):
    """Whether a version binds."""

    IN_FORCE = "in_force"
    PENDING = "pending"
    PROPOSED = "proposed"
    VOLUNTARY = "voluntary"
    REPEALED = "repealed"


class SourceKind(StrEnum):
    """What a source is worth."""

    STATUTE = "statute"
    REGULATOR = "regulator"
    COMMENTARY = "commentary"


class Unit(StrEnum):
    """How a period is counted."""

    HOURS = "hours"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"


class RelationKind(StrEnum):
    """How a duty stands in time to another duty of the same regime."""

    BEFORE = "before"
    NOT_LATER_THAN = "not_later_than"
    CONCURRENT = "concurrent"
    AFTER = "after"


class RiskTest(StrEnum):
    """Which risk to people a duty asks for."""

    NONE = "none"
    UNLESS_UNLIKELY = "unless_unlikely"
    SIGNIFICANT = "significant"
    PROTECTION = "protection"
    HIGH = "high"


class Resolution(StrEnum):
    """How the recipient authority is found."""

    FIXED = "fixed"
    ONE_STOP = "one_stop"


class Per(StrEnum):
    """Whether a duty arises once for each jurisdiction or once for the regime."""

    JURISDICTION = "jurisdiction"
    REGIME = "regime"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was read, in whose words, and on which day it was last checked."""

    citation: str
    url: str
    quote: str
    kind: SourceKind
    checked_on: date


@dataclass(frozen=True, slots=True)
class Authority:
    """An office that receives filings; `question` is asked when the row is only a placeholder for several."""

    code: str
    name: str
    jurisdiction: str
    channel: str
    checked_on: date
    source: str
    url: str | None = None
    email: str | None = None
    address: str | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of people; `of` is `residents` (of the jurisdiction) or `people` (everyone affected)."""

    operator: str
    count: int
    of: str


@dataclass(frozen=True, slots=True)
class Limb:
    """One way to fall under a definition: something from every group. `doubt` says why it is disputed."""

    label: str
    groups: tuple[frozenset[DataCategory], ...]
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class SafeHarbor:
    """When unreadable data frees from the duty."""

    encrypted: bool = False
    key_compromised_voids: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """When a duty arises. An empty set asks for nothing."""

    data: tuple[Limb, ...] = ()
    roles: frozenset[Role] = frozenset()
    sectors: frozenset[Sector] = frozenset()
    losses: frozenset[Loss] = frozenset()
    media: frozenset[Medium] = frozenset()
    risk_test: RiskTest = RiskTest.NONE
    safe_harbor: SafeHarbor = SafeHarbor()
    thresholds: tuple[Threshold, ...] = ()
    risk_question: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """A number of units from a clock; `calendar` names the business days it is counted in."""

    value: int
    unit: Unit
    clock: ClockName
    calendar: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """Order between two duties; `days` belongs to `after`."""

    kind: RelationKind
    rule: str
    days: int | None = None

    def to_json(self) -> dict[str, object]:
        """Write as a mapping of kind, rule and days."""
        return {"kind": self.kind.value, "rule": self.rule, "days": self.days}


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a duty falls due; without a period the law gives no number, and counts from `clock`."""

    clock: ClockName
    qualifier: str
    period: Period | None = None
    cap: Period | None = None
    relation: Relation | None = None
    rolls_to_working_day: bool = False
    two_working_days_disputed: bool = False
    delay: str | None = None
    guidance: str | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The text of one duty as in force from a day to a day (both included).

    `no_duty` is the reason of a standing negative: the law was looked at and names no such duty.
    """

    status: Status
    in_force_from: date
    in_force_to: date | None
    condition: Condition
    deadline: Deadline
    sources: tuple[Source, ...]
    review_by: date
    confidence: Confidence
    doubt: str | None = None
    must_contain: tuple[str, ...] = ()
    must_not_contain: tuple[str, ...] = ()
    headings: tuple[tuple[str, str], ...] = ()
    filing_fields: tuple[tuple[str, str], ...] = ()
    no_duty: str | None = None

    @property
    def checked_on(self) -> date:
        """The day on which the least recently checked source was checked."""
        return min(source.checked_on for source in self.sources)

    def covers(self, day: date) -> bool:
        """Tell whether the version's dates include the day."""
        return self.in_force_from <= day and (self.in_force_to is None or day <= self.in_force_to)


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty: regime x recipient x stage, with its versions in order of date."""

    id: str
    title: str
    recipient: Recipient
    stage: str
    per: Per
    resolution: Resolution
    authorities: tuple[str, ...]
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version | None:
        """Return the version whose dates include the day, or None."""
        return next((version for version in self.versions if version.covers(day)), None)


@dataclass(frozen=True, slots=True)
class Regime:
    """One law; `general` regimes make a jurisdiction covered, sector regimes do not."""

    id: str
    name: str
    citation: str
    home: str
    jurisdictions: Mapping[str, str]
    zone: str
    calendar: str
    general: bool
    establishment_suffices: bool
    authorities: Mapping[str, Authority]
    rules: tuple[Rule, ...]
    notes: tuple[str, ...] = ()
    file: str = ""

    def zone_of(self, jurisdiction: str) -> str:
        """Return the IANA zone in which the jurisdiction's days end."""
        return self.jurisdictions.get(jurisdiction, self.zone)


@dataclass(frozen=True, slots=True)
class LawBook:
    """All regimes, and by jurisdiction code which of them apply there."""

    regimes: tuple[Regime, ...]
    by_jurisdiction: Mapping[str, tuple[Regime, ...]]

    def rule(self, rule_id: str) -> Rule | None:
        """Find a rule by its full id, `regime/rule`."""
        return next((rule for regime in self.regimes for rule in regime.rules if rule.id == rule_id), None)

    def regime(self, regime_id: str) -> Regime | None:
        """Find a regime by its id."""
        return next((regime for regime in self.regimes if regime.id == regime_id), None)
