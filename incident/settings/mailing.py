"""Settings of how the mail provider is used beyond sending: where doubts are looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from incident.core.lookup import LookupTerms
from incident.settings.watching import Section, Waiting

Where = Literal["email_logs", "email_activity", "off"]
PER_MINUTE: dict[Where, int] = {"email_logs": 60, "email_activity": 6}
"""Questions a minute where the settings do not say: the feed allows six, for the logs no number is published."""


class LookupSection(Section):
    """Where batches in doubt are looked up at SendGrid, when, and when a miss counts."""

    where: Where = "email_logs"
    first_minutes: Waiting = 2
    longest_minutes: Waiting = 60
    lag_minutes: Waiting = 30
    sentinels: int = Field(default=3, ge=2, le=20)
    requests_per_minute: int | None = Field(default=None, ge=1, le=600)

    def terms(self, provider: str) -> LookupTerms | None:
        """Return the terms for what was sent by `provider`; None when it is off."""
        if self.where == "off":
            return None
        # In the logs each recipient is looked up, and a letter of each; the feed is asked once.
        each = 2 * self.sentinels if self.where == "email_logs" else 1
        return LookupTerms(
            provider,
            first=timedelta(minutes=self.first_minutes),
            longest=timedelta(minutes=self.longest_minutes),
            lag=timedelta(minutes=self.lag_minutes),
            sentinels=self.sentinels,
            requests_per_minute=self.requests_per_minute or PER_MINUTE[self.where],
            requests_for_each=each,
        )
