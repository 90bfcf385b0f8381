"""Doubts on the command line: say what became of a batch, or of single people of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.errors import BadInputError


@click.command("resolve")
@click.argument("incident_id")
@click.argument("batch", type=int, required=False)
@click.option("--position", "positions", type=int, multiple=True, help="Only this person; may be repeated.")
@click.option("--delivery", help="Only this person, by the reference that stands in the letter.")
@click.option("--accepted/--not-accepted", required=True, help="Whether the provider has it.")
@click.option("--how", required=True, help="How you found out.")
@click.option("--notice", help="Of which notice, like N2; needed when several owe people letters.")
@common
def resolve(
    incident_id: str,
    batch: int | None,
    positions: tuple[int, ...],
    delivery: str | None,
    accepted: bool,
    how: str,
    notice: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Settle a doubt about BATCH, or about people by --position or --delivery. Not accepted: it is sent again."""
    from incident.service import resolving_people, settling

    if (batch is not None) + bool(positions) + bool(delivery) != 1:
        raise BadInputError("give a batch, or --position, or --delivery", field="batch")
    if delivery:
        notice, position = resolving_people.position_of(delivery)
        positions = (position,)
    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        settle: Callable[..., object] = (
            partial(resolving_people.resolve_people, positions=positions)
            if batch is None
            else partial(settling.resolve, batch=batch)
        )
        settle(house, incident_id, actor=actor, accepted=accepted, how=how, notice=notice)
    word = "accepted" if accepted else "not accepted; it will be sent again"
    whom = f"batch {batch}" if batch is not None else f"position {', '.join(map(str, positions))}"
    shown = {"batch": batch} if batch is not None else {"positions": list(positions)}
    show({**shown, "accepted": accepted}, as_json, lambda: click.echo(f"{whom}: {word}"))
