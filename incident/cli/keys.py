"""The keys of the ledger on the command line: list, rotate, retire, replace what was lost. No secret is ever shown."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show


@click.group()
def keys() -> None:
    """List the keys that sign the ledger; rotate, retire, replace a lost one."""


@keys.command("list")
@common
def list_(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show the verifier key of every key that ever signed; give these lines to whoever checks the ledger."""
    from incident.service.keeping import keys as lines_of

    with house_of(settings) as house:
        lines, origin, unreadable = lines_of(house), house.keys.origin(), house.keys.unreadable()

    def human() -> None:
        click.echo(f"ledger {origin}")
        for line in lines:
            state = "signs" if line.signs else "does not sign"
            since = "" if line.since is None else f", since entry {line.since}"
            until = "" if line.retired is None else f", retired at entry {line.retired}"
            click.echo(f"{line.verifier.vkey}\n    {state}{since}{until}")
        for why in unreadable:
            click.echo(f"CANNOT BE READ, does not sign: {why}")

    data = [
        {"key": one.verifier.vkey, "signs": one.signs, "since": one.since, "retired": one.retired}
        for one in lines
    ]
    show({"origin": origin, "keys": data, "unreadable": unreadable}, as_json, human)


@keys.command()
@click.option("--reason", required=True, help="Why; it is recorded.")
@common
def rotate(reason: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Make the next key. Both sign until the old one is retired, so that nobody's check breaks."""
    from incident.service import keeping

    actor = actor_of(settings, handle)
    with house_of(settings) as house:
        fresh = keeping.rotate(house, actor=actor, reason=reason)

    def human() -> None:
        click.echo(f"made     {fresh.vkey}")
        click.echo("         both keys sign now; give this line to whoever checks the ledger")
        click.echo("next     when they have it: tocsin keys retire ID --reason ...   (see tocsin keys list)")

    show({"key": fresh.vkey}, as_json, human)


@keys.command()
@click.argument("key_id")
@click.option("--reason", required=True, help="Why; it is recorded.")
@common
def retire(key_id: str, reason: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """End the overlap: destroy the secret of the key KEY_ID (8 digits). What it signed stays valid."""
    from incident.service import keeping

    actor = actor_of(settings, handle)
    with house_of(settings) as house:
        old = keeping.retire(house, key_id, actor=actor, reason=reason)
    show({"key": old.vkey}, as_json, lambda: click.echo(f"retired  {old.vkey}"))


@keys.command()
@click.option("--reason", required=True, help="What happened to the keys; it is recorded.")
@common
def lost(reason: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Every key is lost: go on under a new name, whose first entry says where the old one ended."""
    from incident.service import keeping

    actor = actor_of(settings, handle)
    with house_of(settings) as house:
        origin = keeping.begin_anew_without_keys(house, actor=actor, reason=reason)
        fresh = house.keys.signers()[0].verifier()

    def human() -> None:
        click.echo(f"ledger   {origin}")
        click.echo(f"made     {fresh.vkey}")
        click.echo("         give this line to whoever checks the ledger, and say why the old one ended")

    show({"origin": origin, "key": fresh.vkey}, as_json, human)
