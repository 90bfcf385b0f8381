"""Lay the approved letters out in batches: one letter a batch, the most endangered people first.

People whom mail cannot reach are set apart at once, so that another channel can start early.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.decide import notice as decide
from incident.core.mail_limits import flaw_of_address
from incident.core.people import DeliveryRow, PersonRow
from incident.core.state import Incident
from incident.errors import RefusedError
from incident.ports import Transaction
from incident.service.cohorts import people_to_tell
from incident.service.house import House, record, view
from incident.service.letters import Key, letter_of, send_sha256

NO_BATCH = -1


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which letter and which batch each person gets: batches of one letter stand together."""

    notice_id: str
    letters: Mapping[Key, str]
    regimes: Mapping[str, str]
    people_by_letter: Mapping[str, int]
    apart: int
    size: int

    @property
    def batches(self) -> int:
        """The number of batches."""
        return sum(-(-people // self.size) for people in self.people_by_letter.values())

    @property
    def tally(self) -> dict[str, int]:
        """The delivery states that the notice starts with."""
        return {"planned": sum(self.people_by_letter.values()), "no_address": self.apart}

    def rows(self, people: Iterator[PersonRow], at: datetime) -> Iterator[DeliveryRow]:
        """Stream one delivery for each person."""
        first, batches = {}, 0
        for letter_id, number in self.people_by_letter.items():
            first[letter_id] = batches
            batches += -(-number // self.size)
        seen: Counter[str] = Counter()
        for person in people:
            letter_id = letter_of(person, self.letters, self.regimes)
            problem = address_problem(person)
            if problem is not None:
                yield DeliveryRow(
                    self.notice_id, person.position, NO_BATCH, letter_id, "no_address", problem, at
                )
                continue
            batch = first[letter_id] + seen[letter_id] // self.size
            seen[letter_id] += 1
            yield DeliveryRow(self.notice_id, person.position, batch, letter_id, "planned", None, at)


def plan(house: House, incident_id: str) -> str:
    """Lay out the notice that was approved, once; says how many people mail can reach."""
    state = view(house, incident_id)
    cohort = state.cohort
    if cohort is None:
        raise RefusedError("there is no cohort to send to")
    if _voided(house, state):
        return "the way in which letters are sent has changed; a second person approves anew"
    layout, now = _layout(house, state, cohort), house.clock.now()
    planned: list[e.Event] = []

    def decide_plan(present: Incident, _now: datetime) -> Sequence[e.Event]:
        planned.extend(
            decide.plan_notice(
                present,
                notice_id=layout.notice_id,
                settles_on=house.mailer.settles_on,
                batches=layout.batches,
                tally=layout.tally,
            )
        )
        return planned

    def also(tx: Transaction) -> None:
        if planned:
            tx.people.plan_deliveries(layout.rows(people_to_tell(house, cohort), now))

    record(house, incident_id, actor=TOCSIN, decide=decide_plan, also=also)
    return f"{layout.batches} batches for {layout.tally['planned']} people; {layout.apart} have no usable address"


def _voided(house: House, state: Incident) -> bool:
    send = send_sha256(house)
    if not decide.void_if_sent_otherwise(state, send_sha256=send):
        return False
    record(
        house,
        state.incident_id,
        actor=TOCSIN,
        decide=lambda present, _now: decide.void_if_sent_otherwise(present, send_sha256=send),
    )
    return True


def address_problem(person: PersonRow) -> str | None:
    """Return why mail cannot reach this person, or None."""
    return "no e-mail address is known" if person.email is None else flaw_of_address(person.email)


def _layout(house: House, state: Incident, cohort: e.CohortFrozen) -> _Layout:
    letters = {(d.regime, d.language, d.exposure): d.letter_id for d in state.letters.values()}
    regimes = house.law.letter_regimes()
    by_letter: Counter[str] = Counter()
    apart = 0
    for person in people_to_tell(house, cohort):
        if address_problem(person) is None:
            by_letter[letter_of(person, letters, regimes)] += 1
        else:
            apart += 1
    notice_id = f"{state.incident_id}-N{len(state.notices) + 1}"
    return _Layout(notice_id, letters, regimes, by_letter, apart, house.profile.batch_people)
