"""Put the house together: the only file that knows every concrete class.

Nothing heavy is imported before it is needed: `glance` reads a database without an ORM, so that `tocsin status`
starts in a blink.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from incident.settings import find, glance_url, secret

if TYPE_CHECKING:
    from incident.adapters.mail.dialing import Dial
    from incident.core.actors import Actor
    from incident.core.mailing import Mailer
    from incident.core.profile import Profile
    from incident.ports import Clock, FlowStarter, Points, Signals, Store
    from incident.service.asking_law import LawDesk
    from incident.service.house import House
    from incident.service.seeing import Seen
    from incident.settings.model import Settings


@contextmanager
def open_house(settings: Path | None = None) -> Iterator[House]:
    """Open everything the services need; the database is closed at the end.

    SettingsError says what is wrong with tocsin.toml; NotFoundError when `tocsin init` was not run yet.
    """
    from incident.adapters.store.store import SqlStore
    from incident.settings.model import load

    known = load(settings)
    store = SqlStore(known.database_url())
    try:
        yield _house(known, store)
    finally:
        store.close()


def actor(settings: Path | None, handle: str) -> Actor:
    """Return who acts, by handle; NotFoundError for a stranger."""
    from incident.settings.model import load

    return load(settings).actor(handle)


@contextmanager
def glance(settings: Path | None = None) -> Iterator[Seen]:
    """Look at the incidents without opening the house: reads only, imports little."""
    from incident.adapters.clock import DrillClock, SystemClock
    from incident.adapters.store.glance import Glance
    from incident.service.seeing import Seen
    from incident.settings import drill_clock

    clock_file = drill_clock(settings)
    clock: Clock = DrillClock(clock_file) if clock_file else SystemClock()
    yield Seen(Glance(glance_url(settings)), clock.now(), drill=clock_file is not None)


def open_law() -> LawDesk:
    """Return where the law is asked without a house: no settings, no database, the machine's own day."""
    from incident.adapters.clock import SystemClock
    from incident.adapters.holidays import PublicHolidays
    from incident.law.catalogue import Catalogue
    from incident.service.asking_law import LawDesk

    return LawDesk(Catalogue(), PublicHolidays(), SystemClock().now().date())


def signals(settings: Path | None = None) -> Signals:
    """Return the reader of the provider's signed events."""
    from incident.adapters.mail.signals import SendGridSignals
    from incident.settings.model import load

    return SendGridSignals([load(settings).mail.sendgrid.webhook_public_key])


def run_flow(incident_id: str, settings: Path | None) -> tuple[str, str] | None:
    """Run the flow of an incident here, shown on the Prefect server; None when no server is named or answers."""
    from incident.adapters.clock import SystemClock
    from incident.adapters.prefect_starter import PrefectStarter

    api_url = os.environ.get("PREFECT_API_URL")
    if not api_url:
        return None
    os.environ["TOCSIN_SETTINGS"] = str(find(settings))
    starter = PrefectStarter(api_url, clock=SystemClock())
    return starter.run_here(incident_id) if starter.answers() else None


def _house(known: Settings, store: Store) -> House:
    from incident.adapters.holidays import PublicHolidays
    from incident.adapters.ids import RandomIds
    from incident.adapters.pdf import ReportLabPdf
    from incident.adapters.processes import LocalProcesses
    from incident.adapters.render import JinjaRenderer
    from incident.adapters.systems.known import SystemReaders
    from incident.adapters.vault import DirectoryVault
    from incident.adapters.workshop.local import LocalWorkshops
    from incident.evidence_parts import live_pulls
    from incident.law.catalogue import Catalogue
    from incident.ledger_parts import ledger_parts
    from incident.mail_parts import mail_parts
    from incident.service.house import House
    from incident.waking import heartbeat_of, pager_of

    clock = _clock(known)
    mailer, options = _mailer(known)
    return House(
        profile=_profile(known, options),
        store=store,
        vault=DirectoryVault(known.path(known.storage.vault)),
        clock=clock,
        ids=RandomIds(),
        **ledger_parts(known, mailer),
        **mail_parts(known),
        mailer=mailer,
        renderer=JinjaRenderer(),
        pdf=ReportLabPdf(),
        pager=pager_of(known, clock),
        heartbeat=heartbeat_of(known),
        law=Catalogue(),
        holidays=PublicHolidays(),
        readers=SystemReaders(known.records.mapping(), known.records.stripe_uid_keys),
        points=_points(),
        processes=LocalProcesses(),
        starter=_starter(clock),
        pulls=live_pulls(known),
        workshops=LocalWorkshops(known.path(known.storage.vault).with_name("scratch")),
    )


