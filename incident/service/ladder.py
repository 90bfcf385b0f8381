"""Look after those whom mail did not reach: who is on which rung by when, lists to work through, what came of it.

Every reading of contacts is recorded. Files are private, and a cell can never become a formula.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.deliveries import NEEDS_OTHER_CHANNEL, UNSENT
from incident.core.further import by_second_address, present_letter
from incident.core.ladder import Channel, Contacts, Rung, next_rung
from incident.core.letters import letter_from
from incident.core.people import DeliveryRow, PersonRow
from incident.core.placeholders import encoded, fill
from incident.core.send_plan import deadline, plan_inputs
from incident.core.spreadsheet import neutral
from incident.core.state import Incident, Notice
from incident.core.wording import name_or
from incident.errors import RefusedError
from incident.service.house import House, record, view
from incident.service.private_files import write_private
from incident.service.readings import second_address

PAGE = 1000
BACK = ("outcome", "channel", "at", "note")
"""What comes back filled in; `accounting.read_list` reads it, the channel stands there already."""
HEADINGS: Mapping[Channel, tuple[str, ...]] = {
    Channel.PHONE: ("notice", "position", "start_by", "name", "phone", "language", *BACK),
    Channel.SMS: ("notice", "position", "start_by", "phone", "language", "text", *BACK),
    Channel.SECOND_ADDRESS: ("notice", "position", "start_by", "name", "address", "language", *BACK),
    Channel.SUBSTITUTE: ("notice", "position", "start_by", "jurisdiction", "language", *BACK),
}
TEXTS = {
    "en": "{service}: personal data of yours was affected by an incident. Details and help: {where} ({reference})",
    "de": "{service}: Ihre Daten sind von einem Vorfall betroffen. Einzelheiten und Hilfe: {where} ({reference})",
}


@dataclass(frozen=True, slots=True)
class LadderLine:
    """One person by notice and position: how mail failed, what was tried, what is next and by when."""

    notice_id: str
    position: int
    state: str
    reason: str | None
    tried: tuple[str, ...]
    next: str | None
    start_by: datetime | None
    late: bool


def lines(house: House, incident_id: str) -> tuple[LadderLine, ...]:
    """Return everyone whom mail did not reach, those first whose next rung must start first."""
    state = view(house, incident_id)
    now = house.clock.now()
    found = [_line(row, rung, state) for row, _person, rung in _waiting(house, state, now)]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(found, key=lambda line: (line.start_by or far, line.notice_id, line.position)))


def page(
    house: House, state: Incident, *, notice_id: str = "", after: int = -1, limit: int = 50
) -> tuple[LadderLine, ...]:
    """Return one page of them by notice and position, after a position of a notice; nobody beyond it is read."""
    now, ids = house.clock.now(), list(state.notices)
    first = ids.index(notice_id) if notice_id in ids else 0
    waiting = (
        _waiting_of(
            house, state, state.notices[one], now, after=after if one == notice_id else -1, at_once=limit
        )
        for one in ids[first:]
    )
    found = islice(chain.from_iterable(waiting), limit)
    return tuple(_line(row, rung, state) for row, _person, rung in found)


def export(house: House, incident_id: str, *, actor: Actor, channel: Channel, out: Path) -> int:
    """Write the list of one channel, or its letters as a PDF, into a private file; returns how many people."""
    actor.must_be(*RESPONDERS, to="read contacts of people not reached")
    state, now = view(house, incident_id), house.clock.now()
    mine = [
        (row, person, rung)
        for row, person, rung in _waiting(house, state, now)
        if rung and rung.channel is channel
    ]
    if not mine:
        raise RefusedError(f"nobody is on the rung {channel.value.replace('_', ' ')} now")
    content = _letters(house, state, mine) if channel is Channel.LETTER else _table(house, channel, mine)
    digest = hashlib.sha256(content).hexdigest()
    exported = [
        e.DeliveriesExported(notice_id, channel.value, people, digest)
        for notice_id, people in Counter(row.notice_id for row, _person, _rung in mine).items()
    ]
    record(house, incident_id, actor=actor, decide=lambda _s, _now: exported)
    write_private(out, content)
    return len(mine)


def on_rung(house: House, state: Incident, channel: Channel) -> Iterator[tuple[str, str]]:
    """Stream the notice and the letter of everyone whose next rung is this one; no person is looked at by name."""
    for row, _person, rung in _waiting(house, state, house.clock.now()):
        if rung is not None and rung.channel is channel:
            yield row.notice_id, row.letter_id


def contacts_of(person: PersonRow) -> Contacts:
    """Return which ways lead to somebody."""
    return Contacts(second_address(person) is not None, bool(person.phone), bool(person.name))


Waiting = tuple[DeliveryRow, PersonRow, Rung | None]


def _waiting(house: House, state: Incident, now: datetime) -> Iterator[Waiting]:
    """Stream those of every notice whom mail did not reach, or will not: a notice stopped for good sends no more."""
    if not state.notices:
        raise RefusedError("no notice was planned yet")
    for notice in state.notices.values():
        yield from _waiting_of(house, state, notice, now)


def _waiting_of(
    house: House, state: Incident, notice: Notice, now: datetime, *, after: int = -1, at_once: int = PAGE
) -> Iterator[Waiting]:
    leads = plan_inputs(state).channels
    _which, due = deadline(state)
    unsent = UNSENT if notice.halted_because is not None else frozenset()
    wanted = tuple(s.value for s in NEEDS_OTHER_CHANNEL | unsent)
    while True:
        with house.store.reading() as tx:
            rows = tx.people.deliveries(notice.plan.notice_id, states=wanted, after=after, limit=at_once)
            people = [tx.people.person(notice.plan.cohort_id, row.position) for row in rows]
        for row, person in zip(rows, people, strict=True):
            tried = _tried(state, notice, row.position)
            rung = next_rung(contacts_of(person), tried=tried, deadline_at=due, now=now, leads=leads)
            yield row, person, rung
        if len(rows) < at_once:
            return
        after = rows[-1].position


def _tried(state: Incident, notice: Notice, position: int) -> frozenset[str]:
    """Return what was tried in vain; letters to second addresses have tried those."""
    written = {Channel.SECOND_ADDRESS.value} if by_second_address(state, notice) else set()
    return notice.tried.get(position, frozenset()) | written


def _line(row: DeliveryRow, rung: Rung | None, state: Incident) -> LadderLine:
    tried = tuple(sorted(_tried(state, state.notices[row.notice_id], row.position)))
    known = (row.notice_id, row.position, row.state, row.reason, tried)
    if rung is None:
        return LadderLine(*known, None, None, late=False)
    return LadderLine(*known, rung.channel.value, rung.start_by, rung.late)


def _table(house: House, channel: Channel, mine: Sequence[Waiting]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, HEADINGS[channel], extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    for row, person, rung in mine:
        reference = f"{row.notice_id}-{row.position}"
        cells = {
            "notice": row.notice_id,
            "position": str(row.position),
            "start_by": e.instant_text(rung.start_by) if rung and rung.start_by else "",
            "name": person.name or "",
            "phone": person.phone or "",
            "address": second_address(person) or "",
            "language": person.language,
            "jurisdiction": person.jurisdiction,
            "text": _text(house, person, reference),
            "channel": channel.value,
        }
        writer.writerow({name: neutral(cell) for name, cell in cells.items()})
    return out.getvalue().encode("utf-8-sig")


def _text(house: House, person: PersonRow, reference: str) -> str:
    profile = house.profile
    where = profile.website or profile.privacy_contact
    shape = TEXTS.get(person.language, TEXTS["en"])
    return shape.format(service=profile.service, where=where, reference=reference)


def _letters(house: House, state: Incident, mine: Sequence[Waiting]) -> bytes:
    profile, now = house.profile, house.clock.now()
    stored = {}
    letters = []
    for row, person, _rung in mine:
        sha256 = present_letter(state, state.notices[row.notice_id], row.letter_id).sha256
        if sha256 not in stored:
            stored[sha256] = letter_from(house.vault.read(sha256))
        letter = stored[sha256]
        reference = f"{row.notice_id}-{row.position}"
        values = encoded({"name": name_or(person.name, person.language), "reference": reference})
        letters.append(
            {
                "sender": ", ".join(p for p in (profile.name, profile.postal_address) if p),
                "to": person.name or "",
                "at": now,
                "subject": fill(letter.subject, values),
                "text": fill(letter.text, values),
                "reference": reference,
                "drill": state.drill,
            }
        )
    return house.pdf.letters(letters)
