"""The people of a cohort on the command line: why one is on it, who is one person, lists and extracts."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.cli.tables import table
from incident.core.events import to_data as plain
from incident.errors import BadInputError

_PERSON = "PERSON is a position, a pseudonym (p-...), or - to read an e-mail address from standard input."


def person_word(who: str) -> str:
    """Return whom a command is about; an address is read from standard input, where no list of processes shows it."""
    if "@" in who:
        reason = "give - and write the address on standard input: arguments are seen by others"
        raise BadInputError(reason, field="person")
    return sys.stdin.readline().strip() if who == "-" else who


@click.command(epilog=_PERSON)
@click.argument("incident_id")
@click.argument("person")
@common
def why(incident_id: str, person: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Say why PERSON is on the list, or not, with the evidence lines. The reading is recorded."""
    from incident.service import lists

    with house_of(settings) as house:
        lines = lists.why(house, incident_id, person_word(person), actor=actor_of(settings, handle))
    show({"lines": lines}, as_json, lambda: click.echo("\n".join(lines)))


@click.command(epilog=_PERSON)
@click.argument("incident_id")
@click.argument("person")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where to write it (mode 0600).")
@common
def extract(
    incident_id: str, person: str, out: Path, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Write everything that is said of PERSON, for their own eyes."""
    from incident.service import lists

    with house_of(settings) as house:
        found = lists.extract(house, incident_id, person_word(person), actor=actor_of(settings, handle))
    with lists.private_file(out) as stream:
        stream.write(json.dumps(plain(found), ensure_ascii=False, indent=2) + "\n")
    show({"written": out.name}, as_json, lambda: click.echo(f"written: {out}"))


@click.command()
@click.argument("incident_id")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where to write it (mode 0600).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json"]),
    default="csv",
    show_default=True,
    help="How it is written.",
)
@click.option(
    "--jurisdiction", multiple=True, help="Only people who live there; a country stands for its parts."
)
@click.option("--category", multiple=True, help="Only people of whom such data was exposed.")
@click.option("--certainty", multiple=True, help="Only people of this certainty.")
@click.option("--named", is_flag=True, help="With names and addresses.")
@common
def export(
    incident_id: str,
    out: Path,
    form: str,
    jurisdiction: tuple[str, ...],
    category: tuple[str, ...],
    certainty: tuple[str, ...],
    named: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Write the list of people for counsel. The export is recorded."""
    from incident.service import lists

    wanted = lists.Wanted(jurisdiction, category, certainty, named)
    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        count = lists.export(house, incident_id, out, actor=actor, wanted=wanted, as_json=form == "json")
    show(
        {"people": count, "written": out.name}, as_json, lambda: click.echo(f"{count} people written: {out}")
    )


@click.command()
@click.argument("incident_id")
@common
def merges(incident_id: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show who may be one person, what contradicts, and what was decided."""
    from incident.service import joinings
    from incident.service.house import view

    with house_of(settings) as house:
        found = joinings.listing(house, view(house, incident_id), actor=actor_of(settings, handle))
    show(found, as_json, lambda: _print_merges(incident_id, found))


def _print_merges(incident_id: str, found: object) -> None:
    from incident.service.joinings import Listed

    if not isinstance(found, Listed):
        raise TypeError("no listing")
    rows = [
        ("perhaps one person", each.kind, _places(each.positions), each.reason) for each in found.suggestions
    ]
    rows += [("conflict", each.kind, _places(each.positions), each.reason) for each in found.conflicts]
    table(("what", "kind", "positions", "because"), rows)
    for decided in found.decided:
        click.echo(f"decided {decided.merge_id}: {decided.reason}")
    click.echo(
        f"{found.suggestions_in_all} likenesses, {found.conflicts_in_all} conflicts, {len(found.decided)} decided"
    )
    click.echo(
        f"next: tocsin scope confirm-merge {incident_id} POSITION POSITION --reason WHY; then scope again"
    )


def _places(positions: tuple[int, ...]) -> str:
    return ", ".join(map(str, positions))


@click.command()
@click.argument("incident_id")
@click.argument("left", type=int)
@click.argument("right", type=int)
@click.option("--reason", required=True, help="How you know.")
@common
def confirm_merge(
    incident_id: str,
    left: int,
    right: int,
    reason: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Confirm that positions LEFT and RIGHT are one person; counts from the next scoping on."""
    from incident.service import joinings

    with house_of(settings) as house:
        merge_id = joinings.confirm(
            house, incident_id, left, right, actor=actor_of(settings, handle), reason=reason
        )
    show({"merge": merge_id}, as_json, lambda: click.echo(f"{merge_id}: confirmed; scope again to use it"))


@click.command()
@click.argument("incident_id")
@click.argument("what")
@click.option("--by", metavar="KIND", help="email, customer_id ...: what joined the position, and is shared.")
@click.option("--reason", required=True, help="How you know.")
@common
def split(
    incident_id: str,
    what: str,
    by: str | None,
    reason: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Undo the decision WHAT (MRG-...), or, with --by, say that what joined position WHAT is shared by several."""
    from incident.service import joinings

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        if by is None:
            joinings.undo(house, incident_id, what, actor=actor, reason=reason)
            merge_id = what
        elif what.isdecimal():
            merge_id = joinings.set_apart(house, incident_id, int(what), by, actor=actor, reason=reason)
        else:
            raise BadInputError("is a position when --by is given", field="what")
    show({"merge": merge_id}, as_json, lambda: click.echo(f"{merge_id}: recorded; scope again to use it"))
