"""The closed kinds by which a law's record is told apart: status, source, unit, order, risk, addressee.

Only the kinds. The records that carry them are in `rules`, which also passes these names on.
"""

from __future__ import annotations

from enum import StrEnum


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
    ONLY_UNLIKELY = "only_unlikely"


class Resolution(StrEnum):
    """How the recipient authority is found; `establishment` is the office where we are established."""

    FIXED = "fixed"
    ONE_STOP = "one_stop"
    ESTABLISHMENT = "establishment"


class Per(StrEnum):
    """Whether a duty arises once for each jurisdiction or once for the regime."""

    JURISDICTION = "jurisdiction"
    REGIME = "regime"
