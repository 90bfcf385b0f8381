"""Hand an incident out: `tocsin export`."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.core.tiers import Tier

UNSTATED = "not stated"


@click.command()
@click.argument("incident_id")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A folder that is not there yet.")
@click.option(
    "--tier",
    type=click.Choice([t.value for t in Tier]),
    default=Tier.REGULATOR.value,
    show_default=True,
    help="For whom: what each may see is fixed by rule.",
)
@click.option(
    "--purpose",
    default=UNSTATED,
    help="What it is for, for instance the authority's reference; recorded. Without it: not stated.",
)
@common
def export(
    incident_id: str,
    out: Path,
    tier: str,
    purpose: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Make the evidence pack of INCIDENT_ID: report, letters, filings, the log with proofs, and a verifier.

    The pack is checked without Tocsin by `python verify.py` inside it. Handing it out is recorded.
    """
    from incident.service.exporting import export as make

    with house_of(settings) as house:
        made = make(
            house, incident_id, actor=actor_of(settings, handle), tier=Tier(tier), out=out, purpose=purpose
        )
    data = {"folder": str(made.folder), "event": made.event, "verifier_keys": made.verifier_keys}

    def human() -> None:
        event = made.event
        click.echo(
            f"{made.folder}: {event.files} files, tier {event.tier}, the log up to entry {event.entries - 1}"
        )
        click.echo(
            f"{event.shown} entries shown, {sum(event.withheld.values())} of this incident withheld by rule"
        )
        click.echo("give the receiver this key by another way than the pack:")
        for vkey in made.verifier_keys:
            click.echo(f"  {vkey}")
        click.echo(f"check it: python {made.folder / 'verify.py'} --key KEY -v")

    show(data, as_json, human)
