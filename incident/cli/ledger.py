"""The ledger on the command line: verify and rebuild."""

from __future__ import annotations

from pathlib import Path

import click

from incident.cli.base import NOT_VERIFIED, common, house_of, show


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
