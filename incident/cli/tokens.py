"""Tokens of programs on the command line: make one, list them, end one."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import common, local, show
from incident.cli.tables import table
from incident.core.integrations import Scope
from incident.errors import NotFoundError


@click.group()
def token() -> None:
    """Look after the tokens with which programs use the API, each under somebody's handle."""


@token.command("add")
@click.argument("who")
@click.option("--name", required=True, help="What it is for, in a few words.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice([one.value for one in Scope]), help="Once for each."
)
@click.option("--days", type=int, default=90, show_default=True, help="For how long.")
@common
def token_add(
    who: str,
    name: str,
    scopes: tuple[str, ...],
    days: int,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Make a token that acts as handle WHO: with their roles, on the incidents that they may see. Shown once."""
    from incident.reception import open_machines, staff_of
    from incident.service.tokens import issue

    if who not in staff_of(settings):
        raise NotFoundError(f"nobody is called {who!r} in tocsin.toml")
    with open_machines(settings) as machines:
        made, key = issue(machines, who, name=name, scopes=scopes, days=days)
    show(
        {"token": made.token_id, "key": key, "expires_at": made.expires_at},
        as_json,
        lambda: click.echo(
            f"{made.token_id}, until {local(made.expires_at)}; keep this key, it is shown once:\n{key}"
        ),
    )


@token.command("list")
@common
def token_list(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show every token: whose, what for, until when, when it was last used."""
    from incident.reception import open_machines

    with open_machines(settings) as machines:
        now, found = machines.now(), machines.store.tokens()
    rows = [
        (
            one.token_id,
            one.handle,
            ", ".join(one.scopes),
            "in use" if one.holds(now) else "ended" if one.ended_at else "expired",
            local(one.expires_at),
            local(one.seen_at),
            one.name,
        )
        for one in found
    ]
    names = ("token", "handle", "scopes", "state", "expires", "last used", "name")
    show([dict(zip(names, row, strict=True)) for row in rows], as_json, lambda: table(names, rows))


@token.command("end")
@click.argument("token_id")
@common
def token_end(token_id: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """End TOKEN_ID at once."""
    from incident.reception import open_machines
    from incident.service.tokens import end

    with open_machines(settings) as machines:
        ended = end(machines, token_id)
    show(
        {"token": ended.token_id, "ended_at": ended.ended_at},
        as_json,
        lambda: click.echo(f"{token_id} is ended"),
    )
