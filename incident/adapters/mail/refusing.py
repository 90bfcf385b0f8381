"""Turning the flaws of a batch into the refusal that every transport gives before it touches a wire."""

from __future__ import annotations

from incident.core.mail_limits import flaws
from incident.core.mailing import Batch, Refused


def refusal(batch: Batch) -> Refused | None:
    """Return why this batch is not sent, or None; blames recipients when only they are at fault."""
    found = flaws(batch)
    if not found:
        return None
    reason = "; ".join(dict.fromkeys(flaw.reason for flaw in found))
    blamed = sorted({flaw.index for flaw in found if flaw.index is not None})
    whole = any(flaw.index is None for flaw in found)
    return Refused(reason, None if whole else tuple(blamed))
