"""Need to know on the command line: name people for an incident, take them off, restrict it, open it again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.cli.tables import table

if TYPE_CHECKING:
    from incident.core.actors import Actor
    from incident.service.house import House


@dataclass(frozen=True, slots=True)
class _Change:
    """What was asked for."""

    name: str | None
    agreement: str | None
    take_off: str | None
    restrict: bool
    reopen: bool
    reason: str


@click.command()
@click.argument("incident_id")
@click.option("--name", metavar="WHO", help="Let this handle see the incident.")
@click.option("--agreement", help="The reference under which an outsider may see it.")
@click.option("--take-off", metavar="WHO", help="End this handle's access.")
@click.option("--restrict", is_flag=True, help="From now on only named people see it.")
@click.option("--reopen", is_flag=True, help="Lift the restriction.")
@click.option("--reason", default="", help="Why; needed with every change.")
@common
def access(
    incident_id: str,
    name: str | None,
    agreement: str | None,
    take_off: str | None,
    restrict: bool,
    reopen: bool,
    reason: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show, or change, who may see INCIDENT_ID. Outsiders see only what they were named for."""
    from incident.service.house import view

    with house_of(settings) as house:
        if restrict or reopen or name is not None or take_off is not None:
            _change(
                house,
                incident_id,
                actor_of(settings, handle),
                _Change(name, agreement, take_off, restrict, reopen, reason),
                settings,
            )
        state = view(house, incident_id)
    rows = [(who, one.agreement or "", one.reason) for who, one in sorted(state.granted.items())]

    def human() -> None:
        click.echo("only named people see it" if state.restricted else "everybody but outsiders sees it")
        table(("named", "agreement", "why"), rows)

    data = [dict(zip(("handle", "agreement", "reason"), row, strict=True)) for row in rows]
    show({"restricted": state.restricted, "named": data}, as_json, human)


def _change(house: House, incident_id: str, actor: Actor, asked: _Change, settings: Path | None) -> None:
    """Change one thing after the other, as the options name them."""
    from incident.reception import staff_of
    from incident.service import access as service

    staff = staff_of(settings)
    if asked.restrict:
        service.restrict(house, incident_id, actor=actor, reason=asked.reason)
    if asked.name is not None:
        service.grant(
            house,
            incident_id,
            actor=actor,
            handle=asked.name,
            outside=asked.name not in staff or staff[asked.name].outside,
            agreement=asked.agreement,
            reason=asked.reason,
        )
    if asked.take_off is not None:
        service.end(house, incident_id, actor=actor, handle=asked.take_off, reason=asked.reason)
    if asked.reopen:
        service.reopen(house, incident_id, actor=actor, reason=asked.reason)
