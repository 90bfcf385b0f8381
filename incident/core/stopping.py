"""Which answers of a provider end a run: a person must mend something, or the provider wants us to wait."""

from __future__ import annotations

from collections.abc import Sequence

from incident.core.mailing import Mixed, NotSent, Outcome, Single, Split, Stop
from incident.errors import PermanentError, TocsinError, TransientError


def why_stop(outcome: Outcome, *, lone: bool) -> TocsinError | None:
    """Return what ends the run, if anything does: a person must mend it."""
    singles: Sequence[Single] = outcome.each if isinstance(outcome, Mixed) else (outcome,)
    for single in singles:
        if isinstance(single, Stop):
            return PermanentError(f"the provider refuses us until a person mends it: {single.reason}")
        if isinstance(single, NotSent) and isinstance(outcome, Mixed):
            return TransientError(f"the provider wants us to wait: {single.reason}")
        if isinstance(single, Split) and lone:
            return PermanentError(f"a letter to one person is too large: {single.reason}")
    return None
