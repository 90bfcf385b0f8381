"""One call to a provider, made ready: its people read, and checked against what was laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from incident.core import events as e
from incident.core import spans
from incident.core.batches import Positions, Reading, Readings, people_sha256
from incident.core.further import by_second_address
from incident.core.letters import letter_from
from incident.core.mailing import Batch, LetterContent, Recipient, Recipients
from incident.core.people import BatchRow
from incident.core.state import Incident
from incident.core.wording import name_or
from incident.errors import TamperError
from incident.ports import Transaction
from incident.service.house import House
from incident.service.readings import readings_of

PLACEHOLDERS = frozenset({"name", "reference"})


@dataclass(frozen=True, slots=True)
class Call:
    """What is handed over for one batch, and to whom: `readings` are those of `batch.recipients`, in order."""

    row: BatchRow
    batch: Batch
    readings: Sequence[Reading] = field(repr=False)
    whole: bool = False
    """Whether these are all whom the batch was laid out for, so that its row says who they are."""

    @property
    def positions(self) -> Sequence[int]:
        """Return who is in the call."""
        return _columns(self.readings)[0]

    def intended(self, letter: e.LetterDrafted, *, provider: str, run: str) -> e.BatchIntended:
        """Return what is recorded before the call."""
        people, row = len(self.readings), self.row
        return e.BatchIntended(
            self.row.notice_id,
            self.row.number,
            self.batch.attempt,
            self.row.letter_id,
            row.positions if self.whole else spans.written(self.positions),
            letter.sha256,
            {"planned>intent": people},
            people,
            row.people_sha256 if self.whole else people_sha256(self.readings, row.salt),
            provider,
            run,
        )

    def dated(self, at: datetime) -> Call:
        """Return the call as intended at an instant."""
        return replace(self, batch=replace(self.batch, intended_at=at))

    def digest(self, positions: Sequence[int]) -> str:
        """Hash what some of the people are told with."""
        wanted = set(positions)
        return people_sha256((r for r in self.readings if r.position in wanted), self.row.salt)


@dataclass(frozen=True, slots=True)
class NoticeLetter:
    """A letter of a notice as it is handed over, and whether it goes to second addresses."""

    content: LetterContent
    second: bool


def content_in(house: House, state: Incident, notice_id: str, letter_id: str) -> NoticeLetter:
    """Return a letter of a notice, with the provider's name for the notice where it has one."""
    notice = state.notices[notice_id]
    content = replace(content_of(house, notice.letters[letter_id]), group=notice.group or None)
    return NoticeLetter(content, by_second_address(state, notice))


def content_of(house: House, letter: e.LetterDrafted) -> LetterContent:
    """Return the approved letter as it is handed to a transport, its hash checked on reading."""
    stored = letter_from(house.vault.read(letter.sha256))
    return LetterContent(
        subject=stored.subject,
        text=stored.text,
        html=stored.html,
        from_address=house.profile.from_address,
        from_name=house.profile.from_name,
        reply_to=house.profile.reply_to,
        language=letter.language,
        placeholders=PLACEHOLDERS,
    )


@dataclass(frozen=True, slots=True)
class ToBeReady:
    """A batch that is to be made ready: its people as they are read, and which of them differ from it."""

    row: BatchRow
    letter: NoticeLetter
    everyone: Sequence[Reading] = field(repr=False)
    apart: Mapping[int, str]


def read_people(
    tx: Transaction, rows: Sequence[BatchRow], letters: Sequence[NoticeLetter]
) -> Sequence[ToBeReady]:
    """Read the people of batches of one notice, all at once."""
    if not rows:
        return []
    listed = [row.positions for row in rows]
    people = readings_of(tx, rows[0].cohort_id, listed, second=letters[0].second)
    apart = tx.people.apart(rows[0].notice_id, [row.number for row in rows])
    return [
        ToBeReady(row, letter, everyone, apart.get(row.number, {}))
        for row, letter, everyone in zip(rows, letters, people, strict=True)
    ]


def make_ready(tx: Transaction, one: ToBeReady, *, incident_id: str, at: datetime) -> Call | None:
    """Make the call to those of a batch who are still to be told by it; None when nobody is left.

    TamperError when a row is not what it was when the batch was laid out: nothing leaves then.
    """
    row, everyone, apart = one.row, one.everyone, one.apart
    if people_sha256(everyone, row.salt) != row.people_sha256:
        raise TamperError(
            f"a name or an address in batch {row.number} of {row.notice_id} is not the one that was approved; "
            "nothing of it was sent"
        )
    people = [r for r in everyone if r.position not in apart] if apart else everyone
    if row.people < len(everyone):
        holders = tx.batches.holders(row.notice_id, [r.position for r in people])
        people = [r for r in people if holders.get(r.position) == row.number]
    if not people:
        return None
    content = one.letter.content
    recipients = _recipients(row.notice_id, people, content.language)
    batch = Batch(
        row.notice_id, row.number, row.attempt + 1, content, recipients, at, ("tocsin", incident_id)
    )
    return Call(row, batch, people, whole=len(people) == len(everyone))


def _recipients(notice_id: str, people: Sequence[Reading], language: str) -> Recipients:
    """Return people as handed to a transport, the word for those without a name looked up once."""
    nobody = name_or(None, language)
    positions, addresses, names = _columns(people)
    written = positions.texts if isinstance(positions, Positions) else positions
    ids = [f"{notice_id}-{position}" for position in written]
    called = [(name or "").strip() or nobody for name in names]
    if called == names:
        names = called  # one column, which is looked at once
    return Recipients(ids, addresses, names, {"name": called, "reference": ids})


def _columns(people: Sequence[Reading]) -> tuple[Sequence[int], Sequence[str], Sequence[str | None]]:
    if isinstance(people, Readings):
        return people.positions, people.emails, people.names
    positions, addresses, names, _languages = zip(*people, strict=True)
    return positions, addresses, names


def recipient(notice_id: str, reading: Reading, language: str) -> Recipient:
    """Return one person as handed to a transport."""
    return _recipients(notice_id, [reading], language)[0]
