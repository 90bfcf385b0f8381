"""Proofs on the command line: make one for a person, check one that somebody shows."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, show


@click.command()
@click.argument("incident_id", required=False)
@click.argument("position", type=click.IntRange(min=0), required=False)
@click.option(
    "--cohort", "cohort_id", help="In which cohort the position counts, such as C1; else the newest."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it; holds this person's data.")
@click.option(
    "--check",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Check a proof file; offline.",
)
@click.option(
    "--key", "keys", multiple=True, help="With --check: a verifier key that you have from elsewhere."
)
@common
def prove(
    incident_id: str | None,
    position: int | None,
    cohort_id: str | None,
    out: Path | None,
    check: Path | None,
    keys: tuple[str, ...],
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Make a proof of everything recorded about the person at POSITION of INCIDENT_ID, and about nobody else.

    With --check FILE no workspace is needed. Exit code 0 when the proof stands, 1 when it does not.
    """
    if check is not None:
        _check(check, keys, as_json=as_json)
        return
    if incident_id is None or position is None:
        raise click.UsageError("name an incident and a position, or a file to check")
    from incident.service.proving import prove as make

    with house_of(settings) as house:
        proof = make(house, incident_id, position, actor=actor_of(settings, handle), cohort_id=cohort_id)
    text = json.dumps(proof, ensure_ascii=False, indent=2) + "\n"
    target = out or Path(f"{incident_id}-{position}.proof.json")
    with os.fdopen(
        os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(text)
    facts = {"file": str(target), "entries": len(proof["entries"]), "state": proof["state"]}
    said = f"wrote {target}: {facts['entries']} entries; this person is {proof['state'] or 'not told'}"
    show(facts, as_json, lambda: click.echo(said))


def _check(file: Path, keys: tuple[str, ...], *, as_json: bool) -> None:
    from incident.errors import BadInputError, TamperError
    from incident.service.proving import check_proof

    try:
        found, given = check_proof(file.read_bytes(), keys=keys)
    except (BadInputError, TamperError) as error:
        why = str(error)
        show({"ok": False, "why": why}, as_json, lambda: click.echo(f"DOES NOT STAND  {why}"))
        click.get_current_context().exit(1)

    def human() -> None:
        erased = "; the record was erased" if found.erased else ""
        click.echo(f"STANDS  {found.incident_id}, position {found.position}: {found.entries} entries under a")
        click.echo(
            f"        signed checkpoint of {found.checkpoint_size}; outcome {found.state}, {found.letter_id}{erased}"
        )
        if not given:
            click.echo(
                "        checked with the keys in the file; give --key with a key from elsewhere to be sure"
            )

    show(
        {"ok": True, "state": found.state, "letter_id": found.letter_id, "entries": found.entries},
        as_json,
        human,
    )
