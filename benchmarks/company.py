"""A fictional company of any size, the same for the same seed: who its people are and what they hold where.

People are numbered. What is special about a person follows from the number, so that what a scoping must find can
be said without looking at the exports. Nobody here exists; addresses are of reserved domains and networks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

START = datetime(2026, 3, 10, 2, 10, tzinfo=UTC)
END = datetime(2026, 3, 10, 4, 40, tzinfo=UTC)
TAKEN_AT = datetime(2026, 3, 10, 5, 20, tzinfo=UTC)
ATTACKER = "203.0.113.66"
STOLEN = "batch-exporter@imajinn-demo.iam.gserviceaccount.com"
COUNTRIES = ("PL", "DE", "FR", "US", "GB", "PT", "IT", "CA", "ES", "NL", "SE", "CH")
STATES = ("CA", "TX", "NY", "WA", "IL", "MA")
FIRST = (
    "Anna",
    "Bruno",
    "Chloé",
    "David",
    "Emi",
    "Farid",
    "Grete",
    "Hannah",
    "Isabel",
    "Jack",
    "Kavya",
    "Łukasz",
)
LAST = (
    "Kowalska",
    "Ferreira",
    "Dubois",
    "Novák",
    "Tanaka",
    "Haddad",
    "Müller",
    "Schmidt",
    "García",
    "Wilson",
    "Rao",
)
PLANS = {"read": 0, "partly": 10, "denied": 20, "late": 30, "object": 40, "masked": 45}
"""What the attacker did, by the last of each fifty people: image fetched, fetched partly, refused, fetched after the
window, object read in storage, fetched as a line shows that hides the last part of the address. Everybody else was left
alone."""
EVERY = 50
STAFF = 20


@dataclass(frozen=True, slots=True)
class Member:
    """One person with an account."""

    number: int
    uid: str
    email: str | None
    name: str
    country: str
    created: datetime
    phone: str | None

    @property
    def plan(self) -> str | None:
        """What the attacker did with this person's data."""
        return next((name for name, rest in PLANS.items() if self.number % EVERY == rest), None)

    @property
    def is_late(self) -> bool:
        """Whether the account was made after the window, and so is nobody's exposure."""
        return self.number % 101 == 1


@dataclass(frozen=True, slots=True)
class Company:
    """A company with so many accounts."""

    accounts: int
    seed: int = 1

    def digest(self, kind: str, number: int) -> str:
        """Return 64 hexadecimal digits that only the seed, the kind and the number decide."""
        return hashlib.sha256(f"{self.seed}:{kind}:{number}".encode()).hexdigest()

    def member(self, number: int) -> Member:
        """Return one person with an account."""
        shares = number % 1000 == 4  # the mailbox of the neighbor, as couples and small shops do
        phone_only = number % 97 == 0
        country = COUNTRIES[number % len(COUNTRIES)]
        day = (
            datetime(2026, 3, 11, tzinfo=UTC)
            if number % 101 == 1
            else datetime(2024, 1, 1 + number % 28, tzinfo=UTC)
        )
        return Member(
            number, self.digest("uid", number)[:28], None if phone_only else self.email(number - shares),
            f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]} {number}", country, day,
            f"+4930{number:07d}" if phone_only else None,
        )  # fmt: skip

    def email(self, number: int) -> str:
        """Return the address of a person with an account."""
        return f"{self.digest('mail', number)[:6]}.{number}@example.{'org' if number % 3 else 'com'}"

    def is_customer(self, number: int) -> bool:
        """Whether a person pays."""
        return number % 3 == 0

    @property
    def erased(self) -> int:
        """How many people were erased and are kept in payments only, for up to ten years."""
        return self.accounts // 200

    @property
    def readers(self) -> int:
        """How many people only get the newsletter."""
        return self.accounts // 20

    @property
    def askers(self) -> int:
        """How many people only wrote to support."""
        return self.accounts // 50

    @property
    def conversations(self) -> int:
        """How many conversations support had; each copies one person and names another, known from nowhere else."""
        return self.accounts // 100

    @property
    def mails(self) -> int:
        """How many mails lie in the support mailbox; each copies one person known from nowhere else."""
        return self.accounts // 100


@dataclass(frozen=True, slots=True)
class Expected:
    """What a scoping of the CDN and the storage by access, and of all accounts as possible, must find."""

    people: int
    by_certainty: dict[str, int]
    confirmed: frozenset[str]
    masked: frozenset[str]


def expected(company: Company) -> Expected:
    """Work the answer out from the numbers alone."""
    confirmed, masked, possible, excluded = set(), set(), 0, 0
    for number in range(company.accounts):
        member = company.member(number)
        if member.plan in {"read", "partly", "object"}:
            confirmed.add(member.uid)
        elif member.is_late:
            excluded += 1
        else:
            possible += 1
            if member.plan == "masked":
                masked.add(member.uid)
    excluded += company.erased + company.readers + company.askers + STAFF + _plus(company) + _shared(company)
    excluded += (
        2 * company.conversations + company.mails + (company.mails > 0)
    )  # and the support mailbox itself
    return Expected(
        len(confirmed) + possible + excluded,
        {"confirmed": len(confirmed), "excluded": excluded, "possible": possible},
        frozenset(confirmed),
        frozenset(masked),
    )


def _shared(company: Company) -> int:
    """Count newsletter records of mailboxes that two accounts share: whose they are cannot be said."""
    pairs = ((company.member(n), company.member(n - 1)) for n in range(4, company.accounts, 1000))
    return sum(bool(one.email and other.email) for one, other in pairs)


def _plus(company: Company) -> int:
    """Count newsletter addresses with a plus part: perhaps the same person, and never joined silently."""
    return len(range(7, company.accounts, 500))
