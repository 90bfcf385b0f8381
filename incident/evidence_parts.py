"""Put together what evidence needs from settings and the world: the systems' profiles, and the live pulls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from incident.settings import secret

if TYPE_CHECKING:
    from incident.core.profile import SystemProfile
    from incident.core.pulling import Pulls
    from incident.settings.model import Settings


def system_profiles(known: Settings) -> Mapping[str, SystemProfile]:
    """Return the systems as the services know them."""
    from incident.core.profile import SnapshotProfile, SystemProfile

    return {
        key: SystemProfile(
            s.name,
            s.vendor,
            s.breach_contact,
            tuple(SnapshotProfile(**each.model_dump()) for each in s.all_snapshots()),
        )
        for key, s in known.systems.items()
    }


def live_pulls(known: Settings) -> Pulls:
    """Return the pulls, opened when they are first asked for."""
    from incident.adapters.pulls.late import LatePulls

    return LatePulls(lambda: _live(known))


def _live(known: Settings) -> Pulls:
    from functools import partial

    from incident.adapters.pulls.opening import Account, LivePulls
    from incident.settings.pulls import HOSTS, VARIABLES, Pull

    accounts = {}
    for system in (*VARIABLES, "firebase_auth"):
        given = known.pull.get(system, Pull())
        key_file = known.path(given.key_file) if given.key_file else None
        key = partial(secret, VARIABLES.get(system, ""), key_file)
        host = given.host or HOSTS.get(system, "")
        accounts[system] = Account(key, host, given.project, given.audiences, key_file)
    spools = known.path(known.storage.vault).with_name("pulls")
    return LivePulls(accounts, spools, drill=known.drill.enabled)
