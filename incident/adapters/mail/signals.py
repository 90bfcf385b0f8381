"""SendGrid's signed event webhook as `ports.Signals`: verify the raw bytes, then say what was reported."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import zip_longest

import orjson

from incident.adapters.mail.webhook import EventVerifier, ProviderEvent, Rejected
from incident.core.signals import Report, Reported

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"


class SendGridSignals:
    """Reads requests that the provider signed with one of the account's keys."""

    def __init__(self, public_keys: Sequence[str]) -> None:
        self._verifier = EventVerifier(public_keys)

    def read(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Report:
        """Return the events of a genuine request; a request that is not believed says why."""
        digest = hashlib.sha256(raw).hexdigest()
        verified = self._verifier.verify(
            raw, signature=headers.get(SIGNATURE), timestamp=headers.get(TIMESTAMP), now=now
        )
        if isinstance(verified, Rejected):
            return Report((), digest, verified.reason)
        parts = [part for part in orjson.loads(raw) if isinstance(part, dict)]
        pairs = zip_longest(verified.events, parts)
        return Report(tuple(_reported(event, part, now) for event, part in pairs), digest)


def _reported(event: ProviderEvent, part: Mapping[str, object], now: datetime) -> Reported:
    return Reported(
        event_id=event.event_id,
        delivery_id=event.delivery_id,
        signal=event.kind,
        happened_at=event.at or now,
        reason=event.reason,
        raw=orjson.dumps(part, option=orjson.OPT_SORT_KEYS),
        message_id=event.message_id,
        address=event.address,
    )
