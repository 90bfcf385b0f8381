"""Running on the command line: run an incident's flow, watch all of them, serve delivery events."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from incident.cli.base import WATCH_STALE, actor_of, common, house_of, show

SIGN_EVERY_SECONDS = 30


@click.command()
@click.argument("incident_id")
@click.option("--here", is_flag=True, help="Without Prefect: do it in this process.")
@common
def run(incident_id: str, here: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Do everything that is Tocsin's to do now in INCIDENT_ID.

    With a Prefect server (PREFECT_API_URL) this is a run of the flow `respond`; without one, or with --here, the
    same services do the same in this process.
    """
    from incident.bootstrap import run_flow
    from incident.service.house import view
    from incident.service.responding import advance, due

    with house_of(settings) as house:
        view(house, incident_id)
    ended = None if here else run_flow(incident_id, settings)
    with house_of(settings) as house:
        done = advance(house, incident_id, owner=house.ids.new("RUN")).done if ended is None else ()
        waiting = [a.sentence for a in due(house, incident_id)]

    def human() -> None:
        click.echo(f"Prefect flow run ended: {ended[0]} {ended[1]}" if ended else "ran here, without Prefect")
        for sentence in done:
            click.echo(f"done: {sentence}")
        for sentence in waiting:
            click.echo(f"waits: {sentence}")

    show({"flow_run": ended, "done": done, "waiting": waiting}, as_json, human)


@click.command()
@click.option(
    "--every", type=click.IntRange(min=1), metavar="SECONDS", help="Go on, once in so many seconds."
)
@click.option("--check", is_flag=True, help="Only say whether a watch runs; exit code 24 when none does.")
@click.option(
    "--max-age", type=click.IntRange(min=1), metavar="SECONDS", help="With --check: how old is dead."
)
@common
def watch(
    every: int | None,
    check: bool,
    max_age: int | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Look at every open incident: page what is late, and see that each is worked on. Needs no Prefect.

    With --check it only reads the heartbeat that the watch leaves: for cron, systemd or your monitoring.
    """
    if check:
        _check(settings, max_age, as_json)
    from incident.reception import tell_webhooks
    from incident.service.anchoring import tend
    from incident.service.responding import watch_tick

    stop = threading.Event()
    if every is not None:
        signing = partial(_keep_signed, settings, stop, min(every, SIGN_EVERY_SECONDS))
        threading.Thread(target=signing, name="signing", daemon=True).start()
    while True:
        with house_of(settings) as house:
            said = watch_tick(house, starter=house.starter, owner=house.ids.new("WATCH"))
            said = (*said, *tend(house), *tell_webhooks(house, settings))
        text = "\n".join(said) or "nothing to do"
        show(said, as_json, partial(click.echo, text))
        if every is None or stop.wait(every):
            return


def _keep_signed(settings: Path | None, stop: threading.Event, every_seconds: float) -> None:
    """Sign new entries beside the watch, whose look at many incidents may take longer than a checkpoint may wait."""
    from incident.errors import TocsinError
    from incident.service.signing import checkpoint_if_due

    while not stop.wait(every_seconds):
        try:
            with house_of(settings) as house:
                checkpoint_if_due(house)
        except TocsinError as error:
            click.echo(f"signing: FAILED, {error}", err=True)


def _check(settings: Path | None, max_age: int | None, as_json: bool) -> NoReturn:
    from incident.waking import watch_is_alive

    why = watch_is_alive(settings, max_age)
    words = "the watch runs" if why is None else f"THE WATCH DOES NOT RUN: {why}"
    show({"alive": why is None, "why": why}, as_json, lambda: click.echo(words))
    click.get_current_context().exit(0 if why is None else WATCH_STALE)


@click.command()
@click.argument("incident_id")
@click.argument("subject", required=False)
@click.option("--note", default="seen, working on it", show_default=True, help="What you do about it.")
@common
def ack(
    incident_id: str,
    subject: str | None,
    note: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Take notice of the pages of INCIDENT_ID, or of the one about SUBJECT; they are not repeated for a time."""
    from incident.service.paging import take_notice

    with house_of(settings) as house:
        state = take_notice(house, incident_id, actor=actor_of(settings, handle), subject=subject, note=note)
    taken = [one for one, page in state.pages.items() if page.acknowledged_at and not page.cleared_at]
    show(
        {"incident": incident_id, "acknowledged": taken},
        as_json,
        lambda: click.echo(f"taken notice of: {', '.join(taken)}"),
    )


@click.command()
@click.option("--port", type=int, default=8085, show_default=True, help="On 127.0.0.1.")
@common
def webhook(port: int, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Serve the provider's signed delivery events on 127.0.0.1, behind your own TLS proxy."""
    import os

    import uvicorn

    if settings is not None:
        os.environ["TOCSIN_SETTINGS"] = str(settings)
    uvicorn.run(
        "incident.web.app:from_environment", factory=True, host="127.0.0.1", port=port, log_level="warning"
    )
