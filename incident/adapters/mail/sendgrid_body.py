"""The body of a v3 mail/send request, as a plain dict, and the settings it travels with.

Field names and limits are those of SendGrid's OpenAPI description of the Mail API. A plain dict costs a
fifteenth of the client's helper classes; and they put personalizations in reverse. What differs from person to person
is in `personalizing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from incident.adapters.mail.personalizing import party, personalizations
from incident.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.core.mailing import Batch

GLOBAL_HOST = "https://api.sendgrid.com"
EU_HOST = "https://api.eu.sendgrid.com"
_OFF = {"enable": False}


@dataclass(frozen=True, slots=True)
class Bypass:
    """Which suppression lists a legally required letter passes by; an explicit, recorded choice.

    An opt-out from marketing or an old spam report must not keep a warning away. Addresses that bounced are
    not tried again on the first pass. `every_list` is break-glass and excludes the others.
    """

    unsubscribes: bool = True
    spam_reports: bool = True
    bounces: bool = False
    every_list: bool = False

    def __post_init__(self) -> None:
        if self.every_list and (self.unsubscribes or self.spam_reports or self.bounces):
            raise SettingsError("mail.sendgrid.bypass: every_list cannot be combined with the others")

    def flags(self) -> dict[str, bool]:
        """Return the flags by their names at SendGrid; those that are off are left out."""
        return {name: True for name, on in self.named().items() if on}

    def named(self) -> dict[str, bool]:
        """Return every choice by its name at SendGrid."""
        return {
            "bypass_unsubscribe_management": self.unsubscribes,
            "bypass_spam_management": self.spam_reports,
            "bypass_bounce_management": self.bounces,
            "bypass_list_management": self.every_list,
        }


@dataclass(frozen=True, slots=True)
class SendGridSettings:
    """How SendGrid is used; `timeout_seconds` holds for connecting and for each read.

    `sandbox` has the provider check requests and send nothing. With `hold_minutes` letters of a group (a batch id from
    v3/mail/batch) are sent so much later, and can be paused and cancelled there until then.
    """

    host: str = GLOBAL_HOST
    timeout_seconds: float = 20.0
    sandbox: bool = False
    bypass: Bypass = Bypass()
    hold_minutes: int = 0

    def recorded(self) -> Mapping[str, str | bool]:
        """Return what is worth recording with an approval: every choice, nothing secret."""
        choices: dict[str, str | bool] = {"host": self.host, "sandbox": self.sandbox, "tracking": False}
        if self.hold_minutes:
            choices["hold_minutes"] = str(self.hold_minutes)
        return MappingProxyType(choices | self.bypass.named())


def body(batch: Batch, settings: SendGridSettings) -> dict[str, Any]:
    """Return the request body as the provider reads it."""
    return dict(orjson.loads(written(batch, settings)))


def written(batch: Batch, settings: SendGridSettings) -> bytes:
    """Write the request body as JSON; the batch must be free of flaws (`mail_limits.flaws`)."""
    parts = personalizations(batch)
    parts[0] = f'{{"personalizations":[{parts[0][1:]}'
    parts[-1] += f"],{orjson.dumps(_message(batch, settings)).decode()[1:]}"
    return "".join(parts).encode()


def _message(batch: Batch, settings: SendGridSettings) -> dict[str, Any]:
    """Return what is the same for everybody."""
    letter = batch.letter
    request: dict[str, Any] = {
        "from": party(letter.from_address, letter.from_name),
        "subject": letter.subject,
        "content": [
            {"type": "text/plain", "value": letter.text},
            {"type": "text/html", "value": letter.html},
        ],
        "headers": {"Auto-Submitted": "auto-generated", **dict(letter.headers)},
        "mail_settings": _mail_settings(settings),
        "tracking_settings": {
            "click_tracking": _OFF | {"enable_text": False},
            "open_tracking": _OFF,
            "subscription_tracking": _OFF,
            "ganalytics": _OFF,
        },
    }
    if letter.reply_to:
        request["reply_to"] = {"email": letter.reply_to}
    if batch.categories:
        request["categories"] = list(batch.categories)
    if letter.group is not None and settings.hold_minutes:
        request["batch_id"] = letter.group
        request["send_at"] = int(batch.intended_at.timestamp()) + settings.hold_minutes * 60
    return request


def _mail_settings(settings: SendGridSettings) -> dict[str, Any]:
    return {
        **{name: {"enable": on} for name, on in settings.bypass.flags().items()},
        "footer": _OFF,
        "sandbox_mode": {"enable": settings.sandbox},
    }
