"""Severity of a personal-data breach: SE = DPC x EI + CB.

The method and its numbers are ENISA's Recommendations for a methodology of the assessment of severity of
personal data breaches, version 1.0, December 2013. Which values fit is for a named person to confirm; a
proposal from the facts is made in `risk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_LOWEST, _HIGHEST = 1, 4
_MANY_PEOPLE = 100


class DataClass(StrEnum):
    """The four classes of data, each with a basic score (annex A)."""

    SIMPLE = "simple"
    BEHAVIORAL = "behavioral"
    FINANCIAL = "financial"
    SENSITIVE = "sensitive"


class Ease(StrEnum):
    """How easily people are identified from the data (EI)."""

    NEGLIGIBLE = "negligible"
    LIMITED = "limited"
    SIGNIFICANT = "significant"
    MAXIMUM = "maximum"


class Degree(StrEnum):
    """How far a property was lost: not, to known recipients or for a time, to anyone or for good."""

    NONE = "none"
    SOME = "some"
    FULL = "full"


class Band(StrEnum):
    """The bands of the result."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


BASIC_SCORE = {
    DataClass.SIMPLE: 1,
    DataClass.BEHAVIORAL: 2,
    DataClass.FINANCIAL: 3,
    DataClass.SENSITIVE: 4,
}
EASE_SCORE = {
    Ease.NEGLIGIBLE: Decimal("0.25"),
    Ease.LIMITED: Decimal("0.5"),
    Ease.SIGNIFICANT: Decimal("0.75"),
    Ease.MAXIMUM: Decimal(1),
}
DEGREE_SCORE = {Degree.NONE: Decimal(0), Degree.SOME: Decimal("0.25"), Degree.FULL: Decimal("0.5")}
MALICE_SCORE = Decimal("0.5")
# Lower edges, highest first
BANDS = (
    (Decimal(4), Band.VERY_HIGH),
    (Decimal(3), Band.HIGH),
    (Decimal(2), Band.MEDIUM),
    (Decimal(0), Band.LOW),
)


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class of data found, moved up or down for its context, with the reason for the move."""

    kind: DataClass
    adjustment: int = 0
    reason: str = ""

    @property
    def score(self) -> int:
        """Basic score plus adjustment, kept between 1 and 4."""
        return max(_LOWEST, min(_HIGHEST, BASIC_SCORE[self.kind] + self.adjustment))


@dataclass(frozen=True, slots=True)
class SeverityInputs:
    """Everything the score needs; `individuals` is None when the number is not known."""

    classes: tuple[ClassScore, ...]
    ease: Ease
    confidentiality: Degree = Degree.NONE
    integrity: Degree = Degree.NONE
    availability: Degree = Degree.NONE
    malicious: bool = False
    individuals: int | None = None
    unintelligible: bool = False


@dataclass(frozen=True, slots=True)
class Severity:
    """The score, its parts, its band, the flags that stand beside it, and the working as lines."""

    score: Decimal
    dpc: int
    ei: Decimal
    cb: Decimal
    band: Band
    flags: tuple[str, ...]
    working: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Write with plain values; numbers as decimal texts."""
        return {
            "score": str(self.score),
            "dpc": self.dpc,
            "ei": str(self.ei),
            "cb": str(self.cb),
            "band": self.band.value,
            "flags": list(self.flags),
            "working": list(self.working),
        }


def score_severity(inputs: SeverityInputs) -> Severity:
    """Score a breach; the class of data with the highest score counts (section 3.1 of the method)."""
    dpc = max((entry.score for entry in inputs.classes), default=_LOWEST)
    ei = EASE_SCORE[inputs.ease]
    parts = (
        ("loss of confidentiality", DEGREE_SCORE[inputs.confidentiality]),
        ("loss of integrity", DEGREE_SCORE[inputs.integrity]),
        ("loss of availability", DEGREE_SCORE[inputs.availability]),
        ("malicious intent", MALICE_SCORE if inputs.malicious else Decimal(0)),
    )
    cb = sum((value for _, value in parts), Decimal(0))
    score = dpc * ei + cb
    band = next(band for edge, band in BANDS if score >= edge)
    working = (
        *(_class_line(entry) for entry in inputs.classes),
        f"DPC = {dpc} (the highest)",
        f"EI = {ei} ({inputs.ease.value})",
        f"CB = {' + '.join(f'{value} {name}' for name, value in parts)} = {cb}",
        f"SE = {dpc} x {ei} + {cb} = {score}: {band.value.replace('_', ' ')}",
    )
    return Severity(score, dpc, ei, cb, band, _flags(inputs), working)


def _class_line(entry: ClassScore) -> str:
    moved = f" {entry.adjustment:+d} ({entry.reason})" if entry.adjustment else ""
    return f"{entry.kind.value} data: {BASIC_SCORE[entry.kind]}{moved} = {entry.score}"


def _flags(inputs: SeverityInputs) -> tuple[str, ...]:
    flags = []
    if inputs.individuals is None:
        flags.append("the number of people is not known")
    elif inputs.individuals > _MANY_PEOPLE:
        flags.append(f"more than {_MANY_PEOPLE} people")
    if inputs.unintelligible:
        flags.append("the data is unintelligible to whoever has it")
    return tuple(flags)
