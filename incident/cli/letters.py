"""Letters on the command line: read them, and propose further ones to some of the people of a notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, show
from incident.cli.tables import table
from incident.errors import RefusedError

if TYPE_CHECKING:
    from incident.core.events import FurtherProposed, LetterDrafted
    from incident.core.state import Approval
    from incident.service.house import House


class Listing(click.Group):
    """A group that lists when it is given an incident at once: `tocsin letters INC`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` before arguments that begin with no command of ours."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["list", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name; an incident's name stands for `list`."""
        return super().get_command(ctx, cmd_name) or self.commands["list"]


@click.group(cls=Listing)
def letters() -> None:
    """List the letters of an incident (`tocsin letters INC`), or propose further ones."""


@letters.command("list")
@click.argument("incident_id")
@click.option("--draft", is_flag=True, help="Draft them anew from the facts as they are.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write each letter there, to be opened and read."
)
@common
def letters_list(
    incident_id: str, draft: bool, out: Path | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """List the letters of INCIDENT_ID with what the letter check found; write them out to be read."""
    from incident.service import further_letters
    from incident.service import letters as service

    with house_of(settings) as house:
        if draft:
            service.draft(house, incident_id, actor=actor_of(settings, handle))
        if out is not None:
            service.write_out(house, incident_id, out)
            further_letters.write_out(house, incident_id, out)
        refused = _not_requested(house, incident_id) if draft else None
        drafted, approval = service.current(house, incident_id)
        more = further_letters.waiting_ones(house, incident_id)
    shown = {
        "letters": drafted,
        "approval": approval.request if approval else None,
        "further": [one for one, _approval in more],
    }
    show(shown, as_json, lambda: _listed(drafted, approval, more))
    if refused is not None:
        raise refused


def _not_requested(house: House, incident_id: str) -> RefusedError | None:
    """Ask for the approval; a refusal is given back, to be raised when the letters have been shown."""
    from incident.service import letters as service

    try:
        service.request_approval(house, incident_id)
    except RefusedError as error:
        return error
    return None


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what every proposal takes."""
    for add in (
        click.option("--out", type=click.Path(path_type=Path), help="Write the letters there, to be read."),
        click.option("--notice", help="Of which notice, like N2; needed when several owe people letters."),
        click.option("--because", required=True, help="Why; kept in the ledger, so without personal data."),
        click.argument("incident_id"),
    ):
        command = add(command)
    return command


@letters.command("correct")
@_options
@click.option("--letter", "letter_id", help="Only those who got this letter; else everybody who got any.")
@common
def correct(
    incident_id: str,
    because: str,
    notice: str | None,
    letter_id: str | None,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Propose a corrected letter to exactly those who got a wrong one; amend the facts first."""
    asked = _Asked("correction", incident_id, because, notice, out, letter_id)
    _propose(asked, settings, handle, as_json=as_json)


@letters.command("second-address")
@_options
@common
def second_address(
    incident_id: str,
    because: str,
    notice: str | None,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Propose letters to another address of those whom mail did not reach, where the evidence has one."""
    asked = _Asked("second_address", incident_id, because, notice, out)
    _propose(asked, settings, handle, as_json=as_json)


@letters.command("unsent")
@_options
@common
def unsent(
    incident_id: str,
    because: str,
    notice: str | None,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Stop a notice, and propose letters to those to whom nothing was handed over: by another provider, or anew."""
    asked = _Asked("unsent", incident_id, because, notice, out)
    _propose(asked, settings, handle, as_json=as_json)


@letters.command("substitute")
@click.argument("incident_id")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Write the notices there.")
@common
def substitute(incident_id: str, out: Path, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Write the substitute notices of INCIDENT_ID: what the approved letters say, for those whom no letter reaches.

    A public text without personal data. Where it must be published, and for how long, each law says for itself.
    """
    from incident.service.substituting import write_out

    del handle
    with house_of(settings) as house:
        written = write_out(house, incident_id, out)
    rows = [(str(one.file), one.regime, one.language, str(one.people)) for one in written]
    show(written, as_json, lambda: table(("file", "regime", "language", "people"), rows))


@dataclass(frozen=True, slots=True)
class _Asked:
    kind: str
    incident_id: str
    because: str
    notice: str | None
    out: Path | None
    letter_id: str | None = None


def _propose(asked: _Asked, settings: Path | None, handle: str | None, *, as_json: bool) -> None:
    from incident.core.further import Kind
    from incident.service import further, further_letters

    with house_of(settings) as house:
        proposed = further.propose(
            house,
            asked.incident_id,
            actor=actor_of(settings, handle),
            kind=Kind(asked.kind),
            reason=asked.because,
            notice=asked.notice,
            letter_id=asked.letter_id,
        )
        if asked.out is not None:
            further_letters.write_out(house, asked.incident_id, asked.out)
        triple = further_letters.triple_of(house, asked.incident_id, proposed.approval_id)
    words = (
        f"{len(proposed.letters)} further letters to {proposed.people} people of {proposed.of_notice}\n"
        f"a second person reads them and approves: tocsin approve {asked.incident_id} --hash {triple[:16]}"
    )
    show({"proposed": proposed, "triple": triple}, as_json, lambda: click.echo(words))


def _listed(
    drafted: Iterable[LetterDrafted],
    approval: Approval | None,
    more: Iterable[tuple[FurtherProposed, Approval]],
) -> None:
    _table(drafted)
    if approval is not None:
        _stands("cohort x letters x send", approval)
    for one, its_approval in more:
        kind = one.kind.replace("_", " ")
        click.echo(f"\nfurther letters, {kind}: {one.people} people of {one.of_notice}; {one.reason}")
        _table(one.letters)
        _stands("people x letters x send", its_approval)


def _table(letters: Iterable[LetterDrafted]) -> None:
    rows = [
        (d.letter_id, d.regime, d.language, str(d.people), d.sha256[:16], "; ".join(d.findings) or "clean")
        for d in letters
    ]
    table(("letter", "regime", "language", "people", "sha256", "check"), rows)


def _stands(what: str, approval: Approval) -> None:
    request = approval.request
    stands = f"approved by {approval.approved_by}" if approval.granted else "waits for a second person"
    click.echo(f"{what} {request.triple[:16]}: {stands}")
    options = "; ".join(f"{name} {value}" for name, value in sorted(request.options.items()))
    click.echo(f"sent by {request.transport}" + (f" with {options}" if options else ""))
