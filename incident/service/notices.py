"""Which notice is meant: each wave is a notice of its own, and a position means somebody else in each of them."""

from __future__ import annotations

from incident.core.state import Incident, Notice
from incident.errors import BadInputError, NotFoundError, RefusedError


def the_notice(state: Incident, name: str | None = None) -> Notice:
    """Return the notice of this name ("N2" is enough); without a name, the only one that owes people, or the newest.

    A position belongs to somebody else in every notice, so where several owe people nothing is guessed.
    """
    if not state.notices:
        raise RefusedError("no notice was planned yet")
    if name is not None:
        found = state.notices.get(name) or state.notices.get(f"{state.incident_id}-{name}")
        if found is None:
            raise NotFoundError(f"there is no notice {name}; there are {', '.join(state.notices)}")
        return found
    owing = [notice for notice in state.notices.values() if any(state.owed(notice).values())]
    if len(owing) > 1:
        names = ", ".join(notice.plan.notice_id for notice in owing)
        raise BadInputError(f"several notices owe people letters: {names}; say which", field="notice")
    return owing[0] if owing else next(reversed(state.notices.values()))
