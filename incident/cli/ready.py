"""Readiness on the command line: what a real incident would need, asked before there is one."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import common, show

if TYPE_CHECKING:
    from incident.core.readiness import Check

NOT_READY = 25
INDENT = " " * 9


@click.command()
@click.option("--all", "everything", is_flag=True, help="Show what is fine, too.")
@click.option("--duties", is_flag=True, help="Show each duty of the policy and where it has its place here.")
@common
def ready(everything: bool, duties: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Ask what a real incident would need: people, keys, mail, database, and each system's logs, masks and retention.

    Answers about systems are written into systems.toml, days into tocsin.toml. What nobody has answered is unknown.
    Ends with 25 while something is missing or unknown.
    """
    if duties:
        _show_duties(settings, as_json)
        return
    from incident.core.readiness import NOT_READY as OPEN
    from incident.readying import readiness

    checks = readiness(settings)
    is_ready = not any(check.standing in OPEN for check in checks)
    show(
        {"ready": is_ready, "checks": checks, "missing": [c for c in checks if c.standing in OPEN]},
        as_json,
        lambda: click.echo("\n".join(_lines(checks, everything=everything))),
    )
    click.get_current_context().exit(0 if is_ready else NOT_READY)


def _lines(checks: Sequence[Check], *, everything: bool) -> Iterator[str]:
    for check in checks:
        if everything or check.standing.value != "ok":
            text = f"{check.standing.value:<9}{check.area}, {check.name}: {check.said}"
            yield from textwrap.wrap(text, width=100, subsequent_indent=INDENT)
    counted = Counter(check.standing.value for check in checks)
    yield ", ".join(f"{number} {standing}" for standing, number in counted.most_common())


def _show_duties(settings: Path | None, as_json: bool) -> None:
    from incident.readying import duties_of

    found = duties_of(settings)

    def human() -> None:
        for name, duty in found.items():
            click.echo(f"{name:<5}" + "\n     ".join(textwrap.wrap(f'"{duty.quote}"', width=90)))
            click.echo("     " + "\n     ".join(textwrap.wrap(duty.place, width=90)))
            if duty.by:
                click.echo("     " + ", ".join(duty.by))

    show({name: duty.model_dump() for name, duty in found.items()}, as_json, human)
