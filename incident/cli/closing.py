"""Authorities and the end on the command line: file, next-steps, action-item, postmortem, review, close."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, instant, local, show
from incident.cli.tables import table
from incident.cli.values import read_day


@click.group()
def file() -> None:
    """Prepare filing packs for authorities, and record what came back."""


@file.command("list")
@click.argument("incident_id")
@click.option("--out", type=click.Path(path_type=Path), help="Write every pack there, PDF and JSON.")
@common
def file_list(
    incident_id: str,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """List the filings of INCIDENT_ID; write the packs out to be filed."""
    from incident.service import filing
    from incident.service.house import view

    with house_of(settings) as house:
        if out is not None:
            filing.write_out(house, incident_id, out)
        state = view(house, incident_id)
    rows = []
    for filing_id, one in state.filings.items():
        due = state.obligations[one.prepared.obligation_id].arose.due_at
        reference = one.submitted.reference if one.submitted else "not filed"
        rows.append((filing_id, one.prepared.authority, one.prepared.stage, local(due), reference))
    show(
        [{"filing": f.prepared, "submitted": f.submitted} for f in state.filings.values()],
        as_json,
        lambda: table(("filing", "authority", "stage", "due", "reference"), rows),
    )


@file.command("prepare")
@click.argument("incident_id")
@click.argument("filing_id")
@click.option("--stage", type=click.Choice(("supplementary", "final")), required=True, help="Which report.")
@click.option("--because", required=True, help="Why it is made; it stands in the report.")
@common
def file_prepare(
    incident_id: str,
    filing_id: str,
    stage: str,
    because: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Prepare a later report that follows FILING_ID, from the facts of now; it says what changed."""
    from incident.service import filing_stages

    with house_of(settings) as house:
        made = filing_stages.prepare_later(
            house, incident_id, filing_id, stage=stage, because=because, actor=actor_of(settings, handle)
        )
    show(
        {"filing": made},
        as_json,
        lambda: click.echo(f"{made.filing_id}: {made.stage} report to {made.authority} is ready to be filed"),
    )


@file.command("record")
@click.argument("incident_id")
@click.argument("filing_id")
@click.option("--reference", required=True, help="The authority's reference.")
@click.option(
    "--at", "submitted_at", required=True, callback=instant, help="When it was filed, with an offset."
)
@click.option("--receipt", type=click.Path(path_type=Path), help="The receipt; kept by its hash.")
@click.option("--late-because", help="Why it is late; needed after the deadline.")
@common
def file_record(
    incident_id: str,
    filing_id: str,
    reference: str,
    submitted_at: datetime,
    receipt: Path | None,
    late_because: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Record that FILING_ID was filed, with the reference that came back."""
    from incident.service import filing

    with house_of(settings) as house:
        filing.submit(
            house,
            incident_id,
            filing_id,
            actor=actor_of(settings, handle),
            reference=reference,
            submitted_at=submitted_at,
            receipt=receipt,
            late_because=late_because,
        )
    show(
        {"filing": filing_id, "reference": reference},
        as_json,
        lambda: click.echo(f"{filing_id}: {reference}"),
    )


@click.command("next-steps")
@click.argument("incident_id")
@click.argument("positions", nargs=-1, type=int)
@click.option("--step", required=True, help="end_user_notice, patch, prevention or rights_request.")
@click.option("--text", required=True, help="What was agreed, without personal data.")
@click.option("--due-on", help="A day, like 2026-03-20.")
@common
def next_steps(
    incident_id: str,
    positions: tuple[int, ...],
    step: str,
    text: str,
    due_on: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Record what was agreed with the customers at POSITIONS; without positions, with everyone who is told."""
    from incident.service.following import record_next_step

    with house_of(settings) as house:
        state = record_next_step(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            step=step,
            text=text,
            positions=positions or None,
            due_on=read_day(due_on, "due_on") if due_on is not None else None,
        )
    newest = list(state.next_steps.values())[-1]
    show(
        newest,
        as_json,
        lambda: click.echo(f"{newest.step_id}: {newest.step} with {len(newest.positions)} customers"),
    )


@click.command("action-item")
@click.argument("incident_id")
@click.option("--text", required=True, help="What will be done.")
@click.option("--owner", required=True, help="Whose promise it is, by handle.")
@click.option("--due-on", required=True, help="A day, like 2026-04-30.")
@common
def action_item(
    incident_id: str,
    text: str,
    owner: str,
    due_on: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Promise something in the post-mortem of INCIDENT_ID."""
    from incident.service.following import promise_action_item

    with house_of(settings) as house:
        state = promise_action_item(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            text=text,
            owner=owner,
            due_on=read_day(due_on, "due_on"),
        )
    newest = list(state.action_items.values())[-1]
    show(
        newest,
        as_json,
        lambda: click.echo(f"{newest.item_id}: {newest.text} ({newest.owner}, {newest.due_on})"),
    )


@click.command()
@click.argument("incident_id")
@click.option("--out", type=click.Path(path_type=Path), help="Write it there, Markdown and HTML.")
@common
def postmortem(
    incident_id: str,
    out: Path | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Write the post-mortem of INCIDENT_ID from the ledger; print it as Markdown."""
    from incident.service import postmortem as service

    with house_of(settings) as house:
        report = service.report(house, incident_id)
        if out is not None:
            service.write_out(report, out)
    show({"markdown": report.markdown, "sha256": report.sha256}, as_json, lambda: click.echo(report.markdown))


@click.command()
@click.argument("incident_id")
@click.option("--remark", default="", help="What you want to be remembered.")
@click.option("--hash", "report_sha256", help="The hash of the report that you read.")
@common
def review(
    incident_id: str,
    remark: str,
    report_sha256: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Accept the post-mortem of INCIDENT_ID as a second person."""
    from incident.service.following import review_post_mortem

    with house_of(settings) as house:
        state = review_post_mortem(
            house, incident_id, actor=actor_of(settings, handle), remark=remark, report_sha256=report_sha256
        )
    show(
        {"incident": incident_id, "reviewed_by": state.reviewed_by},
        as_json,
        lambda: click.echo(f"reviewed by {state.reviewed_by}; next: tocsin close {incident_id}"),
    )


@click.command()
@click.argument("incident_id")
@click.option("--reason", default="nothing is open", show_default=True, help="Why it ends here.")
@common
def close(incident_id: str, reason: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Close INCIDENT_ID. While anything is open this is refused, with the list."""
    from incident.core.lifecycle import open_items
    from incident.errors import RefusedError
    from incident.service.following import close_incident
    from incident.service.house import view

    with house_of(settings) as house:
        actor = actor_of(settings, handle)
        try:
            close_incident(house, incident_id, actor=actor, reason=reason)
        except RefusedError:
            for item in open_items(view(house, incident_id)):
                click.echo(f"open: {item}", err=True)
            raise
    show({"incident": incident_id, "closed": True}, as_json, lambda: click.echo(f"{incident_id} is closed"))
