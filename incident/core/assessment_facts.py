"""The facts a legal assessment starts from, read strictly from JSON-like values.

Unknown keys, unknown codes and naive times are refused with the field's name. What is not known stays None;
what follows from the facts is left to `obligations`, and the `circumstances` to `risk`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, TypeVar

from incident.core.vocabulary import (
    ClockName,
    Compliance,
    DataCategory,
    Loss,
    Medium,
    RiskLevel,
    Role,
    Sector,
)
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

E = TypeVar("E", bound=StrEnum)

UNKNOWN_RESIDENCE = "unknown"
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,4})?")
_WRONG_CODES = {"UK": "GB", "EL": "GR", "EU": "the member state's own code"}
FIELDS = frozenset(
    {
        "became_aware_at",
        "clocks",
        "role",
        "sectors",
        "establishments",
        "lead_authority",
        "people",
        "data",
        "medium",
        "loss",
        "encrypted",
        "key_compromised",
        "risk",
        "as_of",
        "circumstances",
        "complies",
    }
)
_REQUIRED = ("became_aware_at", "people", "data")


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """What is known: moments (UTC), people by ISO 3166 code (None: number unknown), data, loss, risk."""

    clocks: Mapping[ClockName, datetime]
    people: Mapping[str, int | None]
    data: frozenset[DataCategory]
    role: Role | None = None
    sectors: frozenset[Sector] = frozenset()
    establishments: tuple[str, ...] = ()
    lead_authority: str | None = None
    medium: Medium | None = None
    loss: frozenset[Loss] = frozenset()
    encrypted: bool | None = None
    key_compromised: bool | None = None
    risk: RiskLevel | None = None
    as_of: date | None = None
    circumstances: Mapping[str, Any] = field(default_factory=dict)
    complies: Mapping[Compliance, bool] = field(default_factory=dict)

    @property
    def became_aware_at(self) -> datetime:
        """The moment we became aware, UTC."""
        return self.clocks[ClockName.BECAME_AWARE]

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read the facts; raises BadInputError naming the field."""
        refuse_unknown_keys(value, FIELDS)
        for name in _REQUIRED:
            if value.get(name) is None:
                raise BadInputError("is missing", field=name)
        circumstances = value.get("circumstances") or {}
        if not isinstance(circumstances, dict):
            raise BadInputError("must be an object", field="circumstances")
        return cls(
            clocks=_clocks(value),
            people=read_people(value["people"]),
            data=read_codes(DataCategory, value["data"], "data"),
            role=read_code(Role, value.get("role"), "role"),
            sectors=read_codes(Sector, value.get("sectors"), "sectors"),
            establishments=_jurisdictions(value.get("establishments"), "establishments"),
            lead_authority=_lead(value.get("lead_authority")),
            medium=read_code(Medium, value.get("medium"), "medium"),
            loss=read_codes(Loss, value.get("loss"), "loss"),
            encrypted=read_flag(value.get("encrypted"), "encrypted"),
            key_compromised=read_flag(value.get("key_compromised"), "key_compromised"),
            risk=read_code(RiskLevel, value.get("risk"), "risk"),
            as_of=_day(value.get("as_of"), "as_of"),
            circumstances=circumstances,
            complies=_complies(value.get("complies")),
        )


def refuse_unknown_keys(value: Mapping[str, Any], known: frozenset[str], under: str = "") -> None:
    """Refuse keys outside the known ones, naming the first."""
    if not hasattr(value, "keys"):
        raise BadInputError("must be an object", field=under.rstrip(".") or None)
    for key in value:
        if key not in known:
            raise BadInputError(
                f"is not a known key; known are {', '.join(sorted(known))}", field=f"{under}{key}"
            )


def read_code(kind: type[E], value: object, name: str) -> E | None:
    """Read one code of a vocabulary, or None."""
    if value is None:
        return None
    member = next((member for member in kind if member.value == value), None)
    if member is None:
        raise BadInputError(f"is not one of: {', '.join(member.value for member in kind)}", field=name)
    return member


def read_codes(kind: type[E], value: object, name: str) -> frozenset[E]:
    """Read a list of codes; None is the empty set."""
    if value is None:
        return frozenset()
    if not isinstance(value, list | tuple):
        raise BadInputError("must be a list of codes", field=name)
    codes = (read_code(kind, item, f"{name}[{at}]") for at, item in enumerate(value))
    return frozenset(code for code in codes if code is not None)


def read_flag(value: object, name: str) -> bool | None:
    """Read true, false or null."""
    if value is None or isinstance(value, bool):
        return value
    raise BadInputError("must be true, false or null", field=name)


def read_people(value: object) -> Mapping[str, int | None]:
    """Read numbers of people by jurisdiction; the key `unknown` means that residence is not known."""
    if not isinstance(value, dict):
        raise BadInputError("must be an object of jurisdiction and number", field="people")
    for code, count in value.items():
        name = f"people.{code}"
        if code != UNKNOWN_RESIDENCE:
            _check_jurisdiction(code, name)
        if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 0):
            raise BadInputError("must be a whole number of people, or null when it is not known", field=name)
    return dict(value)


def read_instant(value: object, name: str) -> datetime:
    """Read an instant with offset; naive ones are refused."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise BadInputError("is not an ISO 8601 time", field=name) from None
    if not isinstance(value, datetime):
        raise BadInputError("must be an ISO 8601 time with offset", field=name)
    if value.tzinfo is None or value.utcoffset() is None:
        raise BadInputError("has no offset from UTC; write +00:00 or the local offset", field=name)
    return value


def _clocks(value: Mapping[str, Any]) -> dict[ClockName, datetime]:
    given = value.get("clocks") or {}
    refuse_unknown_keys(
        given, frozenset(str(clock.value) for clock in ClockName.__members__.values()), "clocks."
    )
    clocks = {
        clock: read_instant(given[clock.value], f"clocks.{clock.value}")
        for clock in ClockName
        if given.get(clock.value) is not None
    }
    clocks[ClockName.BECAME_AWARE] = read_instant(value["became_aware_at"], "became_aware_at")
    return clocks


def _complies(value: object) -> dict[Compliance, bool]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadInputError("must be an object of rules and true, false or null", field="complies")
    refuse_unknown_keys(value, frozenset(str(code.value) for code in Compliance), "complies.")
    flags = ((code, read_flag(value.get(code.value), f"complies.{code.value}")) for code in Compliance)
    return {code: kept for code, kept in flags if kept is not None}


def _check_jurisdiction(code: object, name: str) -> None:
    if not isinstance(code, str) or not _JURISDICTION.fullmatch(code):
        raise BadInputError("is not an ISO 3166-1 or 3166-2 code such as DE or US-CA", field=name)
    if code in _WRONG_CODES:
        raise BadInputError(f"is not an ISO 3166 country code; write {_WRONG_CODES[code]}", field=name)


def _jurisdictions(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise BadInputError("must be a list of jurisdictions", field=name)
    for at, code in enumerate(value):
        _check_jurisdiction(code, f"{name}[{at}]")
    return tuple(value)


def _lead(value: object) -> str | None:
    if value is not None:
        _check_jurisdiction(value, "lead_authority")
    return None if value is None else str(value)


def _day(value: object, name: str) -> date | None:
    if value is None:
        return None
    if isinstance(value, str) and "T" not in value and " " not in value:
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise BadInputError("is not an ISO 8601 day or time", field=name) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return read_instant(value, name).date()
