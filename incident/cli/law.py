"""The law on the command line: assess facts, read the catalogue, see what changed. Needs no settings, no database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import show
from incident.cli.law_cases import answer, lines_of, one_case
from incident.cli.law_text import print_answer, print_explained, print_risk, print_rule, rule_rows
from incident.cli.tables import table
from incident.cli.values import read_day
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.service.asking_law import LawDesk

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
facts_argument = click.argument("facts", metavar="FACTS.json")


def _desk() -> LawDesk:
    from incident.bootstrap import open_law

    return open_law()


@click.group()
def law() -> None:
    """Ask the law: what must be done by when, why, and on what source. Needs no workspace.

    \b
    echo '{"became_aware_at": "2026-03-10T05:00:00+00:00", "people": {"US-TX": 250},
           "data": ["name", "ssn"], "encrypted": false}' | tocsin law assess -
    tocsin law list --jurisdiction US-TX
    tocsin law show us-tx/individuals
    tocsin law vocabulary

    An unknown fact may be left out: a duty is then treated as arising, with low confidence and a question.
    Not legal advice; `stale` says whose review is overdue.
    """


@law.command()
@facts_argument
@click.option("--on", metavar="DAY", help="The day by which sources are stale; today, when it is left out.")
@as_json_option
def assess(facts: str, on: str | None, as_json: bool) -> None:
    """Determine every duty that follows from FACTS.json; `-` reads standard input.

    One object is one case. Several cases stand one a line (NDJSON): each gets one line of answer, in order; a
    wrong line gets an object with `line` and `error`, the others are answered, and the exit code is 4.

    \b
    {"became_aware_at": "2026-03-10T05:00:00+00:00", "clocks": {"discovered_at": null},
     "role": "controller", "sectors": [], "establishments": ["US-DE"], "lead_authority": null,
     "people": {"US-TX": 249, "DE": 12, "GB": null}, "data": ["name", "email", "ssn"],
     "medium": "electronic", "loss": ["confidentiality"], "encrypted": false, "key_compromised": false,
     "risk": "high", "complies": {"hipaa": null}, "as_of": null}

    Needed are became_aware_at, people and data. Codes: tocsin law vocabulary.
    """
    from incident.service.asking_law import assess_facts

    desk, day = _desk(), read_day(on, "on") if on is not None else None
    answer(facts, as_json, lambda value: assess_facts(desk, value, on=day).to_json(), print_answer)


@law.command()
@facts_argument
@as_json_option
def risk(facts: str, as_json: bool) -> None:
    """Propose the risk to people (EDPB) and the severity (ENISA 2013) from FACTS.json; `-` reads standard input.

    A proposal with its reasons: a named person confirms it or decides otherwise. `circumstances` holds what is
    known of who has the data, whether we still have it, and the people; `severity` may hold ENISA inputs of
    one's own. Several cases stand one a line.

    \b
    {"data": ["name", "email"], "loss": ["confidentiality"], "people": {"DE": 12},
     "circumstances": {"recipients": "attacker", "malicious": true},
     "severity": {"classes": [{"kind": "simple", "adjustment": 1, "reason": "..."}], "ease": "maximum",
                  "confidentiality": "full"}}
    """
    from incident.service.asking_law import propose

    answer(facts, as_json, propose, print_risk)


@law.command()
@as_json_option
def vocabulary(as_json: bool) -> None:
    """Print every closed vocabulary: the codes that facts and law files are written in, with their meaning."""
    from incident.service.catalogue import vocabulary as words

    found = words()
    rows = [(name, one["code"], one["meaning"]) for name, codes in found.items() for one in codes]
    show(found, as_json, lambda: table(("field", "code", "meaning"), rows))


@law.command("list")
@click.option("--jurisdiction", metavar="CODE", help="ISO 3166 code; a country takes in its states.")
@click.option("--recipient", metavar="CODE", help="Who is told: authority, individuals, credit_agencies ...")
@click.option("--sector", metavar="CODE", help="Duties of one sector only.")
@click.option(
    "--status", metavar="CODE", help="in_force, pending, proposed, voluntary, repealed, ended, or no_duty."
)
@as_json_option
def list_(
    jurisdiction: str | None, recipient: str | None, sector: str | None, status: str | None, as_json: bool
) -> None:
    """List the duties of the catalogue as they stand today; with --status, every version that stands so."""
    from incident.service.catalogue import Wanted, listed

    found = listed(_desk(), Wanted(jurisdiction, recipient, sector, status))
    show(found, as_json, lambda: rule_rows(found))


@law.command("show")
@click.argument("rule")
@as_json_option
def show_(rule: str, as_json: bool) -> None:
    """Show RULE (us-tx/individuals) or a whole law (us-tx): versions, conditions, deadline, sources, review."""
    from incident.service.catalogue import shown

    found = shown(_desk(), rule)
    show(found, as_json, lambda: print_rule(found))


@law.command()
@click.argument("rule")
@facts_argument
@as_json_option
def explain(rule: str, facts: str, as_json: bool) -> None:
    """Say why RULE arises from FACTS.json or does not, what it asks for, and how its date was reached."""
    from incident.service.catalogue import explain as explained

    with lines_of(facts) as lines:
        value = one_case(lines)
    found = explained(_desk(), rule, value)
    show(found, as_json, lambda: print_explained(found))


@law.command()
@click.argument("words", nargs=-1, required=True)
@as_json_option
def search(words: tuple[str, ...], as_json: bool) -> None:
    """Find duties by WORDS in law, title, office, citation, quote or notes; all of them must be there."""
    from incident.service.catalogue import found_by

    found = found_by(_desk(), words)
    show(found, as_json, lambda: rule_rows(found))


@law.command()
@click.argument("days", nargs=-1, metavar="[DAY1 DAY2]")
@click.option(
    "--open", "open_incidents", is_flag=True, help="What today's catalogue means for open incidents."
)
@click.option(
    "--settings",
    type=click.Path(path_type=Path),
    envvar="TOCSIN_SETTINGS",
    help="Where tocsin.toml is (--open).",
)
@as_json_option
def diff(days: tuple[str, ...], open_incidents: bool, settings: Path | None, as_json: bool) -> None:
    """Say which versions start or end being in force after DAY1 and up to DAY2.

    With --open: which obligations of open incidents would arise, lapse or move by today's catalogue, compared
    with what their ledger says. Nothing is changed; `tocsin obligations` does that.
    """
    if open_incidents:
        if days:
            raise BadInputError("give two days or --open, not both", field="days")
        _diff_open(settings, as_json)
        return
    if len(days) != 2:  # noqa: PLR2004 (from a day to a day)
        raise BadInputError("give two days, like 2026-01-01 2026-12-31, or --open", field="days")
    from incident.service.catalogue import differences

    found = differences(_desk(), read_day(days[0], "day1"), read_day(days[1], "day2"))
    rows = [(one["day"], one["change"], one["rule"], one["deadline"], one["citation"]) for one in found]
    show(found, as_json, lambda: table(("day", "change", "rule", "deadline", "citation"), rows))


def _diff_open(settings: Path | None, as_json: bool) -> None:
    from incident.cli.base import house_of, local
    from incident.service.law_effects import open_effects

    with house_of(settings) as house:
        found = open_effects(house)

    def human() -> None:
        for incident, why in found.not_compared.items():
            click.echo(f"{incident} not compared: {why}")
        table(
            ("incident", "change", "obligation", "due before", "due now", "because"),
            [
                (
                    one.incident,
                    one.change,
                    one.obligation,
                    local(one.due_before),
                    local(one.due_now),
                    one.because,
                )
                for one in found.effects
            ],
        )
        click.echo(f"{len(found.effects)} changes for {len(found.compared)} open incidents")

    show(found, as_json, human)


@law.command()
@click.option("--on", metavar="DAY", help="The day to look from; today, when it is left out.")
@as_json_option
def stale(on: str | None, as_json: bool) -> None:
    """Name what is stale: every version whose sources were to be read again before the day."""
    from incident.service.catalogue import overdue

    found = overdue(_desk(), read_day(on, "on") if on is not None else None)
    rows = [(one["rule"], one["in_force_from"], one["review_by"], str(one["days_over"])) for one in found]
    show(found, as_json, lambda: table(("rule", "version from", "review was due", "days over"), rows))


@law.command("count")
@as_json_option
def count_(as_json: bool) -> None:
    """Count what the catalogue holds: duties (law x recipient x stage), jurisdictions, versions, offices."""
    from incident.service.catalogue import counted

    found = counted(_desk())
    rows = [(name.replace("_", " "), str(number)) for name, number in found.items() if name != "recipients"]
    rows += [(f"told: {code.replace('_', ' ')}", str(number)) for code, number in found["recipients"].items()]
    show(found, as_json, lambda: table(("what", "how many"), rows))