def _clock(known: Settings) -> Clock:
    from incident.adapters.clock import DrillClock, SystemClock

    return DrillClock(known.path(known.drill.clock)) if known.drill.enabled else SystemClock()


def _mailer(known: Settings) -> tuple[Mailer, Mapping[str, str]]:
    """Return the transport and every choice about it that an approval binds; a drill cannot leave loopback."""
    from incident.adapters.mail.dialing import dial_anywhere
    from incident.adapters.mail.drill import DrillMailer
    from incident.adapters.mail.late import LateMailer
    from incident.mail_parts import drills_in_sandbox, sendgrid_settings

    def make() -> Mailer:
        if known.drill.enabled:
            return DrillMailer(lambda dial: _transport(known, dial), sandbox=drills_in_sandbox(known))
        return _transport(known, dial_anywhere)

    recorded: Mapping[str, object] = {}
    match known.mail.transport:
        case "outbox":
            pass
        case "sendgrid":
            recorded = sendgrid_settings(known).recorded()
        case "smtp":
            recorded = {"host": known.mail.smtp.host, "start_tls": known.mail.smtp.start_tls}
    return LateMailer(make), {name: str(value) for name, value in recorded.items()}


def _transport(known: Settings, dial: Dial) -> Mailer:
    match known.mail.transport:
        case "outbox":
            from incident.adapters.mail.outbox import OutboxMailer

            return OutboxMailer(known.path(known.mail.outbox))
        case "sendgrid":
            from incident.mail_parts import sendgrid_mailer

            return sendgrid_mailer(known, dial)
        case "smtp":
            return _smtp(known, dial)


def _smtp(known: Settings, dial: Dial) -> Mailer:
    from incident.adapters.mail.secrecy import SealedText
    from incident.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings

    section = known.mail.smtp
    password_file = known.path(section.password_file) if section.password_file else None
    password = SealedText(secret("TOCSIN_SMTP_PASSWORD", password_file)) if section.user else None
    security = Security.STARTTLS if section.start_tls else Security.NONE
    options = SmtpSettings(section.host, section.port, security, section.user, password)
    return SmtpMailer(options, dial=dial)


def _points() -> Points:
    from incident.adapters.points import KillPoints, NoPoints

    where = os.environ.get("TOCSIN_KILL_AT")
    return KillPoints(where) if where else NoPoints()


def _starter(clock: Clock) -> FlowStarter | None:
    from incident.adapters.prefect_starter import PrefectStarter

    api_url = os.environ.get("PREFECT_API_URL")
    return PrefectStarter(api_url, clock=clock) if api_url else None


def _profile(known: Settings, options: Mapping[str, str]) -> Profile:
    from incident.core.pacing import Limits
    from incident.core.profile import Profile
    from incident.evidence_parts import system_profiles
    from incident.waking import ahead_of

    o = known.organization
    return Profile(
        name=o.name,
        registered=o.registered,
        service=o.service,
        privacy_contact=o.privacy_contact,
        phone=o.phone,
        postal_address=o.postal_address,
        website=o.website,
        dpo=o.dpo,
        role=o.role,
        establishments=o.establishments,
        lead_authority=o.lead_authority,
        sectors=o.sectors,
        markets=o.markets,
        complaint_route=o.complaint_route,
        time_zone=o.time_zone,
        promise_hours=known.promise.hours,
        from_address=known.mail.from_address,
        from_name=known.mail.from_name,
        reply_to=known.mail.reply_to,
        batch_people=known.mail.batch_people,
        lease_seconds=known.storage.lease_seconds,
        origin=known.storage.origin,
        drill=known.drill.enabled,
        staff_addresses=frozenset(p.email.lower() for p in known.people.values()),
        systems=system_profiles(known),
        send_options=options,
        languages=known.mail.languages,
        genuine_url=known.public.genuine_url,
        pace=Limits(known.mail.people_per_second, known.mail.requests_per_second),
        **ahead_of(known),
    )


def unreadable_keys(path: Path | None = None) -> tuple[str, ...]:
    """Say of each key file that cannot be read what is wrong with it, without opening the house."""
    from incident.adapters.key_files import unreadable
    from incident.settings.anchor_names import keys_folder

    return unreadable(keys_folder(path))
