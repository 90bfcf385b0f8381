"""The eighteen examples of EDPB Guidelines 01/2021, to name the one nearest to an incident.

They illustrate; they decide nothing. The level of an incident comes from the rules in `risk`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.vocabulary import Loss, RiskLevel

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_C, _I, _A = Loss.CONFIDENTIALITY, Loss.INTEGRITY, Loss.AVAILABILITY
_LOW, _RISK, _HIGH = RiskLevel.UNLIKELY, RiskLevel.RISK, RiskLevel.HIGH


@dataclass(frozen=True, slots=True)
class Example:
    """One example: its number and gist, the level the guideline finds, and what to compare by."""

    number: int
    gist: str
    level: RiskLevel
    loss: frozenset[Loss]
    malicious: bool
    serious: bool

    def to_json(self) -> dict[str, object]:
        """Write number, gist and level."""
        return {"number": self.number, "gist": self.gist, "level": self.level.value}


def _of(
    number: int, gist: str, level: RiskLevel, loss: set[Loss], *, malicious: bool, serious: bool
) -> Example:
    return Example(number, gist, level, frozenset(loss), malicious, serious)


EXAMPLES = (
    _of(1, "ransomware, encrypted data, backup, nothing taken", _LOW, {_A}, malicious=True, serious=False),
    _of(2, "ransomware without a proper backup, nothing taken", _RISK, {_A}, malicious=True, serious=False),
    _of(3, "ransomware in a hospital, backup, nothing taken", _HIGH, {_A}, malicious=True, serious=True),
    _of(4, "ransomware without backup, data taken", _HIGH, {_C, _A}, malicious=True, serious=True),
    _of(5, "job applications taken from a website", _HIGH, {_C}, malicious=True, serious=False),
    _of(6, "hashed passwords taken from a website", _LOW, {_C}, malicious=True, serious=False),
    _of(7, "credential stuffing on a banking website", _HIGH, {_C, _I}, malicious=True, serious=True),
    _of(8, "business contacts copied by a leaving employee", _RISK, {_C}, malicious=True, serious=False),
    _of(9, "data sent by accident to a trusted third party", _LOW, {_C}, malicious=False, serious=False),
    _of(10, "stolen tablets with encrypted data", _LOW, {_C, _A}, malicious=True, serious=False),
    _of(
        11, "stolen notebook with data of many, not encrypted", _HIGH, {_C, _A}, malicious=True, serious=False
    ),
    _of(12, "stolen paper files with sensitive data", _HIGH, {_C, _A}, malicious=True, serious=True),
    _of(13, "two parcels swapped in the post", _LOW, {_C}, malicious=False, serious=False),
    _of(14, "highly confidential data mailed by mistake to many", _HIGH, {_C}, malicious=False, serious=True),
    _of(15, "a list of participants e-mailed by mistake", _LOW, {_C}, malicious=False, serious=True),
    _of(16, "an insurance letter to the wrong person", _RISK, {_C}, malicious=False, serious=False),
    _of(17, "a caller pretends to be a customer", _HIGH, {_C}, malicious=True, serious=False),
    _of(18, "mail secretly forwarded by an intruder", _HIGH, {_C}, malicious=True, serious=True),
)


def nearest_example(
    level: RiskLevel, loss: AbstractSet[Loss], *, malicious: bool | None, serious: bool
) -> Example:
    """Return the example that shares most: level first, then what was lost, intent, kind of data."""

    def distance(example: Example) -> tuple[int, int]:
        unlike = 3 * (example.level is not level) + len(example.loss ^ frozenset(loss))
        unlike += (example.malicious is not bool(malicious)) + (example.serious is not serious)
        return unlike, example.number

    return min(EXAMPLES, key=distance)
