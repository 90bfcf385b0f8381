"""People whom mail did not reach, on the command line: who is on which rung, lists to work through, accounts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, instant, local, show
from incident.cli.tables import table
from incident.errors import BadInputError

CHANNELS = ("second_address", "sms", "phone", "letter", "substitute")


@click.command("ladder")
@click.argument("incident_id")
@common
def ladder(incident_id: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """List by position who is to be told on which channel next in INCIDENT_ID, and by when that must start."""
    from incident.service import ladder as service

    with house_of(settings) as house:
        found = service.lines(house, incident_id)
    show(
        found,
        as_json,
        lambda: table(
            ("notice", "position", "next", "start by", "mail", "tried"),
            [
                (
                    line.notice_id.removeprefix(f"{incident_id}-"),
                    str(line.position),
                    (line.next or "a person decides").replace("_", " ") + (" LATE" if line.late else ""),
                    local(line.start_by),
                    line.state.replace("_", " "),
                    ", ".join(line.tried) or "-",
                )
                for line in found
            ],
        ),
    )


@click.command("export")
@click.argument("incident_id")
@click.option("--channel", type=click.Choice(CHANNELS), required=True, help="Of which rung.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A file that only you can read.")
@common
def export(
    incident_id: str, channel: str, out: Path, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Write the list of one channel of INCIDENT_ID to work through: CSV, or letters as PDF. It is recorded."""
    from incident.core.ladder import Channel
    from incident.service import ladder as service

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        people = service.export(house, incident_id, actor=actor, channel=Channel(channel), out=out)
    show(
        {"file": str(out), "people": people},
        as_json,
        lambda: click.echo(f"{people} people in {out}; it holds personal data, so delete it when done"),
    )


@click.command("account")
@click.argument("incident_id")
@click.argument("positions", nargs=-1, type=int)
@click.option(
    "--channel", help="How: phone, sms, letter, second_address, substitute, in_person, message, other."
)
@click.option("--told", "outcome", flag_value="told", default="told", help="They were told (the default).")
@click.option("--tried", "outcome", flag_value="tried", help="Tried in vain: the next channel follows.")
@click.option("--not-reachable", "outcome", flag_value="not_reachable", help="Nothing leads to them.")
@click.option("--notice", help="Of which notice, like N2; needed when several owe people letters.")
@click.option("--at", "happened_at", callback=instant, help="When, with an offset.")
@click.option("--note", help="What happened, without personal data.")
@click.option(
    "--from-file",
    type=click.Path(path_type=Path),
    help="Many at once: a CSV with position, outcome, channel, at, note. Rows without an outcome are left.",
)
@common
def account(
    incident_id: str,
    positions: tuple[int, ...],
    channel: str | None,
    outcome: str,
    notice: str | None,
    happened_at: datetime | None,
    note: str | None,
    from_file: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Account for people at POSITIONS of INCIDENT_ID whom mail did not reach, or for those of a list."""
    from incident.service import accounting

    if from_file is not None:
        if positions or channel or note or happened_at or notice:
            raise BadInputError(
                "a list says everything itself; leave positions and options out", field="from_file"
            )
        accounts = accounting.read_list(from_file)
    else:
        if not positions or not channel or not note or happened_at is None:
            raise BadInputError(
                "give positions, --channel, --at and --note, or --from-file", field="positions"
            )
        said = accounting.Account(outcome, channel, happened_at, note)
        accounts = dict.fromkeys(((notice, position) for position in positions), (None, said))
    with house_of(settings) as house:
        state = accounting.account(house, incident_id, actor=actor_of(settings, handle), accounts=accounts)
    tally = dict(state.tally())
    show(
        {"incident": incident_id, "deliveries": tally},
        as_json,
        lambda: click.echo(", ".join(f"{name} {n}" for name, n in sorted(tally.items()) if n)),
    )
