"""The ledger on the command line: verify and rebuild."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import LATE, NOT_VERIFIED, actor_of, common, house_of, local, show


@click.command()
@click.option("-v", "--verbose", is_flag=True, help="Show every finding.")
@common
def verify(verbose: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Check every entry, the tree, the checkpoints, the rows about people and the evidence. One verdict.

    Exit code 0 when all is as recorded, 22 when it is not.
    """
    from incident.service.verifying import verify as verify_house

    with house_of(settings) as house:
        result = verify_house(house)

    def human() -> None:
        click.echo(("VERIFIED  " if result.ok else "NOT VERIFIED  ") + result.sentence())
        click.echo(
            f"{result.people_checked} people and {result.evidence_checked} pieces of evidence are as recorded"
            if not result.problems
            else "\n".join(result.problems)
        )
        if verbose:
            for finding in result.log.findings:
                click.echo(f"  {finding.code.value}: {finding.sentence}")

    data = {
        "ok": result.ok,
        "entries": result.log.size,
        "root": result.log.root.hex(),
        "sentence": result.sentence(),
        "findings": [
            {"code": f.code.value, "seq": f.seq, "sentence": f.sentence} for f in result.log.findings
        ],
        "people_checked": result.people_checked,
        "wrong_people": result.wrong_people,
        "evidence_checked": result.evidence_checked,
        "wrong_evidence": result.wrong_evidence,
        "unreadable": result.unreadable,
    }
    show(data, as_json, human)
    click.get_current_context().exit(0 if result.ok else NOT_VERIFIED)


@click.command()
@common
def rebuild(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Drop the projections and make them anew from the ledger; says whether they came out the same."""
    from incident.service.verifying import rebuild as rebuild_house

    with house_of(settings) as house:
        result = rebuild_house(house)
    same = "the same bytes" if result.before == result.after else "other bytes: the old ones were wrong"
    show(
        result,
        as_json,
        lambda: click.echo(f"{result.incidents} incidents rebuilt, {same} ({result.after[:16]})"),
    )


@click.group()
def ledger() -> None:
    """See how far the ledger is signed and known outside; give checkpoints out; record a loss."""


@ledger.command()
@common
def status(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show how far the ledger is recorded, signed and known outside. Exit code 20 when something is overdue."""
    from incident.service.anchoring import overdue, standing

    with house_of(settings) as house:
        stands = standing(house)
    late = overdue(stands)

    def human() -> None:
        click.echo(f"entries     {stands.entries}")
        unsigned = stands.entries - stands.signed
        click.echo(f"signed      {stands.signed}, last at {local(stands.signed_at)}" + _later(unsigned))
        if stands.failure is not None:
            click.echo(f"            OVERDUE since {local(stands.failure.since)}: {stands.failure.reason}")
        if not stands.mark_is_fresh:
            click.echo("            OVERDUE: the mark beside the keys is older than the last checkpoint")
        for one in stands.anchors:
            given = f"{one.receipt.size} entries, {local(one.receipt.at)}" if one.receipt else "nothing yet"
            click.echo(f"{one.name}\n            {one.standing.value}: {given}")
            if one.failure is not None:
                click.echo(f"            fails since {local(one.failure.since)}: {one.failure.reason}")
        if not stands.anchors:
            click.echo("anchors     none; see [anchors] in tocsin.toml")

    data = {
        "entries": stands.entries,
        "signed": stands.signed,
        "signed_at": stands.signed_at,
        "overdue": late,
        "anchors": [
            {
                "name": one.name,
                "standing": one.standing,
                "size": one.receipt.size if one.receipt else None,
                "at": one.receipt.at if one.receipt else None,
                "failure": one.failure.reason if one.failure else None,
            }
            for one in stands.anchors
        ],
    }
    show(data, as_json, human)
    click.get_current_context().exit(LATE if late else 0)


def _later(unsigned: int) -> str:
    return f"; {unsigned} later, not signed yet" if unsigned else ""


@ledger.command()
@common
def anchor(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Sign what is new and give the checkpoint to every anchor now. Exit code 10 when one did not take it."""
    from incident.service.anchoring import tend

    with house_of(settings) as house:
        said = tend(house, at_once=True)
    show(said, as_json, lambda: click.echo("\n".join(said) or "every anchor has the newest checkpoint"))
    click.get_current_context().exit(10 if any(": FAILED, " in line for line in said) else 0)


@ledger.command()
@common
def checkpoint(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Print the newest signed checkpoint, to be kept by somebody outside."""
    from incident.service.signing import newest_checkpoint

    with house_of(settings) as house:
        note = newest_checkpoint(house)
    show({"checkpoint": note}, as_json, lambda: click.echo(note, nl=False))


@ledger.command()
@click.option("--reason", required=True, help="What happened; it is recorded for ever.")
@common
def recover(reason: str, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Entries are lost for good: record the gap, and go on under a new name.

    Only when the newer database cannot be put back. The gap stays visible in every verification.
    """
    from incident.service import keeping

    actor = actor_of(settings, handle)
    with house_of(settings) as house:
        origin = keeping.recover(house, actor=actor, reason=reason)
    show(
        {"origin": origin},
        as_json,
        lambda: click.echo(f"the gap is recorded; the ledger goes on as {origin}"),
    )
