"""Put together what keeps the ledger: its keys, its anchors, what is known outside. A part of `bootstrap`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from incident.adapters.anchors.high_water import FileHighWater
from incident.adapters.anchors.known import HIGH_WATER, Wanted, anchors
from incident.adapters.anchors.outside import Outside
from incident.adapters.keys import FileKeys
from incident.adapters.mail.dialing import dial_anywhere, dial_loopback

if TYPE_CHECKING:
    from incident.core.mailing import Mailer
    from incident.ports import Anchor
    from incident.settings.model import Settings


def ledger_parts(known: Settings, mailer: Mailer) -> dict[str, Any]:
    """Return the parts of a house that keep the ledger: keys, anchors, and what is known outside."""
    keys, made = known.path(known.storage.keys), anchors_of(known, mailer)
    return {
        "keys": FileKeys(keys, known.storage.origin),
        "anchors": made,
        "outside": Outside(FileHighWater(keys / HIGH_WATER), made),
    }


def anchors_of(known: Settings, mailer: Mailer) -> tuple[Anchor, ...]:
    """Return every anchor of the settings; in a drill none of them leaves this machine."""
    section, mail = known.anchors, known.mail
    wanted = Wanted(
        every=timedelta(minutes=section.every_minutes),
        dial=dial_loopback if known.drill.enabled else dial_anywhere,
        witnesses=[(one.url, one.key) for one in section.witnesses],
        timestamps=[(one.url, known.path(one.certificates)) for one in section.timestamps],
        folders=[known.path(folder) for folder in section.folders],
        mail_to=section.mail_to,
        sender=(mail.from_address, mail.from_name, mail.reply_to),
        company=known.organization.name,
    )
    return tuple(anchors(wanted, mailer))
