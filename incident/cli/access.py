"""Need to know on the command line: name people for an incident, take them off, restrict it, open it again."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show, table


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
    from incident.reception import staff_of
    from incident.service import access as service
    from incident.service.house import view

    staff = staff_of(settings)
    with house_of(settings) as house:
        if restrict:
            service.restrict(house, incident_id, actor=actor_of(settings, handle), reason=reason)
        if name is not None:
            service.grant(
                house,
                incident_id,
                actor=actor_of(settings, handle),
                handle=name,
                outside=name not in staff or staff[name].outside,
                agreement=agreement,
                reason=reason,
            )
        if take_off is not None:
            service.end(house, incident_id, actor=actor_of(settings, handle), handle=take_off, reason=reason)
        if reopen:
            service.reopen(house, incident_id, actor=actor_of(settings, handle), reason=reason)
        state = view(house, incident_id)
    rows = [(who, one.agreement or "", one.reason) for who, one in sorted(state.granted.items())]

    def human() -> None:
        click.echo("only named people see it" if state.restricted else "everybody but outsiders sees it")
        table(("named", "agreement", "why"), rows)

    data = [dict(zip(("handle", "agreement", "reason"), row, strict=True)) for row in rows]
    show({"restricted": state.restricted, "named": data}, as_json, human)
