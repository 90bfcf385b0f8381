"""Put together what wakes people up and what shows that the watch is alive; a part of `bootstrap` with its own page.

A drill is quiet: its pages go to the file alone, and its heartbeat pings nobody.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from incident.adapters.clock import SystemClock
from incident.adapters.heartbeat import Heartbeat, alive
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.paging.channels import Channel, Pager
from incident.adapters.paging.file import FileChannel
from incident.core.paging import TIERS
from incident.mail_parts import held_minutes, lookup_terms
from incident.settings import secret

if TYPE_CHECKING:
    from incident.adapters.paging.mail import MailChannel
    from incident.ports import Clock
    from incident.settings.model import Settings

PAGER_URLS, HEARTBEAT_URL, PAGER_PASSWORD = (
    "TOCSIN_PAGER_URLS",
    "TOCSIN_HEARTBEAT_URL",
    "TOCSIN_PAGER_SMTP_PASSWORD",
)


def pager_of(known: Settings, clock: Clock) -> Pager:
    """Return the pager with every channel that is set."""
    channels: list[Channel] = []
    section = known.pager
    if not known.drill.enabled:
        if section.urls_file is not None or _named(PAGER_URLS):
            from incident.adapters.paging.apprise_urls import AppriseChannel

            file = known.path(section.urls_file) if section.urls_file else None
            channels.append(AppriseChannel(SealedText(secret(PAGER_URLS, file))))
        if section.email is not None:
            channels.append(_mail(known))
    if section.file is not None:
        channels.append(FileChannel(known.path(section.file), clock))
    return Pager(channels)


def ahead_of(known: Settings) -> dict[str, Any]:
    """Return what the profile says about plan, watch, pages and contracts."""
    from incident.settings.watching import contract_of, limits, plan_inputs

    return {
        "planning": plan_inputs(
            known.plan,
            known.channels,
            paced=known.mail.people_per_second,
            canary_minutes=known.mail.canary.terms().minutes,
            hold_minutes=held_minutes(known),
        ),
        "canary": known.mail.canary.terms(),
        "uncertain": known.mail.uncertain.terms(),
        "lookup": lookup_terms(known),
        "sharing": known.mail.sharing.terms(),
        "watching": limits(known.watch, known.plan),
        "paging": known.pager.policy(),
        "contracts": tuple(contract_of(key, each) for key, each in known.contracts.items()),
    }


def heartbeat_of(known: Settings) -> Heartbeat:
    """Return where the watch leaves its sign of life."""
    pings = not known.drill.enabled and _named(HEARTBEAT_URL)
    url = SealedText(secret(HEARTBEAT_URL, None)) if pings else None
    return Heartbeat(known.path(known.watch.heartbeat), url)


def watch_is_alive(settings: Path | None, most_seconds: int | None) -> str | None:
    """Return why the watch is not known to be alive, or None; reads the heartbeat, not the database."""
    from incident.settings.model import load

    known = load(settings)
    most = timedelta(seconds=most_seconds or known.watch.stale_seconds)
    return alive(known.path(known.watch.heartbeat), SystemClock().real_now(), most)


def _mail(known: Settings) -> MailChannel:
    from incident.adapters.paging.mail import MailChannel, PageRelay

    section = known.pager.email
    if section is None:
        raise ValueError("asked for a mail channel that is not set")
    password_file = known.path(section.password_file) if section.password_file else None
    password = SealedText(secret(PAGER_PASSWORD, password_file)) if section.user else None
    relay = PageRelay(
        section.host, section.port, section.from_address, section.start_tls, section.user, password
    )
    return MailChannel(relay, {tier: known.addresses(tier) for tier in TIERS})


def _named(variable: str) -> bool:
    return any(os.environ.get(name) for name in (variable, variable + "_FILE"))
