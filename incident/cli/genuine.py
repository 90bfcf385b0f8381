"""The public page of an incident on the command line: write it as files that can be hosted anywhere."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import common, house_of, show


@click.command()
@click.argument("incident_id")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help="Write the page below this folder."
)
@common
def genuine(incident_id: str, out: Path, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Write the page on which anybody can check whether a letter about INCIDENT_ID is genuine.

    It comes from the approved letters, in each of their languages, without personal data and without scripts.
    Put the folder under the address that public.genuine_url names; letters carry that address.
    """
    from incident.service.genuine import write_out
    from incident.service.house import view

    with house_of(settings) as house:
        code, files = write_out(house, incident_id, out)
        base, drill = house.profile.genuine_url.rstrip("/"), view(house, incident_id).drill

    def human() -> None:
        for file in files:
            click.echo(f"wrote {file}")
        if drill:
            click.echo("DRILL: marked as one; do not publish it")
        elif base:
            click.echo(f"it belongs at {base}/{code}")
        else:
            click.echo("letters name no address: public.genuine_url is not set")

    show({"code": code, "files": [str(file) for file in files], "drill": drill}, as_json, human)
