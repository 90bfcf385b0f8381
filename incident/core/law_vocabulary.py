"""All closed vocabularies that facts and law files are written in, each code with its meaning.

The codes themselves stand where they are used; this gathers them for `tocsin law vocabulary` and for the
guide to a new jurisdiction.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from incident.core.law_words import Validity
from incident.core.risk_facts import CIRCUMSTANCES, Access, Recipients
from incident.core.rules import Per, RelationKind, Resolution, RiskTest, SourceKind, Status, Unit
from incident.core.severity import Band, DataClass, Degree, Ease
from incident.core.vocabulary import (
    ClockName,
    Coded,
    Compliance,
    Confidence,
    DataCategory,
    Loss,
    Medium,
    Recipient,
    RiskLevel,
    Role,
    Sector,
)

FACTS: Mapping[str, type[Coded]] = {
    "data": DataCategory,
    "sectors": Sector,
    "loss": Loss,
    "medium": Medium,
    "role": Role,
    "risk": RiskLevel,
    "clocks": ClockName,
    "complies": Compliance,
}
ANSWERS: Mapping[str, type[Coded]] = {"recipient": Recipient, "confidence": Confidence}
PLAIN: Mapping[str, type[StrEnum]] = {
    "circumstances.recipients": Recipients,
    "circumstances.access": Access,
    "severity.kind": DataClass,
    "severity.ease": Ease,
    "severity.degree": Degree,
    "severity.band": Band,
    "law.status": Status,
    "law.validity": Validity,
    "law.risk_test": RiskTest,
    "law.unit": Unit,
    "law.relation": RelationKind,
    "law.resolution": Resolution,
    "law.per": Per,
    "law.source_kind": SourceKind,
}
MEANINGS: Mapping[str, Mapping[str, str]] = {
    "circumstances.recipients": {
        "nobody": "nobody got it",
        "trusted": "someone known and trusted got it, and deleted or returned it",
        "known": "it went to known people or firms by mistake",
        "unknown": "who has it is not known or beyond our control",
        "attacker": "someone who meant harm has it",
        "public": "it was open to anyone",
    },
    "circumstances.access": {
        "kept": "we had the data all the while",
        "restored": "it was back before anyone was affected",
        "delayed": "people had to do without it for a time",
        "lost": "it is gone for good",
    },
    "severity.kind": {
        "simple": "basic data: names, contact, education, family (1)",
        "behavioral": "location, traffic, habits, preferences (2)",
        "financial": "income, statements, cards, invoices (3)",
        "sensitive": "health, politics, beliefs, sex life and the like (4)",
    },
    "severity.ease": {
        "negligible": "people are hardly to be identified (0.25)",
        "limited": "identified with effort or other sources (0.5)",
        "significant": "identified with some looking up (0.75)",
        "maximum": "identified from the data as it is (1)",
    },
    "severity.degree": {
        "none": "not lost (0)",
        "some": "to known recipients, for a time, or to be put right (0.25)",
        "full": "to anyone, for good (0.5)",
    },
    "severity.band": {
        "low": "below 2",
        "medium": "from 2 to below 3",
        "high": "from 3 to below 4",
        "very_high": "4 and more",
    },
    "law.status": {
        "in_force": "binds from its first day on",
        "pending": "enacted; binds from a day ahead",
        "proposed": "a bill, not law",
        "voluntary": "asked for, not a duty",
        "repealed": "does not bind any more",
    },
    "law.validity": {
        "in_force": "binds on the day asked for",
        "pending": "will bind from a later day",
        "proposed": "a bill, not law",
        "voluntary": "asked for, not a duty",
        "repealed": "was taken back",
        "ended": "its last day has passed",
    },
    "law.risk_test": {
        "none": "the duty asks for no risk",
        "unless_unlikely": "the duty falls away when a risk to people is unlikely",
        "significant": "the duty asks for a risk in words of its own; a high one is enough",
        "protection": "the duty asks whether people need to know to protect themselves",
        "high": "the duty asks for a high risk to people",
        "only_unlikely": "the duty follows from the finding that no harm is likely",
    },
    "law.unit": {
        "hours": "elapsed hours, which nothing stops",
        "days": "calendar days after the day of the trigger",
        "business_days": "working days of a named calendar",
        "months": "to the same-number day, else the month's last",
    },
    "law.relation": {
        "before": "before the other duty",
        "not_later_than": "not later than the other duty",
        "concurrent": "together with the other duty",
        "after": "so many days after the other duty",
    },
    "law.resolution": {
        "fixed": "the offices named in the rule",
        "establishment": "the office of the place where we are established",
        "one_stop": "the lead authority, else those of our establishments, else those of the residents",
    },
    "law.per": {"jurisdiction": "once for each jurisdiction", "regime": "once for the law"},
    "law.source_kind": {
        "statute": "the text of the law",
        "regulator": "an authority's own words",
        "commentary": "what somebody else wrote about it",
    },
}


def vocabulary() -> dict[str, dict[str, str]]:
    """Return every vocabulary as code and meaning; the key is the field of the facts, or of the file."""
    coded = {
        name: {str(code.value): code.meaning for code in kind}
        for group in (FACTS, ANSWERS)
        for name, kind in group.items()
    }
    plain = {
        name: {
            code.value: MEANINGS.get(name, {}).get(code.value, code.value.replace("_", " ")) for code in kind
        }
        for name, kind in PLAIN.items()
    }
    return {**coded, "circumstances": dict(CIRCUMSTANCES), **plain}
