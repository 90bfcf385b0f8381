"""Put together what talks to SendGrid: the transport, the look-up of doubts; a part of `bootstrap` on its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from incident.settings import secret

if TYPE_CHECKING:
    from incident.adapters.mail.dialing import Dial
    from incident.adapters.mail.secrecy import SealedText
    from incident.adapters.mail.sendgrid_body import SendGridSettings
    from incident.core.holding import Holder
    from incident.core.lookup import Lookup, LookupTerms
    from incident.core.mailing import Mailer
    from incident.settings.model import Settings


def sendgrid_settings(known: Settings) -> SendGridSettings:
    """Return how SendGrid is used; TOCSIN_SENDGRID_HOST wins over the file."""
    from incident.adapters.mail.sendgrid_body import Bypass, SendGridSettings

    section = known.mail.sendgrid
    return SendGridSettings(
        host=os.environ.get("TOCSIN_SENDGRID_HOST") or section.host,
        timeout_seconds=section.timeout_seconds,
        sandbox=in_sandbox(known),
        bypass=Bypass(**section.bypass.model_dump()),
        hold_minutes=section.hold_minutes,
    )


def in_sandbox(known: Settings) -> bool:
    """Whether SendGrid is to check letters and send none: always so where a drill may reach it."""
    return known.mail.sendgrid.sandbox or drills_in_sandbox(known)


def drills_in_sandbox(known: Settings) -> bool:
    """Whether a drill's letters go to SendGrid itself, in its sandbox mode."""
    return known.drill.enabled and known.drill.sandbox and known.mail.transport == "sendgrid"


def held_minutes(known: Settings) -> int:
    """Return how long SendGrid holds each letter before it sends it."""
    holds = known.mail.transport == "sendgrid" and not in_sandbox(known)
    return known.mail.sendgrid.hold_minutes if holds else 0


def sendgrid_mailer(known: Settings, dial: Dial) -> Mailer:
    """Return the transport; SettingsError when there is no key."""
    from incident.adapters.mail.sendgrid import SendGridMailer

    return SendGridMailer(sendgrid_settings(known), _key(known), dial=dial)


def lookup_terms(known: Settings) -> LookupTerms | None:
    """Return when doubts about what SendGrid was handed are looked up; None when they are not.

    Also after another transport was chosen: what was sent with SendGrid is settled with SendGrid.
    """
    section = known.mail.sendgrid
    keyed = known.mail.transport == "sendgrid" or section.key_file is not None or _key_named()
    if not keyed or in_sandbox(known):
        return None
    return known.mail.lookup.terms(_name(known), held_minutes=section.hold_minutes)


def mail_parts(known: Settings) -> dict[str, Any]:
    """Return what the house has of a provider beside its transport."""
    return {"lookup": lookup_of(known), "holder": holder_of(known)}


def holder_of(known: Settings) -> Holder | None:
    """Return who has letters held at SendGrid; None where they are sent at once."""
    minutes = held_minutes(known)
    if not minutes:
        return None
    from incident.adapters.mail.dialing import dial_anywhere, dial_loopback
    from incident.adapters.mail.sendgrid_client import SendGridClient
    from incident.adapters.mail.sendgrid_holding import SendGridHolder

    dial = dial_loopback if known.drill.enabled else dial_anywhere

    def make() -> SendGridClient:
        return SendGridClient(sendgrid_settings(known), _key(known), dial=dial)

    return SendGridHolder(_name(known), minutes, make)


def lookup_of(known: Settings) -> Lookup | None:
    """Return where doubts are looked up; built at the first question: a missing key stops nothing else."""
    if lookup_terms(known) is None:
        return None
    from incident.adapters.mail.dialing import dial_anywhere, dial_loopback
    from incident.adapters.mail.late import LateLookup
    from incident.adapters.mail.sendgrid_lookup import EmailActivity, EmailLogs

    dial = dial_loopback if known.drill.enabled else dial_anywhere
    kind = EmailActivity if known.mail.lookup.where == "email_activity" else EmailLogs
    return LateLookup(kind.name, lambda: kind(sendgrid_settings(known), _key(known), dial=dial))


def _name(known: Settings) -> str:
    return "drill:sendgrid" if known.drill.enabled else "sendgrid"


def _key_named() -> bool:
    return any(os.environ.get(name) for name in ("TOCSIN_SENDGRID_KEY", "TOCSIN_SENDGRID_KEY_FILE"))


def _key(known: Settings) -> SealedText:
    from incident.adapters.mail.secrecy import SealedText

    section = known.mail.sendgrid
    return SealedText(
        secret("TOCSIN_SENDGRID_KEY", known.path(section.key_file) if section.key_file else None)
    )
