"""How answers about the law are written for a person: duties, rules, explanations, risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from incident.cli.tables import table

NO_NUMBER = "no number in law"


def print_answer(answer: Mapping[str, Any]) -> None:
    """Print an assessment: what is due, what was considered and is not, what is not covered or not known."""
    duties = answer["obligations"]
    required = [one for one in duties if one["required"]]
    required.sort(key=lambda one: (one["due_at"] is None, one["due_at"] or "", one["key"]))
    click.echo(f"{len(required)} duties arise")
    for one in required:
        _print_duty(one)
    others = [one for one in duties if not one["required"]]
    if others:
        click.echo(f"\n{len(others)} duties were considered and do not arise")
    for one in others:
        click.echo(f"  {one['key']}: {one['because']}")
    for head, key in (
        ("not covered by the catalogue; ask counsel", "not_covered"),
        ("facts that would change the answer", "missing_facts"),
        ("questions", "questions"),
    ):
        _print_list(head, answer[key])


def _print_duty(one: Mapping[str, Any]) -> None:
    who = one["authority"] or one["recipient"].replace("_", " ")
    click.echo(f"\n{due_text(one)}  {who} ({one['jurisdiction']})  {one['title']}")
    click.echo(f"  {one['key']}, {one['citation']}, confidence {one['confidence']}"
               + (", STALE: its review is overdue" if one["stale"] else ""))  # fmt: skip
    click.echo(f"  because {one['because']}")
    click.echo(f"  {one['derivation']}")
    if one["extended_reading"]:
        click.echo(f"  {one['extended_reading']}")


def due_text(one: Mapping[str, Any]) -> str:
    """Write when a duty is due, or why there is no date."""
    if one["due_at"]:
        return f"{one['due_at'][:16].replace('T', ' ')} UTC"
    if one["waiting_for"]:
        return f"waits for {one['waiting_for']}"
    return NO_NUMBER


def _print_list(head: str, lines: Sequence[str]) -> None:
    if lines:
        click.echo(f"\n{head}")
    for line in lines:
        click.echo(f"  {line}")


def print_risk(answer: Mapping[str, Any]) -> None:
    """Print a proposal of risk and severity with its reasons."""
    click.echo(f"risk to people, proposed: {answer['level']} ({answer['points']} points)")
    for reason in answer["reasons"]:
        click.echo(f"  {reason}")
    nearest = answer["nearest_example"]
    click.echo(f"  nearest example of EDPB Guidelines 01/2021: {nearest['gist']} (no. {nearest['number']})")
    for name in answer["unknown"]:
        click.echo(f"  not known: {name}")
    _print_severity(answer["severity"])
    click.echo("a named person confirms this, or decides otherwise with a reason")


def _print_severity(severity: Mapping[str, Any]) -> None:
    if severity["score"] is None:
        click.echo(f"severity: not scored: {', '.join(severity['not_known'])} not known")
        return
    click.echo(
        f"severity {severity['score']} ({severity['band'].replace('_', ' ')}), inputs {severity['given']}"
    )
    for line in (*severity["working"], *severity["flags"]):
        click.echo(f"  {line}")


def rule_rows(found: Sequence[Mapping[str, Any]]) -> None:
    """Print duties as rows."""
    rows = [
        (
            one["rule"],
            one["recipient"],
            places(one["jurisdictions"]),
            one["status"] + (" no_duty" if one["no_duty"] else "") + (" STALE" if one["stale"] else ""),
            one["deadline"],
            one["citation"],
        )
        for one in found
    ]
    table(("rule", "told", "where", "status", "deadline", "citation"), rows)


def places(codes: Sequence[str]) -> str:
    """Write codes, a long list by its first ones and their number."""
    shown = 4
    return ", ".join(codes) if len(codes) <= shown else f"{', '.join(codes[:shown])} ... ({len(codes)})"


def print_rule(found: Mapping[str, Any]) -> None:
    """Print a law with one or all of its duties."""
    click.echo(f"{found['law']} ({found['regime']}), {found['citation']}")
    click.echo(f"in {', '.join(found['jurisdictions'])}; file {found['file']}")
    for rule in found["rules"]:
        click.echo(f"\n{rule['rule']}: {rule['title']}")
        click.echo(f"  told: {rule['recipient'].replace('_', ' ')}, stage {rule['stage']}")
        for office in rule["authorities"]:
            click.echo(
                f"  {office['name']}, by {office['channel']} {office['url'] or office['email'] or ''}".rstrip()
            )
        for version in rule["versions"]:
            _print_version(version)
    _print_list("gives way to a law of their own in", found["displaced_in"])
    _print_list("national law", [_local_line(local) for local in found["local"]])
    _print_list("notes", found["notes"])


def _local_line(local: Mapping[str, Any]) -> str:
    since = f" binds there only from {local['in_force_from']}" if local["in_force_from"] else ""
    asks = f" asks: {local['question']}" if local["question"] else ""
    source = local["source"]
    where = f"{', '.join(sorted(local['jurisdictions']))}: {local['law']}{since}{asks}"
    return f"{where} ({source['citation']}, {source['url']}, checked {source['checked_on']})"


def _print_version(version: Mapping[str, Any]) -> None:
    until = f" to {version['in_force_to']}" if version["in_force_to"] else ""
    stale = ", STALE" if version["stale"] else ""
    click.echo(f"  from {version['in_force_from']}{until}: {version['validity'].replace('_', ' ')}")
    for line in version["when"]:
        click.echo(f"    when  {line}")
    for line in version["due"]:
        click.echo(f"    due   {line}")
    if version["doubt"]:
        click.echo(f"    doubt {version['doubt']}")
    for source in version["sources"]:
        click.echo(
            f"    read  {source['citation']} ({source['kind']}, {source['checked_on']}) {source['url']}"
        )
        click.echo(f'          "{source["quote"]}"')
    click.echo(f"    confidence {version['confidence']}; review by {version['review_by']}{stale}")


def print_explained(found: Mapping[str, Any]) -> None:
    """Print why one duty arises, or does not."""
    answer = (
        "arises" if found["required"] else "does not arise" if found["considered"] else "is not considered"
    )
    click.echo(f"{found['rule']} {answer}: {found['because']}")
    click.echo(f"version from {found['version_from']} of {found['law']}")
    for line in found["asks_for"]:
        click.echo(f"  when  {line}")
    for line in found["due"]:
        click.echo(f"  due   {line}")
    for one in found["obligations"]:
        click.echo(f"{one['key']}: {'required' if one['required'] else 'not required'}, {one['because']}")
        if one["required"]:
            click.echo(f"  {due_text(one)}: {one['derivation']}")
            click.echo(f"  confidence {one['confidence']}, {one['citation']} {one['citation_url']}")
