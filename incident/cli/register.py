"""What goes into other programs: the register of breaches, a calendar of deadlines."""

from __future__ import annotations

import json
from pathlib import Path

import click

from incident.cli.base import common, house_of


@click.command()
@click.option("--csv", "as_csv", is_flag=True, help="For a spreadsheet.")
@click.option("--drills", is_flag=True, help="Drills too.")
@common
def register(as_csv: bool, drills: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Print the register of breaches (GDPR Art. 33(5)): every incident, its facts, its effects, what was done.

    Also those that were no breach or needed no notice, with who decided so and why. JSON unless --csv.
    """
    from incident.service import registering

    with house_of(settings) as house:
        rows = registering.register(house, drills=drills)
    if as_csv and not as_json:
        click.echo(registering.register_csv(rows), nl=False)
    else:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))


@click.command()
@click.argument("incident_id")
@click.option("--out", type=click.Path(path_type=Path), help="Write it there instead of printing it.")
@common
def calendar(
    incident_id: str, out: Path | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Give the open deadlines of INCIDENT_ID as a calendar file (.ics), with alarms 12 and 2 hours before each."""
    from incident.service import registering

    with house_of(settings) as house:
        content = registering.deadlines(house, incident_id)
    if out is None:
        click.echo(content.decode(), nl=False)
    else:
        out.write_bytes(content)
        click.echo(f"wrote {out}")
