"""The story of the demo: who does what and when, in the incident's own hours. Values only, no doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

ON_CALL, OFFICER = "ada", "grace"
TITLE = "Stolen service account read user uploads"
AWARE_BECAUSE = "the attacker's address was found reading our storage in the audit log"
BOUNCES = "farid.haddad@example.org"


def at(text: str) -> datetime:
    """Read an instant of the story, in UTC."""
    return datetime.fromisoformat(f"2026-03-{text}:00+00:00")


DETECTED_AT = at("10T04:44")
AWARE_AT = at("10T05:00")
OPENED_AT = at("10T05:06")
TAKEN_AT = at("10T05:20")
FROZEN_AT = at("10T05:40")
ASSESSED_AT = at("10T06:25")
SCOPED_AT = at("10T07:30")
URGENT_AT = at("10T08:05")
APPROVED_AT = at("10T09:10")
CALLED_AT = at("10T13:30")
FILED_AT = at("11T10:15")
STEPS_AT = at("11T15:00")
REVIEWED_AT = at("12T09:30")


@dataclass(frozen=True, slots=True)
class Step:
    """Something agreed with customers."""

    step: str
    text: str
    due_on: date | None


NEXT_STEPS = (
    Step(
        "end_user_notice",
        "We offered a notice that customers can pass on to people shown in their images.",
        None,
    ),
    Step(
        "patch",
        "We ended all sessions, replaced the stolen key and asked customers to set a new password.",
        None,
    ),
    Step("prevention", "We told customers how to make shared links private.", date(2026, 3, 20)),
)
ACTION_ITEMS = (
    (
        "Switch on Data Access logs for Firebase Authentication, so that reading accounts is logged.",
        date(2026, 3, 20),
    ),
    ("Keys of service accounts expire after seven days.", date(2026, 4, 10)),
    ("Every staff account signs in with a second factor.", date(2026, 3, 17)),
)
ACCEPTED = {
    "could not be read": "the same account is whole in the JSON export of the same moment, and was read there",
    "of mailbox": "the one message that was opened is from a customer who is told in any case",
    "of drive": "the owner opened the file: it lists customers who all have an account and are told through it",
    "of accounts": "every account that existed is told as possible, whatever this list returned",
}
"""Why what scoping could not settle does not stand in the way, by a part of what it said."""


def accepted_because(gap: str) -> str:
    """Return the reason with which on-call accepts a gap of this story; StopIteration for one it does not know."""
    return next(reason for part, reason in ACCEPTED.items() if part in gap)
