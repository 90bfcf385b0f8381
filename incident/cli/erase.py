"""Answer a request for erasure: `tocsin erase`; an address is read from standard input, never an argument."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.cli.tables import table
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.core.actors import Actor
    from incident.service.erasing import Erased
    from incident.service.house import House


@click.command()
@click.argument("incident_id", required=False)
@click.argument("position", required=False, type=int)
@click.option("--evidence", "evidence_id", help="Erase the bytes of this snapshot instead of a person.")
@click.option("--ground", help='The legal ground, for instance "Art. 17(1)(b): consent withdrawn"; recorded.')
@click.option("--refuse", is_flag=True, help="Record that the request is refused, on the ground.")
@click.option(
    "--find", is_flag=True, help="Read an address from standard input and say where the person stands."
)
@common
def erase(
    incident_id: str | None,
    position: int | None,
    evidence_id: str | None,
    ground: str | None,
    refuse: bool,
    find: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Erase what is kept about the person at POSITION of INCIDENT_ID, for good; or refuse, with the ground.

    Rows, key and the provider's reports are destroyed, in every cohort of the incident. The ledger keeps that there was
    a person at this position, and every proof still verifies. Somebody who is still to be told is not erased.

    \b
    tocsin erase --find < address.txt           where does this person stand?
    tocsin erase INC 12 --ground "Art. 17(1)(b)"
    tocsin erase INC 12 --refuse --ground "Art. 17(3)(e): legal claims"
    tocsin erase INC --evidence ev-1a2b3c --ground "retention of two years is over"
    """
    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        if find:
            _find(house, actor, as_json)
            return
        incident, why = _given(incident_id, "incident_id"), _given(ground, "ground")
        if refuse:
            _refuse(house, actor, incident, position, why, as_json)
            return
        done = _erase(house, actor, incident, position, evidence_id, why)

    def human() -> None:
        click.echo(f"erased, and recorded: {why}")
        for remark in done.remarks:
            click.echo(f"note: {remark}")

    show({"event": done.event, "remarks": done.remarks}, as_json, human)


def _find(house: House, actor: Actor, as_json: bool) -> None:
    from incident.service.erasing import find

    found = find(house, actor=actor, email=sys.stdin.readline())
    rows = [(one.incident_id, one.cohort_id, str(one.position)) for one in found]
    show(found, as_json, lambda: table(("incident", "cohort", "position"), rows))


def _refuse(
    house: House, actor: Actor, incident_id: str, position: int | None, why: str, as_json: bool
) -> None:
    from incident.service.erasing import refuse

    refuse(house, incident_id, _whom(position), actor=actor, ground=why)
    show({"refused": position}, as_json, lambda: click.echo(f"the refusal is recorded: {why}"))


def _erase(
    house: House, actor: Actor, incident_id: str, position: int | None, evidence_id: str | None, why: str
) -> Erased:
    from incident.service import erasing

    if evidence_id is not None:
        return erasing.erase_evidence(house, incident_id, evidence_id, actor=actor, ground=why)
    return erasing.erase(house, incident_id, _whom(position), actor=actor, ground=why)


def _whom(position: int | None) -> int:
    if position is None:
        raise BadInputError("say whom: a position, or --evidence", field="position")
    return position


def _given(value: str | None, field: str) -> str:
    if value is None:
        raise BadInputError("is missing", field=field)
    return value
