"""Account for many people at once, from a list that came back: all of it is right, or nothing is recorded."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from incident.core.actors import Actor
from incident.core.decide import notice as decide
from incident.core.decide import otherwise
from incident.core.deliveries import DeliveryState
from incident.core.events import Event
from incident.core.ladder import BY_HAND
from incident.core.state import Incident
from incident.errors import BadInputError
from incident.ports import Transaction
from incident.service.house import House, load, write
from incident.service.notices import the_notice

NOTICE = "notice"
"""The column that says which notice a position is of; needed once several owe people letters."""
COLUMNS = ("position", "outcome", "channel", "at", "note")
OUTCOMES = ("told", "tried", "not_reachable")
MOST_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """What a person says became of people at some positions."""

    outcome: str
    channel: str
    happened_at: datetime
    note: str


Place = tuple[str | None, int]
"""A notice, if the list names one, and a position in it."""
Accounts = Mapping[Place, tuple[int | None, Account]]
TARGETS = {
    "told": DeliveryState.TOLD_OTHERWISE,
    "tried": DeliveryState.OTHER_CHANNEL_PLANNED,
    "not_reachable": DeliveryState.NOT_REACHABLE,
}


def account(house: House, incident_id: str, *, actor: Actor, accounts: Accounts) -> Incident:
    """Record what became of people, given by place with the row of the list that says so, in one transaction."""
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        by_notice: defaultdict[str, dict[int, tuple[int | None, Account]]] = defaultdict(dict)
        ids = {name: the_notice(state, name).plan.notice_id for name in {name for name, _p in accounts}}
        for (name, position), said in accounts.items():
            if position in by_notice[ids[name]]:
                raise BadInputError("stands in the list twice", field="position", row=said[0])
            by_notice[ids[name]][position] = said
        for notice_id, some in by_notice.items():
            _account_in(house, tx, state, notice_id, actor, some)
    return state


def _account_in(
    house: House,
    tx: Transaction,
    state: Incident,
    notice_id: str,
    actor: Actor,
    accounts: Mapping[int, tuple[int | None, Account]],
) -> None:
    now = house.clock.now()
    states = _states(tx, notice_id, accounts)
    grouped: defaultdict[Account, dict[int, DeliveryState]] = defaultdict(dict)
    for position, (_row, said) in accounts.items():
        grouped[said][position] = states[position]
    for said, some in grouped.items():
        events = _decide(state, notice_id, actor, now, some, said)
        target = TARGETS[said.outcome].value
        moving = [p for p, s in some.items() if s.value != target]
        if moving:
            tx.people.move_deliveries(notice_id, moving, state=target, reason=said.channel, at=now)
        write(house, tx, state, events, actor=actor, now=now)


def read_list(path: Path) -> dict[Place, tuple[int | None, Account]]:
    """Read a list of accounts from CSV: notice (perhaps), position, outcome, channel, at, note; wrong rows are named.

    Raises BadInputError with the first wrong row and how many others there are.
    """
    if not path.is_file():
        raise BadInputError("is not a file", source=path.name)
    if path.stat().st_size > MOST_BYTES:
        raise BadInputError(f"is larger than {MOST_BYTES} bytes", source=path.name)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError("is not UTF-8", source=path.name) from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInputError(f"lacks the column {missing[0]}", source=path.name, row=1)
    return _checked(list(_rows(reader, path.name)), path.name)


def _rows(reader: csv.DictReader[str], source: str) -> Iterator[dict[str, str]]:
    try:
        for row in reader:
            yield {name: (row.get(name) or "").strip() for name in (NOTICE, *COLUMNS)}
    except csv.Error as error:
        raise BadInputError(str(error), source=source, row=reader.line_num) from error


def _checked(rows: Sequence[Mapping[str, str]], source: str) -> dict[Place, tuple[int | None, Account]]:
    found: dict[Place, tuple[int | None, Account]] = {}
    wrong: list[BadInputError] = []
    for number, row in enumerate(rows, start=2):
        if not row["outcome"]:
            continue  # a line of the list that nobody has worked on yet
        try:
            place, said = _account(row, source, number, known=found)
        except BadInputError as error:
            wrong.append(error)
        else:
            found[place] = (number, said)
    if wrong:
        more = f"; {len(wrong) - 1} more rows are wrong" if len(wrong) > 1 else ""
        first = wrong[0]
        raise BadInputError(
            f"{first.reason}{more}; nothing was recorded", source=source, row=first.row, field=first.field
        )
    if not found:
        raise BadInputError("no row has an outcome", source=source)
    return found


def _account(
    row: Mapping[str, str], source: str, number: int, *, known: Container[Place]
) -> tuple[Place, Account]:
    def wrong(reason: str, field: str) -> BadInputError:
        return BadInputError(reason, source=source, row=number, field=field)

    if not (row["position"].isascii() and row["position"].isdecimal() and len(row["position"]) <= 9):  # noqa: PLR2004
        raise wrong("is not a position", "position")
    place = (row[NOTICE] or None, int(row["position"]))
    if place in known:
        raise wrong("stands in the list twice", "position")
    if row["outcome"] not in OUTCOMES:
        raise wrong(f"is none of {', '.join(OUTCOMES)}", "outcome")
    if row["channel"] not in BY_HAND:
        raise wrong(f"is none of {', '.join(sorted(BY_HAND))}", "channel")
    try:
        at = datetime.fromisoformat(row["at"])
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise wrong("is no time with an offset, like 2026-03-10T15:00:00+00:00", "at")
    if not row["note"]:
        raise wrong("must not be empty", "note")
    return place, Account(row["outcome"], row["channel"], at, row["note"])


def _states(
    tx: Transaction, notice_id: str, accounts: Mapping[int, tuple[int | None, Account]]
) -> dict[int, DeliveryState]:
    rows = tx.people.deliveries(notice_id, positions=tuple(accounts), limit=max(1, len(accounts)))
    states = {row.position: DeliveryState(row.state) for row in rows}
    for position, (row, _said) in sorted(accounts.items()):
        if position not in states:
            raise BadInputError(f"there is nobody at position {position}", field="position", row=row)
    return states


def _decide(
    state: Incident,
    notice_id: str,
    actor: Actor,
    now: datetime,
    states: Mapping[int, DeliveryState],
    said: Account,
) -> tuple[Event, ...]:
    channel = otherwise.known_channel(said.channel)
    if said.outcome == "tried":
        return otherwise.tried(
            state,
            notice_id=notice_id,
            actor=actor,
            now=now,
            states=states,
            channel=channel,
            happened_at=said.happened_at,
            note=said.note,
        )
    return decide.account(
        state,
        notice_id=notice_id,
        actor=actor,
        now=now,
        states=states,
        channel=channel,
        told=said.outcome == "told",
        happened_at=said.happened_at,
        note=said.note,
    )
