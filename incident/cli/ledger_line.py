"""How the ledger stands, in one line of `tocsin status`; `tocsin ledger status` says more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from incident.cli.base import local
from incident.core.anchors import AnchorFace, AnchorStanding, LedgerGlance, faces
from incident.settings.anchor_names import anchor_names

if TYPE_CHECKING:
    from pathlib import Path

    from incident.service.seeing import Seen

PATIENCE = timedelta(minutes=2)
"""For how long the newest entries may be unsigned before that is said: every entry is signed within a minute."""


@dataclass(frozen=True, slots=True)
class LedgerSeen:
    """The ledger at a glance."""

    stands: LedgerGlance
    anchors: tuple[AnchorFace, ...]
    now: datetime
    unreadable_keys: tuple[str, ...] = ()

    def line(self) -> str:
        """Say it for a person."""
        signed = f"{self.stands.signed} signed, last {local(self.stands.signed_at)}"
        if self.stands.signed_at is None:
            signed = "nothing signed yet"
        keys = "".join(f"\n       A KEY DOES NOT SIGN: {why}" for why in self.unreadable_keys)
        return f"ledger {self.stands.entries} entries, {signed}{self._unsigned()}; {self._anchors()}{keys}"

    def json(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "entries": self.stands.entries,
            "signed": self.stands.signed,
            "signed_at": self.stands.signed_at,
            "anchors": {one.name: one.standing.value for one in self.anchors},
            "unreadable_keys": self.unreadable_keys,
        }

    def _unsigned(self) -> str:
        """Say that entries wait for longer than they may: no watch runs, or a key cannot be read."""
        left, last = self.stands.entries - self.stands.signed, self.stands.signed_at
        if not left or (last is not None and self.now - last <= PATIENCE):
            return ""
        return f", {left} UNSIGNED (`tocsin watch` signs them; else `tocsin keys list` says why not)"

    def _anchors(self) -> str:
        if not self.anchors:
            return "no anchors"
        late = [one.name for one in self.anchors if one.standing is AnchorStanding.OVERDUE]
        fresh = sum(one.standing is AnchorStanding.FRESH for one in self.anchors)
        said = f"anchors {fresh} of {len(self.anchors)} fresh"
        return f"{said}, OVERDUE {', '.join(late)}" if late else said


def ledger_seen(seen: Seen, settings: Path | None) -> LedgerSeen:
    """Look at the ledger and its anchors without opening the house, or asking any anchor."""
    stands, (names, every) = seen.ledger(), anchor_names(settings)
    from incident.bootstrap import unreadable_keys

    seen_faces = faces(stands, names, every=every, now=seen.now)
    return LedgerSeen(stands, seen_faces, seen.now, unreadable_keys(settings))
