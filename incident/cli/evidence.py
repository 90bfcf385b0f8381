"""Evidence on the command line: what to take first, freezing it, and pulling it from a live account."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, instant, local, show
from incident.cli.tables import table
from incident.errors import BadInputError, RefusedError, TocsinError

if TYPE_CHECKING:
    from incident.core import events as e
    from incident.core.actors import Actor
    from incident.service.evidence import EvidencePlan
    from incident.service.house import House

INDENT = " " * 9


@click.group()
def evidence() -> None:
    """Freeze evidence before it dies, and see what to take first."""


@evidence.command("add")
@click.argument("incident_id")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--system", help="Which system it is of; recognized from the content where possible.")
@click.option(
    "--taken-at", required=True, callback=instant, help="When the snapshot was taken, with an offset."
)
@click.option("--command", required=True, help="The command or page that made it.")
@common
def evidence_add(
    incident_id: str,
    files: tuple[Path, ...],
    system: str | None,
    taken_at: datetime,
    command: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Hash FILES into the vault and write their custody lines.

    A file that cannot be taken is named and recorded as refused; the others are taken all the same. Bytes that are
    frozen already are said to be, and nothing is written twice.
    """
    from incident.service.house import view

    with house_of(settings) as house:
        before = set(view(house, incident_id).evidence)
        frozen, problems = _freeze(
            house,
            incident_id,
            files,
            actor_of(settings, handle),
            taken_at=taken_at,
            command=command,
            system=system,
        )
    again = [f for f in frozen if f.evidence_id in before]
    fresh = [f for f in frozen if f.evidence_id not in before]

    show(
        {"frozen": fresh, "frozen_already": again, "refused": [str(error) for error in problems]},
        as_json,
        lambda: _say_frozen(fresh, again),
    )
    if problems:
        raise problems[0]


def _say_frozen(fresh: Sequence[e.EvidenceFrozen], again: Sequence[e.EvidenceFrozen]) -> None:
    table(
        ("evidence", "system", "file", "bytes", "sha256"),
        [(f.evidence_id, f.system, f.file_name, str(f.size_bytes), f.sha256[:16]) for f in fresh],
    )
    for f in again:
        click.echo(f"frozen already: {f.evidence_id}, as {f.file_name}, taken {local(f.taken_at)}")


def _freeze(
    house: House,
    incident_id: str,
    files: Sequence[Path],
    actor: Actor,
    *,
    taken_at: datetime,
    command: str,
    system: str | None,
) -> tuple[list[e.EvidenceFrozen], list[TocsinError]]:
    """Freeze one file after the other; what cannot be taken is collected, and the others are taken."""
    from incident.service.evidence import add_evidence

    frozen: list[e.EvidenceFrozen] = []
    problems: list[TocsinError] = []
    for path in files:
        try:
            frozen.append(
                add_evidence(
                    house, incident_id, path, actor=actor, taken_at=taken_at, command=command, system=system
                )
            )
        except (BadInputError, RefusedError) as error:
            problems.append(error)
    return frozen, problems


@evidence.command("plan")
@click.argument("incident_id")
@click.option(
    "--since",
    callback=instant,
    help="When the traces that matter begin; default: the window, or the earliest known moment.",
)
@click.option("--until", callback=instant, help="When they end; default: the window's end, or now.")
@common
def evidence_plan(
    incident_id: str,
    since: datetime | None,
    until: datetime | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show what to take, in the order in which it dies, and what is done, late or lost.

    Lives are counted from the window of the last scoping; before there is one, from the earliest known moment to now.
    """
    from incident.service.evidence import plan_evidence

    with house_of(settings) as house:
        plan = plan_evidence(house, incident_id, since=since, until=until)
    show(plan, as_json, lambda: click.echo("\n".join(_lines(plan))))


def _lines(plan: EvidencePlan) -> Iterator[str]:
    from incident.core.evidence_plan import Mark

    yield f"traces of {local(plan.since)} to {local(plan.until)}; now {local(plan.now)}"
    for entry in plan.snapshots:
        yield f"{entry.mark.value:<9}{entry.system}: {entry.what}"
        if entry.dies_at is not None and entry.gone_at is not None:
            yield INDENT + _end(entry.dies_at, entry.gone_at, plan.now)
        if entry.evidence_ids:
            yield from _wrapped(f"taken as {', '.join(entry.evidence_ids)}")
        if entry.mark in {Mark.DUE, Mark.DYING, Mark.TO_TAKE}:
            for command in entry.commands:
                yield INDENT + command
        if entry.mark is not Mark.DONE and entry.lost_otherwise:
            yield from _wrapped(f"lost otherwise: {entry.lost_otherwise}")
    for evidence_id in plan.damaged:
        yield f"DAMAGED  {evidence_id} in the vault: take it again if it still lives, and run `tocsin verify`"


def _end(dies_at: datetime, gone_at: datetime, now: datetime) -> str:
    from incident.core.spoken_times import span

    said = f"the first of it dies {local(dies_at)}"
    said += f" (in {span(dies_at - now)})" if dies_at > now else ""
    return said if local(gone_at) == local(dies_at) else f"{said}, the last {local(gone_at)}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width=80, initial_indent=INDENT, subsequent_indent=INDENT)


@evidence.command("pull")
@click.argument("incident_id")
@click.argument("system")
@click.option("--since", callback=instant, help="Only what was created after this moment (replicate).")
@click.option(
    "--partial", is_flag=True, help="Ask nobody; freeze the pages that an unfinished pull has kept."
)
@common
def evidence_pull(
    incident_id: str,
    system: str,
    since: datetime | None,
    partial: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Fetch SYSTEM from the live account, page by page, and freeze what came.

    The key comes from the environment (TOCSIN_STRIPE_KEY, TOCSIN_HELPSCOUT_KEY, TOCSIN_MAILCHIMP_KEY,
    TOCSIN_REPLICATE_KEY) or from a file. A pull that was interrupted goes on where it ended.
    """
    from incident.service.pulling import pull

    def tell(stream: str, page: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{system} {stream}: page {page}", nl=False, err=True)

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        found = pull(house, incident_id, system, actor=actor, since=since, partial=partial, tell=tell)

    def human() -> None:
        for each in found:
            whole = "all pages" if each.complete else "NOT all pages"
            click.echo(f"{each.evidence.evidence_id}  {system} {each.stream}: {each.pages} pages, {whole}")
            for note in each.notes:
                click.echo(INDENT + note)

    show({"pulled": found}, as_json, human)
