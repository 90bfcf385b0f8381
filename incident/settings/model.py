"""Typed settings: `tocsin.toml` beside the data.

Paths in the file are relative to it. Unknown keys are refused with their name. What is missing for a real
incident is not an error of the file: `missing` lists it, and `tocsin init` shows it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from incident.core.actors import Actor, Role
from incident.errors import NotFoundError, SettingsError
from incident.settings import FILE_NAME, database_url, find, read_toml
from incident.settings.anchors import Anchors
from incident.settings.console import ConsoleSettings
from incident.settings.mailing import BypassSection, HoldMinutes, LookupSection, SharingSection
from incident.settings.public import Public
from incident.settings.pulls import Pull
from incident.settings.ready import Ready
from incident.settings.sign_on import SignOn
from incident.settings.systems import Duty, Policy, System, split
from incident.settings.watching import (
    Canary,
    ChannelLead,
    ChannelName,
    Contract,
    Pager,
    Plan,
    UncertainSection,
    Watch,
)

Handle = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Organization(_Section):
    """Who answers for the data."""

    name: str
    registered: str
    service: str
    privacy_contact: str
    phone: str = ""
    postal_address: str = ""
    website: str = ""
    dpo: str = ""
    role: Literal["controller", "processor"] = "controller"
    establishments: tuple[str, ...] = ()
    lead_authority: str | None = None
    sectors: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    complaint_route: str = ""
    time_zone: str = "UTC"


class Promise(_Section):
    """What was promised to customers."""

    hours: int = Field(default=48, gt=0)


class Person(_Section):
    """Somebody who may act, by handle."""

    name: str
    email: str
    phone: str = ""
    roles: tuple[Role, ...]
    outside: bool = False


class SendGrid(_Section):
    """Twilio SendGrid; the key comes from TOCSIN_SENDGRID_KEY or `key_file`."""

    host: str = "https://api.sendgrid.com"
    key_file: Path | None = None
    sandbox: bool = False
    webhook_public_key: str = ""
    timeout_seconds: float = Field(default=20.0, gt=0)
    hold_minutes: HoldMinutes = 0
    bypass: BypassSection = BypassSection()


class Smtp(_Section):
    """A second provider; the password comes from TOCSIN_SMTP_PASSWORD or `password_file`."""

    host: str = "127.0.0.1"
    port: int = 587
    user: str = ""
    password_file: Path | None = None
    start_tls: bool = True


class Mail(_Section):
    """How letters leave the house."""

    transport: Literal["outbox", "sendgrid", "smtp"] = "outbox"
    from_address: str
    from_name: str
    reply_to: str
    batch_people: int = Field(default=500, ge=1, le=1000)
    people_per_second: float | None = Field(default=None, gt=0)
    requests_per_second: float | None = Field(default=None, gt=0)
    languages: dict[str, str] = Field(default_factory=dict)
    outbox: Path = Path("outbox")
    canary: Canary = Canary()
    uncertain: UncertainSection = UncertainSection()
    lookup: LookupSection = LookupSection()
    sharing: SharingSection = SharingSection()
    sendgrid: SendGrid = SendGrid()
    smtp: Smtp = Smtp()


class Drill(_Section):
    """A workspace for drills: everything in it is marked, nothing leaves loopback."""

    enabled: bool = False
    clock: Path = Path("drill-clock.json")
    sandbox: bool = False


class Storage(_Section):
    """Where things are kept."""

    database: str = "sqlite:///tocsin.db"
    vault: Path = Path("vault")
    keys: Path = Path("keys")
    output: Path = Path("out")
    origin: str = "tocsin.invalid/log"
    lease_seconds: int = Field(default=120, ge=1)


class Records(_Section):
    """The company's own records of who made what: names of fields, what each means, in which store it lies.

    `stripe_uid_keys` are the keys of Stripe's metadata under which the application puts its user id.
    """

    system: str = "google_cloud"
    uid: str = "uid"
    created_at: str = "created_at"
    prediction_id: str = "prediction_id"
    categories: dict[str, str] | None = None
    stores: dict[str, str] | None = None
    stripe_uid_keys: tuple[str, ...] = ("firebase_uid",)

    def mapping(self) -> dict[str, Any]:
        """Return what is set, as the reader of the records takes it."""
        return self.model_dump(exclude_none=True, exclude={"stripe_uid_keys"})


class Settings(_Section):
    """Everything in tocsin.toml."""

    root: Path = Field(default=Path(), exclude=True)
    organization: Organization
    promise: Promise = Promise()
    people: dict[Handle, Person]
    mail: Mail
    storage: Storage = Storage()
    drill: Drill = Drill()
    records: Records = Records()
    pager: Pager = Pager()
    anchors: Anchors = Anchors()
    plan: Plan = Plan()
    watch: Watch = Watch()
    channels: dict[ChannelName, ChannelLead] = Field(default_factory=dict)
    contracts: dict[Handle, Contract] = Field(default_factory=dict)
    console: ConsoleSettings = ConsoleSettings()
    public: Public = Public()
    sign_on: SignOn = SignOn()
    systems_file: Path | None = None
    pull: dict[str, Pull] = Field(default_factory=dict)
    systems: dict[str, System] = Field(default_factory=dict)
    duties: dict[str, Duty] = Field(default_factory=dict)
    policy: Policy = Policy()
    ready: Ready = Ready()

    @model_validator(mode="after")
    def _no_typing_error_is_used(self) -> Self:
        """Refuse an address that is known to be a typing error of the published policy."""
        typos = {typo.lower() for typo in self.policy.known_typos}
        used = {
            "organization.privacy_contact": self.organization.privacy_contact,
            "mail.from_address": self.mail.from_address,
            "mail.reply_to": self.mail.reply_to,
            **{f"people.{handle}.email": person.email for handle, person in self.people.items()},
        }
        wrong = [key for key, address in used.items() if address.lower() in typos]
        if wrong:
            raise ValueError(
                f"{wrong[0]} is an address that the policy has wrong (policy.known_typos); use the right one"
            )
        return self

    def path(self, relative: Path) -> Path:
        """Return a path of the file as one from here."""
        return relative if relative.is_absolute() else self.root / relative

    def database_url(self) -> str:
        """Return the database URL, SQLite paths taken from the settings' folder; TOCSIN_DATABASE wins."""
        return database_url(os.environ.get("TOCSIN_DATABASE") or self.storage.database, self.root)

    def actor(self, handle: str) -> Actor:
        """Return who acts; a stranger is refused."""
        person = self.people.get(handle)
        if person is None:
            known = ", ".join(sorted(self.people))
            raise NotFoundError(f"nobody is called {handle!r} in {FILE_NAME}; known: {known}")
        return Actor(handle, frozenset(person.roles))

    def wakes_people(self) -> bool:
        """Whether pages go anywhere but to a file that nobody may look at."""
        pager = self.pager
        named = any(os.environ.get(v) for v in ("TOCSIN_PAGER_URLS", "TOCSIN_PAGER_URLS_FILE"))
        return named or pager.urls_file is not None or pager.email is not None

    def addresses(self, tier: str) -> tuple[str, ...]:
        """Return whom a page of this tier is mailed to: on-call, the officers too, or everybody."""
        reached = {"on_call": {Role.ON_CALL}, "officer": {Role.ON_CALL, Role.OFFICER}}.get(tier, set(Role))
        return tuple(p.email for p in self.people.values() if reached & set(p.roles))

    def missing(self) -> tuple[str, ...]:
        """Say what a real incident would need and this file does not have."""
        items = []
        approvers = [
            h for h, p in self.people.items() if {Role.APPROVER, Role.OFFICER, Role.COUNSEL} & set(p.roles)
        ]
        on_call = [h for h, p in self.people.items() if Role.ON_CALL in p.roles]
        if not on_call:
            items.append("people: nobody is on call")
        if not approvers:
            items.append("people: nobody may approve; four eyes need a second person")
        if set(on_call) == set(approvers) and len(on_call) == 1:
            items.append("people: the only approver is the only one on call")
        if self.mail.transport == "outbox":
            items.append("mail.transport is 'outbox': letters are written here and reach nobody")
        if self.mail.transport == "sendgrid" and not self.mail.sendgrid.webhook_public_key:
            items.append("mail.sendgrid.webhook_public_key: without it delivery stays unknown")
        if not self.organization.phone:
            items.append("organization.phone: regulators and customers ask for one")
        if not self.organization.dpo:
            items.append("organization.dpo: unknown; filings will say so")
        if not self.anchors.names():
            items.append(
                "anchors: no checkpoint leaves this machine; an insider could rewrite the ledger unseen"
            )
        return (*items, *self._missing_ahead())

    def _missing_ahead(self) -> Iterator[str]:
        """Say what plan and watch would need."""
        if not self.mail.canary.seeds:
            yield "mail.canary.seeds: nobody of yours sees a letter before customers do"
        if not self.wakes_people():
            yield "pager: nobody is woken up; set TOCSIN_PAGER_URLS, urls_file, or [pager.email]"


def load(path: Path | None = None) -> Settings:
    """Read and check the settings; SettingsError names the key."""
    file = find(path)
    data = read_toml(file)
    named = data.get("systems_file")
    if isinstance(named, str) and "systems" not in data:
        data |= split(read_toml(file.parent / named))
    try:
        return Settings.model_validate({**data, "root": file.parent})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{file.name}, key {key}: {first['msg']}") from error
