"""What a proposal of risk looks at: the data, what was lost, and the circumstances.

Read from the same mapping as the legal facts, with an object `circumstances`; the legal keys that do not
matter here are left to `assessment_facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from incident.core.assessment_facts import (
    FIELDS,
    read_code,
    read_codes,
    read_flag,
    read_people,
    refuse_unknown_keys,
)
from incident.core.ground import total
from incident.core.vocabulary import DataCategory, Loss, Sector
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Recipients(StrEnum):
    """Who may have the data now."""

    NOBODY = "nobody"
    TRUSTED = "trusted"
    KNOWN = "known"
    UNKNOWN = "unknown"
    ATTACKER = "attacker"
    PUBLIC = "public"


class Access(StrEnum):
    """Whether we still have the data: restored without harm, late, or gone for good."""

    KEPT = "kept"
    RESTORED = "restored"
    DELAYED = "delayed"
    LOST = "lost"


CIRCUMSTANCES = {
    "recipients": "who may have the data now",
    "malicious": "someone meant it (true, false, null)",
    "access": "whether we still have the data",
    "altered_for_good": "what was altered was not found and put right (true, false, null)",
    "essential_service": "people's care, safety or living depended on the data (true, false, null)",
    "vulnerable_people": "children, patients or others who need protection are among them (true, false, null)",
    "targeted": "one person was sought out (true, false, null)",
    "public_before": "the data was lawfully public already (true, false, null)",
}


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """Facts that matter for risk; None is not known.

    `malicious`: someone meant it. `targeted`: one person was sought out. `essential_service`: people's care,
    safety or living depended on the data. `public_before`: the data was lawfully public already.
    """

    data: frozenset[DataCategory]
    loss: frozenset[Loss]
    people: int | None = None
    encrypted: bool | None = None
    key_compromised: bool | None = None
    recipients: Recipients | None = None
    malicious: bool | None = None
    access: Access | None = None
    altered_for_good: bool | None = None
    essential_service: bool | None = None
    vulnerable_people: bool | None = None
    targeted: bool | None = None
    public_before: bool | None = None
    sectors: frozenset[Sector] = frozenset()

    @property
    def unintelligible(self) -> bool:
        """Tell whether the data is known to be encrypted with a key that is known to be safe."""
        return self.encrypted is True and self.key_compromised is False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read the facts; raises BadInputError naming the field."""
        refuse_unknown_keys(value, FIELDS)
        if value.get("data") is None:
            raise BadInputError("is missing", field="data")
        around = value.get("circumstances") or {}
        refuse_unknown_keys(around, frozenset(CIRCUMSTANCES), "circumstances.")
        flag = {
            name: read_flag(around.get(name), f"circumstances.{name}")
            for name in CIRCUMSTANCES
            if name not in {"recipients", "access"}
        }
        return cls(
            data=read_codes(DataCategory, value["data"], "data"),
            loss=read_codes(Loss, value.get("loss"), "loss"),
            people=total(read_people(value.get("people") or {}).values()) if value.get("people") else None,
            encrypted=read_flag(value.get("encrypted"), "encrypted"),
            key_compromised=read_flag(value.get("key_compromised"), "key_compromised"),
            recipients=read_code(Recipients, around.get("recipients"), "circumstances.recipients"),
            access=read_code(Access, around.get("access"), "circumstances.access"),
            sectors=read_codes(Sector, value.get("sectors"), "sectors"),
            **flag,
        )
