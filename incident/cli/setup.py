"""The first minute: init."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import common, show


@click.command()
@click.option("--force", is_flag=True, help="Overwrite tocsin.toml and systems.toml; never keys or data.")
@common
def init(force: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Make a workspace in this folder: tocsin.toml, systems.toml, the ledger's key, the database.

    Then it says what a real incident would still need.
    """
    from incident.workspace import make_workspace

    made = make_workspace(settings.parent if settings else Path.cwd(), force=force)

    def human() -> None:
        for line in made.created:
            click.echo(f"made     {line}")
        click.echo(f"ledger   {made.verifier_key}")
        click.echo("         keep this line: it is how others check the ledger")
        for line in made.missing:
            click.echo(f"missing  {line}")
        click.echo('next     edit tocsin.toml, then: tocsin open "what happened" --as ada')

    show(
        {"created": made.created, "missing": made.missing, "verifier_key": made.verifier_key}, as_json, human
    )
