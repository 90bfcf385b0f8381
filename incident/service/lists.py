"""Lists of the people of a cohort for those who may see them: who one person is, an extract, exports for counsel.

Every look is recorded. Rows are streamed; a list is written for its owner alone.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.documents import canonical
from incident.core.people import PersonRow
from incident.core.said import Said, say
from incident.core.scoping.identity import normal_email
from incident.core.scoping.telling import why_record
from incident.core.spreadsheet import neutral
from incident.core.state import Incident
from incident.errors import BadInputError, NotFoundError
from incident.service.access import read_people
from incident.service.cohorts import people
from incident.service.house import House, view

PSEUDONYM = "p-"
PLAIN = ("cohort", "position", "person", "told", "change", "certainty", "jurisdiction", "residence_source",
         "residence_confidence", "categories", "exposure", "reasons", "staff", "cards")  # fmt: skip
_ERASED = b'{"residence":{"source":"erased","confidence":null},"staff":false,"exposures":[],"exclusions":[]}'
NAMED = ("email", "name", "phone", "language")
_CARD_NUMBERS = "card_numbers"
"""The last four digits, in the order of `cards`; only with names."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people a list holds; empty is everyone. `named` adds names and addresses."""

    jurisdictions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    certainties: tuple[str, ...] = ()
    named: bool = False

    def holds(self, row: PersonRow) -> bool:
        """Whether a person belongs on the list; a country stands for its parts."""
        places = {row.jurisdiction, row.jurisdiction.partition("-")[0]}
        return (
            (not self.jurisdictions or not places.isdisjoint(self.jurisdictions))
            and (not self.categories or not set(row.categories).isdisjoint(self.categories))
            and (not self.certainties or row.certainty in self.certainties)
        )


def person_of(house: House, state: Incident, who: str) -> tuple[e.CohortFrozen, PersonRow]:
    """Find one person by position in the present cohort, by pseudonym, or by an address; newest wave first."""
    if state.cohort is None:
        raise NotFoundError("no cohort is frozen")
    if who.isdecimal():
        if int(who) >= state.cohort.people:
            raise NotFoundError(f"the cohort has nobody at position {who}")
        with house.store.reading() as tx:
            return state.cohort, tx.people.person(state.cohort.cohort_id, int(who))
    by_name = {"pseudonym": who} if who.startswith(PSEUDONYM) else None
    asked: dict[str, Any] = by_name or {"holding": _mark(who)}
    for cohort in reversed(state.waves):
        with house.store.reading() as tx:
            row = tx.people.sought(cohort.cohort_id, **asked)
        if row is not None:
            return cohort, row
    raise NotFoundError("no cohort of this incident lists that person")


def why(
    house: House, incident_id: str, who: str, *, actor: Actor, known: Incident | None = None
) -> tuple[Said, ...]:
    """Say why somebody is told or excluded, with evidence lines; the reading is recorded."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="read why somebody is on the list")
    state = known or view(house, incident_id)
    cohort, row = person_of(house, state, who)
    purpose = f"why the person at position {row.position} of {cohort.cohort_id} is on the list"
    read_people(house, incident_id, actor=actor, purpose=purpose, known=state)
    if not row.record:
        raise NotFoundError(f"what was held of the person at position {row.position} is erased")
    told = row.position < cohort.told
    first = say(
        "why.place",
        "position {position} of {cohort}, {told}",
        position=str(row.position),
        cohort=cohort.cohort_id,
        told=say("why.told", "told") if told else say("why.untold", "not told by this wave"),
    )
    return (first, *why_record(row.record))


def extract(house: House, incident_id: str, who: str, *, actor: Actor) -> dict[str, Any]:
    """Return everything that is said of one person, in every wave, for their own eyes."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="give somebody what is said of them")
    state = view(house, incident_id)
    cohort, row = person_of(house, state, who)
    read_people(
        house, incident_id, actor=actor, purpose=f"extract for position {row.position} of {cohort.cohort_id}"
    )
    waves = []
    for each in state.waves:
        found = row if each is cohort else _same(house, each, row.pseudonym)
        if found is not None and found.record:
            told = found.position < each.told
            waves.append({"cohort": each.cohort_id, "told": told, "record": json.loads(found.record),
                          "in_words": why_record(found.record)})  # fmt: skip
    return {"incident": incident_id, "person": row.pseudonym, "waves": waves}


def export(house: House, incident_id: str, out: Path, *, actor: Actor, wanted: Wanted, as_json: bool) -> int:
    """Write a list for counsel, CSV or JSON, and return how many people it holds."""
    actor.must_be(*RESPONDERS, Role.COUNSEL, Role.OFFICER, to="export the list of people")
    state = view(house, incident_id)
    if state.cohort is None:
        raise NotFoundError("no cohort is frozen")
    kind = "with names" if wanted.named else "without names"
    read_people(house, incident_id, actor=actor, purpose=f"export of cohort {state.cohort.cohort_id}, {kind}")
    chosen = (row for row in people(house, state.cohort.cohort_id) if wanted.holds(row))
    listed = (_listed(row, state.cohort, named=wanted.named) for row in chosen)
    with private_file(out) as stream:
        return _write_json(stream, listed) if as_json else _write_csv(stream, listed, named=wanted.named)


def _listed(row: PersonRow, cohort: e.CohortFrozen, *, named: bool) -> dict[str, Any]:
    said = json.loads(row.record or _ERASED)
    held = {
        "cohort": cohort.cohort_id, "position": row.position, "person": row.pseudonym,
        "told": row.position < cohort.told, "change": said.get("change", ""), "certainty": row.certainty,
        "jurisdiction": row.jurisdiction, "residence_source": said["residence"]["source"],
        "residence_confidence": said["residence"]["confidence"], "categories": list(row.categories),
        "exposure": row.exposure, "staff": said["staff"],
        "reasons": sorted({each["reason"] for each in (*said["exposures"], *said["exclusions"])}),
    }  # fmt: skip
    cards = said.get("cards", [])
    held["cards"] = [_card(card) for card in cards]
    if not named:
        return held
    return (
        held
        | {name: getattr(row, name) for name in NAMED}
        | {_CARD_NUMBERS: [card["last4"] for card in cards]}
    )


def _card(card: dict[str, Any]) -> str:
    said = (card["brand"], card["country"], card["expires"], "expired" if card["expired"] else "")
    return " ".join(word for word in said if word)


def _write_csv(stream: TextIO, listed: Iterator[dict[str, Any]], *, named: bool) -> int:
    columns = (*PLAIN, *((*NAMED, _CARD_NUMBERS) if named else ()))
    out, count = csv.writer(stream), 0
    out.writerow(columns)
    for row in listed:
        out.writerow([neutral(row[name]) for name in columns])
        count += 1
    return count


def _write_json(stream: TextIO, listed: Iterator[dict[str, Any]]) -> int:
    count = 0
    stream.write("[")
    for row in listed:
        stream.write((",\n" if count else "\n") + canonical(row).decode())
        count += 1
    stream.write("\n]\n")
    return count


def private_file(path: Path) -> TextIO:
    """Open a new file for its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise BadInputError(f"cannot be written: {error.strerror}", source=path.name) from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _mark(address: str) -> bytes:
    email = normal_email(address)
    if email is None:
        raise BadInputError("is neither a position, a pseudonym nor an e-mail address", field="person")
    return b'["email",' + canonical(email) + b","


def _same(house: House, cohort: e.CohortFrozen, pseudonym: str) -> PersonRow | None:
    with house.store.reading() as tx:
        return tx.people.sought(cohort.cohort_id, pseudonym=pseudonym)
