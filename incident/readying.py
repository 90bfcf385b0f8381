"""Look at a workspace before any incident: settings, keys, files and the database, turned into checks.

Nothing is written and nobody is asked; whether a key is right shows only in use, so only its presence is said.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from incident.adapters.key_files import key_files, unreadable
from incident.core.readiness import (
    Asked,
    Check,
    Someone,
    Standing,
    of_days,
    of_lives,
    of_people,
    of_policy,
    of_questions,
)
from incident.errors import SettingsError, TocsinError
from incident.settings import secret

if TYPE_CHECKING:
    from incident.core.profile import SnapshotProfile
    from incident.settings.model import Settings
    from incident.settings.systems import Duty

PRIVATE = 0o077  # bits that nobody but the owner may have


def readiness(settings: Path | None) -> tuple[Check, ...]:
    """Return every check, those that need work first within their area."""
    from incident.adapters.clock import SystemClock
    from incident.core.actors import APPROVERS, Role
    from incident.settings.model import load
    from incident.settings.ready import WHY

    known = load(settings)
    people = [
        Someone(h, Role.ON_CALL in p.roles, bool(set(APPROVERS) & set(p.roles)), bool(p.email), bool(p.phone))
        for h, p in known.people.items()
    ]
    asked = [
        Asked(name, q.key, q.ask, q.want, q.otherwise, q.answer)
        for name, system in known.systems.items()
        for q in system.questions
    ]
    days = {name: (getattr(known.ready, name), why) for name, why in WHY.items()}
    return (
        *of_people(people),
        *_of_organization(known),
        *_of_mail(known),
        *_of_storage(known),
        *_of_pulls(known),
        *of_days(days, SystemClock().now().date()),
        *of_questions(asked),
        *of_lives(_snapshots(known), known.promise.hours),
        *of_policy(known.policy.known_typos),
    )


def duties_of(settings: Path | None) -> Mapping[str, Duty]:
    """Return the policy's duties as the settings list them."""
    from incident.settings.model import load

    return load(settings).duties


def _snapshots(known: Settings) -> Mapping[str, Sequence[SnapshotProfile]]:
    from incident.evidence_parts import system_profiles

    return {name: profile.snapshots for name, profile in system_profiles(known).items()}


def _of_organization(known: Settings) -> Iterable[Check]:
    for name in ("phone", "dpo", "postal_address"):
        filled = bool(getattr(known.organization, name))
        said = "is set" if filled else "is empty; filings and letters will say that it is unknown"
        yield Check("organization", name, Standing.OK if filled else Standing.UNKNOWN, said)
    wakes = known.wakes_people()
    said = (
        "somebody is woken up"
        if wakes
        else "nobody is woken up; set TOCSIN_PAGER_URLS, urls_file, or [pager.email]"
    )
    yield Check("organization", "pager", Standing.OK if wakes else Standing.MISSING, said)


def _of_mail(known: Settings) -> Iterable[Check]:
    transport = known.mail.transport
    if transport == "outbox":
        said = "is the outbox: letters are written to a folder and reach nobody; choose sendgrid or smtp"
        yield Check("mail", "transport", Standing.MISSING, said)
        return
    yield Check("mail", "transport", Standing.OK, f"is {transport}")
    if transport == "sendgrid":
        yield _key("mail", "TOCSIN_SENDGRID_KEY", known, known.mail.sendgrid.key_file)
        has_key = bool(known.mail.sendgrid.webhook_public_key)
        said = "is set" if has_key else "is empty: without it delivery stays unknown"
        yield Check("mail", "webhook key", Standing.OK if has_key else Standing.MISSING, said)
        return
    yield Check(
        "mail",
        "delivery",
        Standing.WEAK,
        "SMTP has no signed events: delivery beyond the relay stays unknown",
    )
    if known.mail.smtp.user:
        yield _key("mail", "TOCSIN_SMTP_PASSWORD", known, known.mail.smtp.password_file)


def _key(area: str, variable: str, known: Settings, file: Path | None) -> Check:
    """Say whether a secret is there and, when it is in a file, whether only its owner may read it."""
    path = known.path(file) if file else None
    named = os.environ.get(variable + "_FILE")
    try:
        secret(variable, path)
    except SettingsError as error:
        return Check(area, variable, Standing.MISSING, str(error))
    source = None if os.environ.get(variable) else Path(named) if named else path
    return (
        _private(area, variable, source)
        if source
        else Check(area, variable, Standing.OK, "is in the environment")
    )


def _private(area: str, name: str, path: Path) -> Check:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & PRIVATE:
        return Check(
            area, name, Standing.MISSING, f"others may read {path.name} ({mode:04o}): chmod 600 {path.name}"
        )
    return Check(area, name, Standing.OK, f"{path.name} is there, {mode:04o}")


def _of_storage(known: Settings) -> Iterable[Check]:
    keys = known.path(known.storage.keys)
    wrong, there = unreadable(keys), key_files(keys)
    for why in wrong:
        yield Check("storage", "ledger key", Standing.MISSING, why)
    if len(there) > len(wrong):
        said = f"{', '.join(one.name for one in there)}: {len(there) - len(wrong)} of {len(there)} sign"
        yield Check("storage", "ledger key", Standing.OK, said)
    elif not there:
        yield Check("storage", "ledger key", Standing.MISSING, "is not there; run `tocsin init`")
    yield _database(known)
    vault = known.path(known.storage.vault)
    if vault.exists() and stat.S_IMODE(vault.stat().st_mode) & PRIVATE:
        yield Check(
            "storage", "vault", Standing.MISSING, f"others may look into {vault.name}: chmod 700 {vault.name}"
        )
    if known.drill.enabled:
        yield Check(
            "storage",
            "drill",
            Standing.MISSING,
            "this workspace is for drills; nothing reaches a real person",
        )


def _database(known: Settings) -> Check:
    from incident.adapters.store.migrate import HEAD
    from incident.adapters.store.standing import schema_version

    try:
        found = schema_version(known.database_url())
    except TocsinError as error:
        return Check("storage", "database", Standing.MISSING, str(error))
    if found == HEAD:
        return Check("storage", "database", Standing.OK, f"is at the newest migration, {HEAD}")
    return Check(
        "storage",
        "database",
        Standing.MISSING,
        f"is at migration {found or 'none'}, not {HEAD}; run `tocsin init`",
    )


def _of_pulls(known: Settings) -> Iterable[Check]:
    """Say for each account that can be pulled whether its key is here: convenient, never necessary."""
    from incident.settings.pulls import VARIABLES

    for system, variable in VARIABLES.items():
        given = known.pull.get(system)
        check = _key("pulls", variable, known, given.key_file if given else None)
        if check.standing is Standing.MISSING and "others may" not in check.said:
            said = f"no key for {system}: its exports are taken by hand"
            check = Check("pulls", system, Standing.WEAK, said)
        yield check
