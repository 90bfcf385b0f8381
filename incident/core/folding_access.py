"""Read the entries about access and emergency approvals into state; joined to the rest by `incident.core.folding`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from incident.core import events as e
from incident.core.state import Incident, Recorded


def _restricted(_event: e.AccessRestricted, s: Incident, _entry: Recorded) -> None:
    s.restricted = True


def _opened(_event: e.AccessOpened, s: Incident, _entry: Recorded) -> None:
    s.restricted = False


def _granted(event: e.AccessGranted, s: Incident, _entry: Recorded) -> None:
    s.granted[event.handle] = event


def _ended(event: e.AccessEnded, s: Incident, _entry: Recorded) -> None:
    s.granted.pop(event.handle, None)


def _forced(event: e.ApprovalForced, s: Incident, entry: Recorded) -> None:
    s.approvals[event.approval_id] = replace(
        s.approvals[event.approval_id],
        approved_by=entry.actor,
        approved_at=entry.occurred_at,
        forced_because=event.reason,
        expires_at=event.expires_at,
    )


def _named(event: e.GenuinePageNamed, s: Incident, _entry: Recorded) -> None:
    s.genuine_code = event.code


ON: tuple[tuple[type[Any], Callable[[Any, Incident, Recorded], None]], ...] = (
    (e.AccessRestricted, _restricted),
    (e.AccessOpened, _opened),
    (e.AccessGranted, _granted),
    (e.AccessEnded, _ended),
    (e.ApprovalForced, _forced),
    (e.GenuinePageNamed, _named),
)
