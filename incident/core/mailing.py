"""What is handed to a mail transport and what comes back, as plain values, with the port that carries them.

A batch is up to a thousand letters of one variant. An outcome says honestly what is known about a batch:
taken, certainly not taken, or in doubt. Whether to try again, and when, is decided elsewhere; so are the
checks of a batch (`mail_limits`) and the filling of placeholders (`placeholders`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Protocol, overload

from incident.core.quiet_text import odd_places
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Recipient(NamedTuple):
    """One person a letter goes to; `substitutions` are raw values by bare placeholder name, unescaped."""

    delivery_id: str
    address: str
    name: str | None = None
    substitutions: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Recipient({self.delivery_id!r})"


class Recipients(Sequence[Recipient]):
    """Many people with values for the same placeholders, kept column by column, in order."""

    __slots__ = ("_odd", "addresses", "ids", "names", "values")

    def __init__(
        self,
        ids: Sequence[str],
        addresses: Sequence[str],
        names: Sequence[str | None],
        values: Mapping[str, Sequence[str]],
    ) -> None:
        if any(len(column) != len(ids) for column in (addresses, names, *values.values())):
            raise BadInputError("everybody needs an id, an address and every value", field="recipients")
        self.ids, self.addresses, self.names, self.values = ids, addresses, names, values
        self._odd: Sequence[int] | None = None

    @classmethod
    def of(cls, recipients: Sequence[Recipient]) -> Recipients | None:
        """Return people in columns; None when they have values for different placeholders."""
        if isinstance(recipients, cls):
            return recipients
        listed = tuple(recipients[0].substitutions) if recipients else ()
        if any(tuple(one.substitutions) != listed for one in recipients):
            return None
        values = {name: [one.substitutions[name] for one in recipients] for name in listed}
        ids, addresses = [one.delivery_id for one in recipients], [one.address for one in recipients]
        return cls(ids, addresses, [one.name for one in recipients], values)

    def columns(self) -> list[Sequence[str]]:
        """Return names and values, each column once, wherever it stands."""
        names: Sequence[str] = self.names if all(self.names) else [name or "" for name in self.names]  # type: ignore[assignment]
        return list({id(column): column for column in (names, *self.values.values())}.values())

    @property
    def odd(self) -> Sequence[int]:
        """Return the places of those of whom something is not written everywhere as it is; looked for once."""
        if self._odd is None:
            columns = {id(column): column for column in (self.ids, self.addresses, *self.columns())}
            self._odd = odd_places(list(columns.values()))
        return self._odd

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, place: int) -> Recipient: ...
    @overload
    def __getitem__(self, place: slice) -> list[Recipient]: ...
    def __getitem__(self, place: int | slice) -> Recipient | list[Recipient]:
        """Return one person, or several."""
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        values = {name: column[place] for name, column in self.values.items()}
        return Recipient(self.ids[place], self.addresses[place], self.names[place], values)

    def __repr__(self) -> str:
        """Name nobody."""
        return f"Recipients({len(self)} people)"


@dataclass(frozen=True, slots=True)
class LetterContent:
    """One approved variant, rendered once; `placeholders` are the bare names that it declares.

    `headers` are extra message headers (name, value); the transports set all the usual ones. `group` is the provider's
    name for the letters of a notice, where it holds them for a while (`core.holding`).
    """

    subject: str
    text: str
    html: str
    from_address: str
    from_name: str
    reply_to: str
    language: str
    placeholders: frozenset[str] = frozenset()
    headers: tuple[tuple[str, str], ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters of one variant to be handed over in one go; `intended_at` is when the intent was recorded."""

    notice_id: str
    number: int
    attempt: int
    letter: LetterContent
    recipients: Sequence[Recipient]
    intended_at: datetime
    categories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.intended_at.tzinfo is None:
            raise BadInputError("an instant needs a time zone", field="intended_at")

    @property
    def attempt_id(self) -> str:
        """Return `notice.batch.attempt`, the only name of this call that travels with it."""
        return f"{self.notice_id}.{self.number}.{self.attempt}"


def parse_attempt_id(text: str) -> tuple[str, int, int] | None:
    """Return notice, batch and attempt of an attempt id; None when it is not one."""
    notice_id, _, rest = text.partition(".")
    number, _, attempt = rest.partition(".")
    short = len(text) <= 100  # noqa: PLR2004 - ours are far shorter
    if short and notice_id and all(p.isascii() and p.isdecimal() for p in (number, attempt)):
        return notice_id, int(number), int(attempt)
    return None


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What the provider's headers said about its rate; None where it said nothing."""

    limit: int | None
    remaining: int | None
    reset_at: datetime | None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The transport took responsibility. Accepted is not delivered. `at` is the provider's time, if told."""

    message_id: str | None
    at: datetime | None = None
    rate: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Certainly not taken, and trying the same again will not help.

    `indexes` are the recipients to blame, by place in the batch; None when it is the whole or unknown.
    """

    reason: str
    indexes: tuple[int, ...] | None = None
    rate: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Certainly not taken, and worth trying again; after so many seconds, if the provider said."""

    reason: str
    retry_after_seconds: float | None = None
    rate: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Certainly not taken, and nothing else will be until a person changes something: key, account, host."""

    reason: str
    rate: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Split:
    """Certainly not taken: too large; send it in smaller batches."""

    reason: str
    rate: RateLimit | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Taken or not, nobody here knows; never to be sent again before that is resolved."""

    reason: str
    rate: RateLimit | None = None


Single = Accepted | Refused | NotSent | Stop | Split | Uncertain


@dataclass(frozen=True, slots=True)
class Mixed:
    """A transport that hands letters over one by one: one outcome for each recipient, in order."""

    each: tuple[Single, ...]


Outcome = Single | Mixed


def per_recipient(batch: Batch, outcome: Outcome) -> tuple[Single, ...]:
    """Return what is known about each recipient, in the batch's order.

    When some recipients are to blame for a refusal, the others were not taken either: they are NotSent.
    """
    match outcome:
        case Mixed(each):
            return each
        case Refused(reason, tuple() as blamed):
            held = NotSent("held back: others in the batch were refused")
            culprits = set(blamed)
            return tuple(Refused(reason) if i in culprits else held for i in range(len(batch.recipients)))
        case Accepted() | Refused() | NotSent() | Stop() | Split() | Uncertain():
            return (outcome,) * len(batch.recipients)


def gathered(each: tuple[Single, ...]) -> Outcome:
    """Return one outcome when all recipients share it, else the mixture."""
    return each[0] if each and len(set(each)) == 1 else Mixed(each)


class Mailer(Protocol):
    """Hands letters to people, or to something that stands for them."""

    @property
    def name(self) -> str:
        """Return the transport's name, as recorded with what it sent."""
        ...

    @property
    def reaches_people(self) -> bool:
        """Return whether anything handed over may arrive in somebody's mailbox."""
        ...

    @property
    def settles_on(self) -> str:
        """Return what counts as told on this transport: "delivered", "accepted" or "accounted"."""
        ...

    @property
    def idempotent(self) -> bool:
        """Return whether the same delivery may be handed over twice, so that a doubt ends by doing it."""
        ...

    @property
    def at_once(self) -> int:
        """Return how many calls may be under way together."""
        ...

    def send(self, batch: Batch) -> Outcome:
        """Hand the batch over; never raises for what a provider, a network or a recipient's data may do."""
        ...
