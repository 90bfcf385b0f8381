"""Sending on the command line: send, pause, resume, stop, say that our own letters arrived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.core.actors import Actor
    from incident.service.house import House


@click.command()
@click.argument("incident_id")
@click.option(
    "--pause", "what", flag_value="pause", help="Hold the sending up; calls under way are answered for."
)
@click.option(
    "--resume", "what", flag_value="resume", help="Go on: after a pause, a refusal, or a canary that failed."
)
@click.option(
    "--stop", "what", flag_value="stop", help="Stop for good: who was not handed over needs another way."
)
@click.option(
    "--seen", "what", flag_value="seen", help="The letters arrived in our own mailboxes, not as spam."
)
@click.option("--reason", help="Why; kept in the ledger, so without personal data.")
@click.option("--notice", help="Only this notice, like N2; else every one with letters to send.")
@common
def send(
    incident_id: str,
    what: str | None,
    reason: str | None,
    notice: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Send what is approved for INCIDENT_ID, on the transport of the settings; or pause, resume, stop it."""
    from incident.service import letting_go, sending
    from incident.service.responding import advance

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        if what in {"pause", "stop"}:
            words = _held_up(house, incident_id, actor, what, reason=_reason(reason), notice=notice)
            show({"incident": incident_id, "sending": what}, as_json, lambda: click.echo(words))
            return
        if what == "resume":
            why = reason or "the cause is mended"
            letting_go.resume(house, incident_id, actor=actor, reason=why, notice=notice)
        elif what == "seen":
            letting_go.see_seeds(house, incident_id, actor=actor, how=_reason(reason))
        sending.check_ready(house, incident_id, actor=actor)
        owner = house.ids.new("RUN")
        result = advance(house, incident_id, owner=owner, progress=_progress(as_json), notice=notice)
    show(
        {"status": result.status, "done": result.done, "waiting": [a.sentence for a in result.waiting]},
        as_json,
        lambda: _told(result.done, [a.sentence for a in result.waiting]),
    )


def _reason(reason: str | None) -> str:
    if not reason:
        raise BadInputError("say why: --reason", field="reason")
    return reason


def _held_up(
    house: House, incident_id: str, actor: Actor, what: str, *, reason: str, notice: str | None
) -> str:
    from incident.service import letting_go
    from incident.service.holding import held_there

    hold = letting_go.pause if what == "pause" else letting_go.halt
    hold(house, incident_id, actor=actor, reason=reason, notice=notice)
    words = "sending is paused" if what == "pause" else "sending is stopped for good"
    return words + "".join(f"; {said}" for said in held_there(house, incident_id))


def _progress(as_json: bool) -> Callable[[int, int], None]:
    def progress(done: int, whole: int) -> None:
        if not as_json:
            click.echo(f"  {done} of {whole} batches", err=True)

    return progress


def _told(done: tuple[str, ...], waiting: list[str]) -> None:
    for sentence in done:
        click.echo(f"done: {sentence}")
    for sentence in waiting:
        click.echo(f"waits: {sentence}")
