"""What is known of an incident, how well, and what is still asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import common, house_of, local, show
from incident.cli.tables import table

if TYPE_CHECKING:
    from incident.core.state import Fact


@click.command()
@click.argument("incident_id")
@common
def facts(incident_id: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show what is known of INCIDENT_ID and how well, and which facts the letters, the scores and the law wait for."""
    from incident.core.wanted import wanted_facts
    from incident.service.house import view

    del handle
    with house_of(settings) as house:
        state = view(house, incident_id)
    wanted = wanted_facts(state)
    data = {
        "incident": incident_id,
        "facts": {
            n: {"value": f.value, "label": f.label, "source": f.source, "since": f.since}
            for n, f in sorted(state.facts.items())
        },
        "wanted": wanted,
    }
    show(data, as_json, lambda: _print(incident_id, state.facts, wanted))


def _print(incident_id: str, known: Mapping[str, Fact], wanted: Mapping[str, tuple[str, ...]]) -> None:
    rows = [
        (name, f.label.value, _said(f.value), f.source, local(f.since)) for name, f in sorted(known.items())
    ]
    table(("fact", "is", "value", "source", "since"), rows)
    if not known:
        click.echo("no fact is recorded")
    if wanted:
        click.echo("\nasked for, and not recorded")
        for name, by in wanted.items():
            click.echo(f"  {name} ({', '.join(by)})")
        click.echo(
            f'\nnext: tocsin fact {incident_id} {next(iter(wanted))} "..." --source "..."; or --label unknown'
        )


def _said(value: object) -> str:
    if value is None:
        return "unknown"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
