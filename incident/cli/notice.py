"""Telling people on the command line: approve, and who was reached."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import actor_of, common, house_of, local, show
from incident.cli.doubts import resolve
from incident.cli.ladder import account, export, ladder
from incident.cli.tables import table

if TYPE_CHECKING:
    from incident.core.state import Approval


@click.command()
@click.argument("incident_id")
@click.option(
    "--hash", "triple", help="The hash that you read, at least 8 characters; default: the present one."
)
@click.option(
    "--emergency", metavar="REASON", help="Alone, when nobody else can approve in time; needs --hash."
)
@click.option("--withdraw", metavar="REASON", help="Take a yes back; what is being sent under it stops.")
@common
def approve(
    incident_id: str,
    triple: str | None,
    emergency: str | None,
    withdraw: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Approve cohort x letters x send of INCIDENT_ID. Whoever scoped or drafted is refused.

    With --emergency one person approves alone: everybody is paged, it runs out, and the post-mortem names it.
    """
    from incident.service import approving, further

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        if withdraw is not None:
            further.withdraw(house, incident_id, actor=actor, reason=withdraw, triple=triple)
            withdrawn = {"incident": incident_id, "withdrawn": True}
            show(withdrawn, as_json, lambda: click.echo("withdrawn; nothing more is sent under it"))
            return
        if emergency is None:
            state = approving.approve(house, incident_id, actor=actor, triple=triple)
        else:
            state = approving.force(house, incident_id, actor=actor, triple=triple or "", reason=emergency)
    approval = max((a for a in state.approvals.values() if a.approved_at), key=_approved_at, default=None)
    request = approval.request if approval else None
    show(
        {"incident": incident_id, "approval": request},
        as_json,
        lambda: click.echo(
            f"approved {request.triple[:16] if request else ''}; next: tocsin send {incident_id}"
        ),
    )


def _approved_at(approval: Approval) -> datetime:
    return approval.approved_at or approval.requested_at


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


for _command in (ladder, export, account, resolve):
    deliveries.add_command(_command)


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
