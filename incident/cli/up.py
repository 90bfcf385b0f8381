"""Run Tocsin on one machine: `tocsin up`."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import click

from incident.cli.base import common

LOOK_SECONDS = 1.0


@click.command()
@click.option("--prefect-port", type=int, default=4200, show_default=True, help="The Prefect server's.")
@click.option("--console-port", type=int, default=8086, show_default=True, help="The console's.")
@click.option(
    "--webhook-port", type=int, default=8085, show_default=True, help="That of the delivery events."
)
@click.option("--without-prefect", is_flag=True, help="The watch does the work by itself.")
@common
def up(
    prefect_port: int,
    console_port: int,
    webhook_port: int,
    without_prefect: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Run everything on this machine: Prefect's server and workers, the watch, the webhook, the console.

    All of it listens on 127.0.0.1 and ends with this command. What ends by itself is started again. Logs are in
    .tocsin beside the settings.
    """
    from incident.one_machine import Ports, everything

    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    ports = Ports(None if without_prefect else prefect_port, console_port, webhook_port)

    def say(sentence: str) -> None:
        click.echo(sentence, err=as_json)

    with everything(settings, ports, say=say) as running:
        if as_json:
            click.echo(json.dumps({"up": running.places, "logs": str(running.home)}))
        else:
            for what, where in running.places.items():
                click.echo(f"{what:<10}{where}")
            click.echo(f"{'logs':<10}{running.home}")
            click.echo("Ctrl-C ends everything")
        while not ended.wait(LOOK_SECONDS):
            for change in running.household.tend():
                say(change)
    say("everything has ended")
