"""When a duty arises, as a record: data, sectors, losses, risk, numbers of people, and what frees from it.

Records only. Whether a condition holds is left to `conditions`, how one is read from a file to `incident.law`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.rule_kinds import RiskTest, SourceKind

if TYPE_CHECKING:
    from datetime import date

    from incident.core.vocabulary import (
        ClockName,
        Compliance,
        Confidence,
        DataCategory,
        Loss,
        Medium,
        Role,
        Sector,
    )


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value was read, in whose words, and on which day it was last checked."""

    citation: str
    url: str
    quote: str
    kind: SourceKind
    checked_on: date


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of people; `of` is `residents` (of the jurisdiction) or `people` (everyone affected).

    `operator` is `>`, `>=`, or `<` for a duty that a larger number takes away.
    """

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
class Trigger:
    """An event beyond the breach itself, such as a classification as major: known by its clock, else asked."""

    clock: ClockName
    question: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """A clause that takes a sector out of a duty: outright, or while it keeps to rules of its own.

    With `rests_on` the sector is deemed to comply as long as it keeps to those rules; whether it does is a fact.
    """

    name: str
    sectors: frozenset[Sector]
    reason: str
    source: Source
    confidence: Confidence
    rests_on: Compliance | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A duty that is presumed until somebody finds that no harm is likely, and how that finding is kept.

    `consult` names who is asked before, `years` how long the written finding is kept. Not `presumed` are duties
    that arise only once harm was found likely, and still have the contrary finding recorded.
    """

    citation: str
    written: bool = False
    years: int | None = None
    consult: str | None = None
    tell: str | None = None
    presumed: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """When a duty arises. An empty set asks for nothing; `except_sectors` owe the duty under another law.

    A duty with `sectors` is silent for everybody else; one with `only_sectors` is considered and refused for them.

    `malicious` is the question of a limb that reaches only what somebody did on purpose. It stands beside other
    limbs, so that not knowing asks the question and does not make the duty arise. With `any_of` one of these
    further conditions must hold as well.
    """

    data: tuple[Limb, ...] = ()
    roles: frozenset[Role] = frozenset()
    sectors: frozenset[Sector] = frozenset()
    losses: frozenset[Loss] = frozenset()
    media: frozenset[Medium] = frozenset()
    risk_test: RiskTest = RiskTest.NONE
    safe_harbor: SafeHarbor = SafeHarbor()
    thresholds: tuple[Threshold, ...] = ()
    risk_question: str | None = None
    except_sectors: frozenset[Sector] = frozenset()
    only_sectors: frozenset[Sector] = frozenset()
    established: bool = False
    trigger: Trigger | None = None
    malicious: str | None = None
    exemptions: tuple[Exemption, ...] = ()
    finding: Finding | None = None
    any_of: tuple[Condition, ...] = ()
