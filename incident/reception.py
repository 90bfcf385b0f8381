"""Put the console together: the house, the desk where people sign in, and who is who in the settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from logging import Logger, getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from incident.bootstrap import open_house
from incident.core.actors import Actor
from incident.core.sign_on import Provider, WhoIsWho
from incident.service.genuine_lookup import Codes
from incident.service.house import House
from incident.service.lookout import Lookout
from incident.service.signing_in import Desk
from incident.service.tokens import Machines
from incident.settings.console import ConsoleSettings

if TYPE_CHECKING:
    from incident.settings.model import Settings

CODES_KEY = "console.secret"
"""Not `*.key`: every file of that name beside it signs the ledger, and one that cannot stops the signing."""
WEBHOOKS_KEY = "webhooks.secret"


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody in the settings."""

    actor: Actor
    name: str
    outside: bool


@dataclass(frozen=True, slots=True)
class SignOn:
    """Single sign-on, where the settings name a provider."""

    issuer: str
    provider: Provider
    who: WhoIsWho


def sign_on_of(settings: Path | None = None) -> SignOn | None:
    """Return the provider of the settings, or None; nothing is asked of it yet."""
    from incident.adapters.clock import SystemClock
    from incident.adapters.openid import OpenIdProvider
    from incident.settings import secret
    from incident.settings.model import load

    known = load(settings)
    mine = known.sign_on
    if not mine.issuer:
        return None
    key = secret("TOCSIN_SIGN_ON_SECRET", known.path(mine.secret_file) if mine.secret_file else None)
    provider = OpenIdProvider(mine.issuer, mine.client_id, key, now=SystemClock().real_now)
    who = WhoIsWho(mine.claim, mine.handles, mine.trust_second_factor, mine.second_factors)
    return SignOn(mine.issuer, provider, who)


@contextmanager
def open_machines(settings: Path | None = None) -> Iterator[Machines]:
    """Open what programs need: tokens, webhooks."""
    from incident.adapters.clock import SystemClock
    from incident.adapters.posting import post
    from incident.adapters.sealing import FileSeals
    from incident.adapters.store.integrations import SqlIntegrations
    from incident.settings.model import load

    known = load(settings)
    store = SqlIntegrations(known.database_url())
    try:
        seals = FileSeals(known.path(known.storage.keys) / WEBHOOKS_KEY)
        yield Machines(store, seals, post, SystemClock().real_now)
    finally:
        store.close()


@dataclass(frozen=True, slots=True)
class Reception:
    """Everything a page may ask for."""

    house: House
    desk: Desk
    lookout: Lookout
    codes: Codes
    machines: Machines
    sign_on: SignOn | None
    staff: Mapping[str, Staff]
    settings: ConsoleSettings
    spool: Path
    log: Logger = getLogger("tocsin.console")  # noqa: RUF009 - one logger, by name


@contextmanager
def open_desk(settings: Path | None = None) -> Iterator[Desk]:
    """Open the desk alone, for `tocsin user`."""
    import hashlib

    from incident.adapters.clock import SystemClock
    from incident.adapters.credentials import ArgonPasswords, SealedCodes
    from incident.adapters.store.accounts import SqlAccounts
    from incident.settings.model import load

    known = load(settings)
    accounts = SqlAccounts(known.database_url())
    memory = known.console.password_memory_kib
    passwords = ArgonPasswords(memory_kib=memory) if memory else ArgonPasswords()
    pepper = hashlib.sha256(known.storage.origin.encode()).digest()
    try:
        yield Desk(
            accounts,
            passwords,
            SealedCodes(known.path(known.storage.keys) / CODES_KEY),
            SystemClock().real_now,
            pepper,
            passwords.hash("a decoy that nobody's password is"),
            partial(_words, known),
        )
    finally:
        accounts.close()


def _words(known: Settings, handle: str) -> tuple[str, ...]:
    """Return what names somebody, the company and its product."""
    person, company = known.people.get(handle), known.organization
    return ("tocsin", company.name, company.service, *((person.name, person.email) if person else ()))


def staff_of(settings: Path | None = None) -> Mapping[str, Staff]:
    """Return everybody in the settings, by handle."""
    from incident.settings.model import load

    people = load(settings).people
    return {h: Staff(Actor(h, frozenset(p.roles)), p.name, p.outside) for h, p in people.items()}


@contextmanager
def open_reception(settings: Path | None = None) -> Iterator[Reception]:
    """Open everything for as long as the console runs."""
    from incident.settings.model import load

    known = load(settings)
    with (
        open_house(settings) as house,
        open_desk(settings) as desk,
        open_machines(settings) as machines,
    ):
        yield Reception(
            house,
            desk,
            Lookout(house),
            Codes(house),
            machines,
            sign_on_of(settings),
            staff_of(settings),
            known.console,
            known.path(known.storage.output) / "spool",
        )


def tell_webhooks(house: House, settings: Path | None = None) -> tuple[str, ...]:
    """Post what is new and what is due again to other systems; says what was not taken."""
    from incident.service.webhooks import tell

    outside = {handle: one.outside for handle, one in staff_of(settings).items()}
    with open_machines(settings) as machines:
        return tell(house, machines, outside)
