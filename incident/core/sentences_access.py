"""Sentences about who may see an incident, and about an approval that one person forced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from incident.core.said import NOTHING, Said, clean, say


def _granted(e: Any) -> Said:
    return say(
        "granted",
        "{who} may see this incident{under}: {why}.",
        who=e.handle,
        under=say("granted.under", ", under agreement {agreement}", agreement=e.agreement)
        if e.agreement
        else NOTHING,
        why=clean(e.reason),
    )


def _forced(e: Any) -> Said:
    return say(
        "forced",
        "EMERGENCY: one person approved cohort, letters and sending alone ({approval}), "
        "until {until}, because: {why}.",
        approval=e.approval_id,
        until=e.expires_at,
        why=clean(e.reason),
    )


ACCESS: Mapping[str, Callable[[Any], Said]] = {
    "access:restricted": lambda e: say(
        "restricted", "From here on only named people see this incident: {why}.", why=clean(e.reason)
    ),
    "access:opened": lambda e: say(
        "unrestricted", "The restriction to named people was lifted: {why}.", why=clean(e.reason)
    ),
    "access:granted": _granted,
    "access:ended": lambda e: say(
        "access.ended",
        "{who} may not see this incident any longer: {why}.",
        who=e.handle,
        why=clean(e.reason),
    ),
    "approval:forced": _forced,
    "genuine_page:named": lambda e: say(
        "genuine", "The public page to check the letters by got the code {code}.", code=e.code
    ),
}
