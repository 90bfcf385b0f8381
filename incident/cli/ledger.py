"""The ledger on the command line: verify, rebuild, see how it stands, give checkpoints out, record a loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incident.cli.base import LATE, actor_of, common, house_of, local, show

if TYPE_CHECKING:
    from incident.service.anchoring import LedgerStanding
    from incident.service.verifying import Verification

VERDICTS = {"verified": "VERIFIED", "not_verified": "NOT VERIFIED", "incomplete": "COULD NOT BE CHECKED"}
PROBLEMS_SHOWN = 20
"""Lines about what is wrong beside the ledger that a person is shown unasked: all rows may have been altered."""
CODES = {"verified": 0, "not_verified": 1, "incomplete": 2}


@click.command()
@click.option(
    "-v", "--verbose", is_flag=True, help="Show what was checked and every finding, with its meaning."
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you kept; may be given several times.",
)
@click.option(
    "--pack", type=click.Path(path_type=Path), help="Check this evidence pack instead of the live ledger."
)
@click.option("--key", "keys", multiple=True, help="With --pack: the log's verifier key, got by another way.")
@common
def verify(
    verbose: bool,
    checkpoints: tuple[Path, ...],
    pack: Path | None,
    keys: tuple[str, ...],
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Check every entry, the tree, the checkpoints, the anchors, the rows about people and the files. One verdict.

    Exit code 0 verified, 1 not verified, 2 could not be checked.
    """
    if pack is not None:
        from incident.cli.pack_check import check_pack

        click.get_current_context().exit(
            check_pack(pack, keys, checkpoints, verbose=verbose, as_json=as_json)
        )
    from incident.errors import TocsinError
    from incident.service.verifying import verify as verify_house

    try:
        known = [path.read_text(encoding="utf-8") for path in checkpoints]
        with house_of(settings) as house:
            result = verify_house(house, known=known)
    except (TocsinError, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, TocsinError) else "a checkpoint given is not text in UTF-8"
        unchecked = {"ok": False, "status": "incomplete", "sentence": why}
        show(unchecked, as_json, lambda: click.echo(f"{VERDICTS['incomplete']}  {why}"))
        click.get_current_context().exit(CODES["incomplete"])
    show(verdict_json(result), as_json, lambda: _say_verdict(result, verbose=verbose))
    click.get_current_context().exit(CODES[result.status.value])


def _say_verdict(result: Verification, *, verbose: bool) -> None:
    click.echo(f"{VERDICTS[result.status.value]}  {result.sentence()}")
    problems = list(result.problems)
    shown = problems if verbose else problems[:PROBLEMS_SHOWN]
    for line in (*shown, *_more(len(problems) - len(shown)), *result.remarks):
        click.echo(f"  {line}")
    for finding in result.log.findings if verbose or not result.log.ok else ():
        click.echo(f"  {finding.code.value}: {finding.sentence}")
        click.echo(f"      {finding.meaning}")
    if verbose or result.ok:
        click.echo(checked_words(result))


def _more(number: int) -> tuple[str, ...]:
    return (f"... and {number:,} more of these; -v shows every one",) if number else ()


def checked_words(result: Verification) -> str:
    """Say how much was checked."""
    counts = (
        (result.people_checked, "people"),
        (result.deliveries_checked, "deliveries"),
        (result.evidence_checked, "pieces of evidence"),
        (result.files_checked, "letters, packs and reports"),
        (result.anchors_checked, "receipts of anchors"),
    )
    return "checked  " + ", ".join(f"{count} {what}" for count, what in counts)


def verdict_json(result: Verification) -> dict[str, Any]:
    """Return the verdict as plain values."""
    return {
        "ok": result.ok,
        "status": result.status.value,
        "entries": result.log.size,
        "root": result.log.root.hex(),
        "sentence": result.sentence(),
        "findings": [
            {"code": f.code.value, "seq": f.seq, "sentence": f.sentence, "meaning": f.meaning}
            for f in result.log.findings
        ],
        "people_checked": result.people_checked,
        "wrong_people": result.wrong_people,
        "deliveries_checked": result.deliveries_checked,
        "wrong_deliveries": result.wrong_deliveries,
        "evidence_checked": result.evidence_checked,
        "wrong_evidence": result.wrong_evidence,
        "files_checked": result.files_checked,
        "wrong_files": result.wrong_files,
        "anchors_checked": result.anchors_checked,
        "wrong_anchors": result.wrong_anchors,
        "unreadable": result.unreadable,
        "remarks": result.remarks,
    }


@click.command()
@common
def rebuild(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Drop the projections and make them anew from the ledger; says whether they came out the same."""
    from incident.service.verifying import rebuild as rebuild_house

    with house_of(settings) as house:
        result = rebuild_house(house)
    same = "the same bytes" if result.before == result.after else "other bytes: the old ones were wrong"
    incidents = "1 incident" if result.incidents == 1 else f"{result.incidents} incidents"
    show(result, as_json, lambda: click.echo(f"{incidents} rebuilt, {same} ({result.after[:16]})"))


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

    data = {
        "entries": stands.entries,
        "signed": stands.signed,
        "signed_at": stands.signed_at,
        "overdue": late,
        "unreadable_keys": stands.unreadable_keys,
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
    show(data, as_json, lambda: _say_standing(stands))
    click.get_current_context().exit(LATE if late else 0)


def _say_standing(stands: LedgerStanding) -> None:
    click.echo(f"entries     {stands.entries}")
    unsigned = stands.entries - stands.signed
    click.echo(f"signed      {stands.signed}, last at {local(stands.signed_at)}" + _later(unsigned))
    if stands.failure is not None:
        click.echo(f"            OVERDUE since {local(stands.failure.since)}: {stands.failure.reason}")
    for why in stands.unreadable_keys:
        click.echo(f"            A KEY DOES NOT SIGN: {why}")
    if not stands.mark_is_fresh:
        click.echo("            OVERDUE: the mark beside the keys is older than the last checkpoint")
    for one in stands.anchors:
        given = f"{one.receipt.size} entries, {local(one.receipt.at)}" if one.receipt else "nothing yet"
        click.echo(f"{one.name}\n            {one.standing.value}: {given}")
        if one.failure is not None:
            click.echo(f"            fails since {local(one.failure.since)}: {one.failure.reason}")
    if not stands.anchors:
        click.echo("anchors     none; see [anchors] in tocsin.toml")


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
