"""The first hour on the command line: open, aware, fact, assess."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from incident.cli.base import actor_of, common, house_of, instant, show
from incident.cli.values import faces_json
from incident.core import events as e


@click.command("open")
@click.argument("title")
@click.option("--detected-at", callback=instant, help="When something was first noticed, with an offset.")
@click.option("--aware-at", callback=instant, help="When the team became aware; the 48 hours start there.")
@click.option("--because", default="", help="Why that moment: what was known then.")
@common
def open_(
    title: str,
    detected_at: datetime | None,
    aware_at: datetime | None,
    because: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Open an incident, with TITLE in plain words and no personal data.

    \b
    tocsin open "Stolen service account read user uploads" --as ada \\
        --aware-at 2026-03-10T05:00:00+00:00 --because "attacker address seen in our audit log"
    """
    from incident.core.standing import clocks, summary
    from incident.service.house import view
    from incident.service.obligations import determine
    from incident.service.opening import open_incident

    with house_of(settings) as house:
        state = open_incident(
            house,
            actor=actor_of(settings, handle),
            title=title,
            detected_at=detected_at,
            became_aware_at=aware_at,
            aware_because=because,
        )
        if aware_at is not None:
            determine(house, state.incident_id)
            state = view(house, state.incident_id)
        now = house.clock.now()

    def human() -> None:
        click.echo(f"opened {state.incident_id}: {summary(state, now)}")
        click.echo(f"next: tocsin evidence plan {state.incident_id}")

    show({"incident": state.incident_id, "clocks": faces_json(clocks(state, now))}, as_json, human)


@click.command()
@click.argument("incident_id")
@click.option("--at", "aware_at", required=True, callback=instant, help="The moment, with an offset.")
@click.option("--because", required=True, help="Why that moment: what was known then.")
@common
def aware(
    incident_id: str,
    aware_at: datetime,
    because: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Decide when the team became aware of INCIDENT_ID. A correction stays beside what it corrects."""
    from incident.core.standing import summary
    from incident.service.opening import decide_awareness

    with house_of(settings) as house:
        state = decide_awareness(
            house, incident_id, actor=actor_of(settings, handle), became_aware_at=aware_at, because=because
        )
        line = summary(state, house.clock.now())
    show({"incident": incident_id, "became_aware_at": aware_at}, as_json, lambda: click.echo(line))


@click.command()
@click.argument("incident_id")
@click.argument("name")
@click.argument("value", required=False)
@click.option(
    "--label",
    type=click.Choice([label.value for label in e.Label]),
    default="fact",
    show_default=True,
    help="How much it is worth.",
)
@click.option("--source", required=True, help="Where this is known from.")
@common
def fact(
    incident_id: str,
    name: str,
    value: str | None,
    label: str,
    source: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Record fact NAME of INCIDENT_ID as VALUE (JSON or text); no value with --label unknown."""
    from incident.cli.values import read_value
    from incident.service.opening import amend_fact

    with house_of(settings) as house:
        state = amend_fact(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            name=name,
            value=read_value(value),
            label=e.Label(label),
            source=source,
        )
    show(
        {"incident": incident_id, "facts": {n: f.value for n, f in state.facts.items()}},
        as_json,
        lambda: click.echo(f"recorded: {name} ({label})"),
    )


@click.command()
@click.argument("incident_id")
@click.option(
    "--input", "facts", type=click.Path(path_type=Path), help="A TOML file with the severity inputs."
)
@click.option("--outcome", type=click.Choice([o.value for o in e.Outcome]), help="Your decision.")
@click.option("--reason", default="", help="Why; needed with --outcome.")
@click.option("--risk", type=click.Choice(["unlikely", "risk", "high"]), help="Override the proposed risk.")
@click.option("--risk-because", help="Why the proposal is wrong.")
@common
def assess(
    incident_id: str,
    facts: Path | None,
    outcome: str | None,
    reason: str,
    risk: str | None,
    risk_because: str | None,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Score severity, propose the risk to people, and record your decision about INCIDENT_ID."""
    from incident.cli.values import read_toml_values
    from incident.service.assessing import assess as assess_incident

    with house_of(settings) as house:
        result = assess_incident(
            house,
            incident_id,
            actor=actor_of(settings, handle),
            inputs=read_toml_values(facts),
            level=risk,
            level_because=risk_because,
            outcome=e.Outcome(outcome) if outcome else None,
            reason=reason,
        )
    show(result, as_json, lambda: click.echo("\n".join(result.lines())))
