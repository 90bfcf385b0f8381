"""Settings of how the mail provider is used beyond sending: where doubts are looked up."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from incident.core.holding import LEAST_MINUTES
from incident.core.lookup import LookupTerms
from incident.core.sharing import SharingTerms
from incident.settings.watching import Section, Waiting

Where = Literal["email_logs", "email_activity", "off"]
PER_MINUTE: dict[Where, int] = {"email_logs": 60, "email_activity": 6}
"""Questions a minute where the settings do not say: the feed allows six, for the logs no number is published."""


class BypassSection(Section):
    """Which suppression lists at SendGrid a letter that the law requires passes by; recorded with each approval."""

    unsubscribes: bool = True
    spam_reports: bool = True
    bounces: bool = False
    every_list: bool = False

    @model_validator(mode="after")
    def _break_glass_stands_alone(self) -> Self:
        if self.every_list and (self.unsubscribes or self.spam_reports or self.bounces):
            raise ValueError("every_list cannot be combined with the others; set them to false")
        return self


def _of_use(minutes: int) -> int:
    if 0 < minutes < LEAST_MINUTES:
        raise ValueError(f"0, or at least {LEAST_MINUTES}: SendGrid heeds nobody in the last ten minutes")
    return minutes


HoldMinutes = Annotated[int, Field(ge=0, le=24 * 60), AfterValidator(_of_use)]


class SharingSection(Section):
    """How many workers send one incident's letters side by side, under one pace."""

    runs: int = Field(default=1, ge=1, le=64)
    least_batches: int = Field(default=50, ge=1)

    def terms(self) -> SharingTerms:
        """Return the terms as the core reads them."""
        return SharingTerms(self.runs, self.least_batches)


class LookupSection(Section):
    """Where batches in doubt are looked up at SendGrid, when, and when a miss counts."""

    where: Where = "email_logs"
    first_minutes: Waiting = 2
    longest_minutes: Waiting = 60
    lag_minutes: Waiting = 30
    sentinels: int = Field(default=3, ge=2, le=20)
    requests_per_minute: int | None = Field(default=None, ge=1, le=600)

    def terms(self, provider: str, *, held_minutes: int = 0) -> LookupTerms | None:
        """Return the terms for what was sent by `provider`; None when it is off.

        A letter that the provider holds may not stand in its record before it is sent: the lag begins then.
        """
        if self.where == "off":
            return None
        # In the logs each recipient is looked up, and a letter of each; the feed is asked once.
        each = 2 * self.sentinels if self.where == "email_logs" else 1
        return LookupTerms(
            provider,
            first=timedelta(minutes=self.first_minutes),
            longest=timedelta(minutes=self.longest_minutes),
            lag=timedelta(minutes=self.lag_minutes + held_minutes),
            sentinels=self.sentinels,
            requests_per_minute=self.requests_per_minute or PER_MINUTE[self.where],
            requests_for_each=each,
        )
