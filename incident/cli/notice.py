"""Telling people on the command line: letters, approve, send, deliveries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, local, show
from incident.cli.ladder import account, export, ladder
from incident.cli.tables import table
from incident.errors import RefusedError

if TYPE_CHECKING:
    from incident.service.house import House


@click.command()
@click.argument("incident_id")
@click.option("--draft", is_flag=True, help="Draft them anew from the facts as they are.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write each letter there, to be opened and read."
)
@common
def letters(
    incident_id: str, draft: bool, out: Path | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """List the letters of INCIDENT_ID with what the letter check found; write them out to be read."""
    from incident.service import letters as service

    with house_of(settings) as house:
        if draft:
            service.draft(house, incident_id, actor=actor_of(settings, handle))
        if out is not None:
            service.write_out(house, incident_id, out)
        refused = _not_requested(house, incident_id) if draft else None
        drafted, approval = service.current(house, incident_id)
    rows = [
        (d.letter_id, d.regime, d.language, str(d.people), d.sha256[:16], "; ".join(d.findings) or "clean")
        for d in drafted
    ]

    def human() -> None:
        table(("letter", "regime", "language", "people", "sha256", "check"), rows)
        if approval is not None:
            stands = (
                f"approved by {approval.approved_by}" if approval.granted else "waits for a second person"
            )
            click.echo(f"cohort x letters x send {approval.request.triple[:16]}: {stands}")
            options = "; ".join(f"{name} {value}" for name, value in sorted(approval.request.options.items()))
            click.echo(f"sent by {approval.request.transport}" + (f" with {options}" if options else ""))

    show({"letters": drafted, "approval": approval.request if approval else None}, as_json, human)
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


@click.command()
@click.argument("incident_id")
@click.option(
    "--hash", "triple", help="The hash that you read, at least 8 characters; default: the present one."
)
@click.option(
    "--emergency", metavar="REASON", help="Alone, when nobody else can approve in time; needs --hash."
)
@common
def approve(
    incident_id: str,
    triple: str | None,
    emergency: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Approve cohort x letters x send of INCIDENT_ID. Whoever scoped or drafted is refused.

    With --emergency one person approves alone: everybody is paged, it runs out, and the post-mortem names it.
    """
    from incident.service import approving

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        if emergency is None:
            state = approving.approve(house, incident_id, actor=actor, triple=triple)
        else:
            state = approving.force(house, incident_id, actor=actor, triple=triple or "", reason=emergency)
    approval = state.approval
    request = approval.request if approval else None
    show(
        {"incident": incident_id, "approval": request},
        as_json,
        lambda: click.echo(
            f"approved {request.triple[:16] if request else ''}; next: tocsin send {incident_id}"
        ),
    )


@click.group()
def deliveries() -> None:
    """See who was reached, and account for those who were not."""


@deliveries.command("list")
@click.argument("incident_id")
@click.option("--not-reached", is_flag=True, help="Only people who need another channel.")
@click.option("--show-contacts", is_flag=True, help="Show names and contacts; the reading is recorded.")
@common
def deliveries_list(
    incident_id: str,
    not_reached: bool,
    show_contacts: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """List the deliveries of INCIDENT_ID by position."""
    from incident.service import settling

    with house_of(settings) as house:
        actor = actor_of(settings, handle) if show_contacts else None
        rows = settling.deliveries(house, incident_id, not_reached=not_reached, contacts_for=actor)
    show(
        rows,
        as_json,
        lambda: table(
            ("notice", "position", "state", "since", "why", "contact"),
            [
                (
                    r.notice_id.removeprefix(f"{incident_id}-"),
                    str(r.position),
                    r.state,
                    local(r.changed_at),
                    r.reason or "",
                    r.contact or "",
                )
                for r in rows
            ],
        ),
    )


for _command in (ladder, export, account):
    deliveries.add_command(_command)


@deliveries.command("resolve")
@click.argument("incident_id")
@click.argument("batch", type=int)
@click.option("--accepted/--not-accepted", required=True, help="Whether the provider has it.")
@click.option("--how", required=True, help="How you found out.")
@click.option("--notice", help="Of which notice, like N2; needed when several owe people letters.")
@common
def deliveries_resolve(
    incident_id: str,
    batch: int,
    accepted: bool,
    how: str,
    notice: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Settle a doubt about BATCH by hand. Not accepted means that it will be sent again."""
    from incident.service import settling

    with house_of(settings) as house:
        settling.resolve(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            batch=batch,
            accepted=accepted,
            how=how,
            notice=notice,
        )
    word = "accepted" if accepted else "not accepted; it will be sent again"
    show({"batch": batch, "accepted": accepted}, as_json, lambda: click.echo(f"batch {batch}: {word}"))


@deliveries.command("show")
@click.argument("incident_id")
@click.argument("position", type=int)
@click.option("--html", "as_html", is_flag=True, help="The HTML instead of the text.")
@click.option("--notice", help="Of which notice, like N2; needed when several owe people letters.")
@common
def deliveries_show(
    incident_id: str,
    position: int,
    notice: str | None,
    as_html: bool,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show exactly what the person at POSITION was told; the reading is recorded."""
    from incident.service.told_text import told_text

    with house_of(settings) as house:
        told = told_text(house, incident_id, position, actor=actor_of(settings, handle), notice=notice)
    head = f"To: {told.address}\nSubject: {told.subject}\n"
    letter, call = (
        f"letter {told.letter_id}, sha256 {told.letter_sha256[:16]}",
        f"{told.batch}.{told.attempt}",
    )
    about = f"[{told.state}; {letter}; batch and attempt {call}]"
    show(told, as_json, lambda: click.echo(f"{about}\n{head}\n{told.html if as_html else told.text}"))
