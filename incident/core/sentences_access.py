"""Sentences about who may see an incident, and about an approval that one person forced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.spoken_times import when
from incident.core.wording import clean


def _granted(e: Any) -> str:
    under = f", under agreement {e.agreement}" if e.agreement else ""
    return f"{e.handle} may see this incident{under}: {clean(e.reason)}."


def _forced(e: Any) -> str:
    until = when(e.expires_at)
    return (
        f"EMERGENCY: one person approved cohort, letters and sending alone ({e.approval_id}), "
        f"until {until}, because: {clean(e.reason)}."
    )


ACCESS: Mapping[str, Callable[[Any], str]] = {
    "access:restricted": lambda e: f"From here on only named people see this incident: {clean(e.reason)}.",
    "access:opened": lambda e: f"The restriction to named people was lifted: {clean(e.reason)}.",
    "access:granted": _granted,
    "access:ended": lambda e: f"{e.handle} may not see this incident any longer: {clean(e.reason)}.",
    "approval:forced": _forced,
    "genuine_page:named": lambda e: f"The public page to check the letters by got the code {e.code}.",
}
