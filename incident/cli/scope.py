"""Scoping and law on the command line: scope, why, obligations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from incident.cli.base import NOT_READ_WHOLE, actor_of, common, house_of, local, show
from incident.cli.scope_people import confirm_merge, export, extract, merges, split
from incident.cli.scope_question import asking, document_of
from incident.cli.tables import table
from incident.core.events import ObligationsDetermined
from incident.core.events import to_data as plain
from incident.core.state import Obligation

EXAMPLE = """\b
scope.toml looks like this:
  [window]
  start = "2026-03-10T02:10:00+00:00"
  end = "2026-03-10T04:40:00+00:00"
  [actors]
  networks = ["203.0.113.66"]
  principals = ["batch-exporter@project.iam.gserviceaccount.com"]
  [[systems]]
  system = "google_cloud"
  mode = "by_access"            # or "whole_store"
  reason = "stolen service account key"
"""


class Finding(click.Group):
    """A group that finds people when no other command is named: `tocsin scope INC --question scope.toml`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the usual command before its arguments."""
        if args and args[0] not in {*self.commands, "--help", "-h"}:
            args = ["find", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Any word that names no command is the incident whose people are to be found."""
        return super().get_command(ctx, cmd_name) or self.commands["find"]


@click.group(cls=Finding, no_args_is_help=True)
def scope() -> None:
    """Find who is affected, from the frozen evidence; say who is one person; write lists.

    `tocsin scope INCIDENT_ID --question scope.toml` finds and freezes; it is short for `tocsin scope find`.
    """


for _command in (merges, confirm_merge, split, export, extract):
    scope.add_command(_command)


@scope.command(epilog=EXAMPLE)
@click.argument("incident_id")
@click.option("--question", metavar="FILE|HASH", help="scope.toml, or the hash of a question asked before.")
@asking
@click.option(
    "--accept-gap", type=int, metavar="N", help="Accept gap N of the frozen scoping, with --reason."
)
@click.option("--reason", default="", help="Why: of the gap, or of systems and people named by options.")
@click.option("--dry-run", is_flag=True, help="Show what would be found; freeze nothing.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the list of people there (mode 0600).")
@common
def find(
    incident_id: str,
    question: str | None,
    accept_gap: int | None,
    reason: str,
    dry_run: bool,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Find who is affected in INCIDENT_ID, from the frozen evidence, and freeze the list.

    The question is declared in scope.toml, by options, or both; it is kept, and can be asked again by its hash.
    """
    from incident.service import scoping

    if accept_gap is not None:
        _accept(incident_id, accept_gap, reason, settings, handle, as_json)
        return
    with house_of(settings) as house:
        document = document_of(house, incident_id, question, asked, reason)
        found = scoping.scope(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            document=document,
            freeze=not dry_run,
            out=out,
            sink=_print_people if as_json else None,
        )
    if as_json:
        click.echo(
            "".join(f', "{name}": {json.dumps(value)}' for name, value in plain(found.data()).items()) + "}"
        )
    else:
        _print(found, incident_id)
    click.get_current_context().exit(0 if found.is_whole else NOT_READ_WHOLE)


def _print_people(records: Iterator[bytes]) -> None:
    """Begin the JSON answer with everyone, one a line, without holding them."""
    click.echo('{"people": [')
    ends = False
    for line in records:
        click.echo((b",\n" if ends else b"") + line, nl=False)
        ends = True
    click.echo("\n]", nl=False)


def _accept(
    incident_id: str, number: int, reason: str, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    from incident.core.lifecycle import open_gaps
    from incident.service.following import accept_gap

    with house_of(settings) as house:
        state = accept_gap(house, incident_id, number, actor=actor_of(settings, handle), reason=reason)
    left = open_gaps(state)
    show({"gaps": left}, as_json, lambda: click.echo(f"accepted; {len(left)} gaps are left"))


def _print(found: object, incident_id: str) -> None:
    for line in found.lines():  # type: ignore[attr-defined]
        click.echo(line)
    click.echo(f"next: tocsin why {incident_id} POSITION; tocsin letters {incident_id}")


@click.command()
@click.argument("incident_id")
@click.option("--all", "everything", is_flag=True, help="Duties that were considered and do not arise, too.")
@click.option("--determine", is_flag=True, help="Ask the law anew.")
@click.option("--waive", metavar="OBLIGATION", help="Decide that this one is not required here.")
@click.option("--reason", default="", help="Why; needed with --waive.")
@common
def obligations(
    incident_id: str,
    everything: bool,
    determine: bool,
    waive: str | None,
    reason: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show every duty of INCIDENT_ID: by when, why, by which text, and how the date was worked out."""
    from incident.service import following
    from incident.service import obligations as service
    from incident.service.house import view

    with house_of(settings) as house:
        if determine:
            service.determine(house, incident_id)
        if waive:
            following.waive_obligation(
                house, incident_id, waive, actor=actor_of(settings, handle), reason=reason
            )
        state = view(house, incident_id)
    found = [
        o for o in state.obligations.values() if everything or (o.arose.required and not o.lapsed_because)
    ]
    determination = state.determination
    data = {
        "obligations": [o.arose for o in found],
        "not_covered": determination.not_covered if determination else (),
        "missing_facts": determination.missing_facts if determination else (),
        "questions": determination.questions if determination else (),
        "stale": state.law_stale,
    }
    show(data, as_json, lambda: _print_obligations(found, determination, stale=state.law_stale))


def _print_obligations(
    found: Sequence[Obligation], determination: ObligationsDetermined | None, *, stale: bool
) -> None:
    if stale:
        click.echo("the facts have changed since the law was asked: --determine asks again")
    table(
        ("obligation", "who", "due", "because", "derivation", "text"),
        [
            (
                o.arose.obligation_id,
                o.arose.authority or o.arose.recipient,
                local(o.arose.due_at) if o.arose.due_at else "no number in law",
                o.arose.because,
                o.arose.derivation,
                o.arose.citation,
            )
            for o in found
        ],
    )
    if determination is not None:
        for word in determination.not_covered:
            click.echo(f"not covered by the catalogue: {word}; ask counsel")
        for question in determination.questions:
            click.echo(f"question: {question}")
