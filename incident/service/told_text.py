"""What one person was told, to the letter: the approved variant, filled with the values that travelled with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.batches import NOBODY
from incident.core.further import by_second_address
from incident.core.placeholders import encoded, fill
from incident.errors import NotFoundError
from incident.service.calls import content_of, recipient
from incident.service.house import House, record, view
from incident.service.notices import the_notice
from incident.service.readings import readings


@dataclass(frozen=True, slots=True)
class ToldText:
    """One letter as it was handed over, or as it will be."""

    position: int
    state: str
    batch: int
    attempt: int
    letter_id: str
    letter_sha256: str
    address: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)


def told_text(
    house: House, incident_id: str, position: int, *, actor: Actor, notice: str | None = None
) -> ToldText:
    """Return the exact letter to one person; holds personal data, so the reading is recorded."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="read a person's letter")
    state = view(house, incident_id)
    told_by = the_notice(state, notice)
    notice_id = told_by.plan.notice_id
    with house.store.reading() as tx:
        rows = tx.people.deliveries(notice_id, positions=[position], limit=1)
        if not rows or rows[0].batch == NOBODY:
            raise NotFoundError(f"no letter is laid out for position {position}")
        (batch,) = tx.batches.rows(notice_id, numbers=[rows[0].batch])
        second = by_second_address(state, told_by)
        found = readings(tx, batch.cohort_id, str(position), second=second)
    if not found:
        raise NotFoundError(
            f"the row at position {position} was erased; what was told is not kept apart from it"
        )
    drafted = told_by.letters[batch.letter_id]
    letter = content_of(house, drafted)
    person = recipient(notice_id, found[0], letter.language)
    read = e.EvidenceRead((), f"the letter to the person at position {position}")
    record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
    pairs = encoded(person.substitutions)
    return ToldText(
        position, rows[0].state, batch.number, batch.attempt, batch.letter_id, drafted.sha256, person.address,
        fill(letter.subject, pairs), fill(letter.text, pairs), fill(letter.html, pairs),
    )  # fmt: skip
