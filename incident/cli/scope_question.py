"""The question of a scoping on the command line: a file, the hash of one asked before, options, or all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.service.house import House

F = TypeVar("F", bound=Callable[..., Any])
_ACTORS = {
    "ip": "networks", "network": "networks", "account": "principals", "token": "tokens", "ja4": "ja4", "asn": "asns",
}  # fmt: skip
_OPTIONS = (
    click.option("--from", "start", metavar="TIME", help="Window: first moment, with an offset."),
    click.option("--to", "end", metavar="TIME", help="Window: last moment, with an offset."),
    click.option("--ip", multiple=True, help="The intruder's address, IPv4 or IPv6 in any spelling."),
    click.option("--network", multiple=True, metavar="CIDR", help="The intruder's network."),
    click.option("--account", multiple=True, help="A stolen account: the name that logs show."),
    click.option("--token", multiple=True, metavar="FILE", help="A file with a stolen token, never the token."),
    click.option("--ja4", multiple=True, help="The intruder's TLS fingerprint."),
    click.option("--asn", multiple=True, type=int, help="The number of the intruder's network operator."),
    click.option("--system", "by_access", multiple=True, help="A system whose log is searched."),
    click.option("--whole-store", multiple=True, metavar="SYSTEM[:CERTAINTY]", help="Everybody in it."),
    click.option("--path", "paths", multiple=True, metavar="PATTERN", help="Only requests for such paths."),
    click.option("--category", "categories", multiple=True, help="Only exposures of such data."),
    click.option("--person-list", type=click.Path(path_type=Path), help="A file of addresses or uid:ID, one a line."),
)  # fmt: skip


def asking(command: F) -> F:
    """Add the options that declare a question."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def document_of(
    house: House, incident_id: str, question: str | None, asked: Mapping[str, Any], reason: str
) -> dict[str, Any]:
    """Return the question as a document: options add to the file, and replace its window."""
    document = dict(_declared(house, incident_id, question)) if question else {}
    given = any(asked.values())
    if not document and not given:
        raise BadInputError("say what was compromised: --question scope.toml, or options", field="question")
    if asked["start"] or asked["end"] or "window" not in document:
        known = document.get("window", {})
        pair = {"start": asked["start"] or known.get("start"), "end": asked["end"] or known.get("end")}
        document["window"] = {name: value for name, value in pair.items() if value}
    actors: dict[str, list[Any]] = {name: list(values) for name, values in document.get("actors", {}).items()}
    for option, name in _ACTORS.items():
        values = [_secret(Path(value)) if option == "token" else value for value in asked[option]]
        if values:
            actors[name] = [*actors.get(name, []), *values]
    document["actors"] = actors
    document["systems"] = [*document.get("systems", []), *_systems(asked, reason)]
    for name in ("paths", "categories"):
        document[name] = [*document.get(name, []), *asked[name]]
    if asked["person_list"]:
        document["include"] = [*document.get("include", []), *_people(asked["person_list"], reason)]
    return document


def _declared(house: House, incident_id: str, question: str) -> Mapping[str, Any]:
    from incident.cli.values import read_toml_values
    from incident.service.scoping import saved_question

    is_hash = not set(question) - set("0123456789abcdef") and not Path(question).exists()
    return saved_question(house, incident_id, question) if is_hash else read_toml_values(Path(question))


def _systems(asked: Mapping[str, Any], reason: str) -> list[dict[str, Any]]:
    because = reason or "named on the command line"
    found: list[dict[str, Any]] = [
        {"system": name, "mode": "by_access", "reason": because} for name in asked["by_access"]
    ]
    for text in asked["whole_store"]:
        name, _, level = text.partition(":")
        entry = {"system": name, "mode": "whole_store", "reason": because, "certainty": level or "possible"}
        found.append(entry)
    return found


def _people(path: Path, reason: str) -> list[dict[str, Any]]:
    because = reason or "on the list of persons given"
    found = []
    for row, line in enumerate(_text(path).splitlines(), start=1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        kind, colon, value = word.partition(":")
        if not colon:
            kind, value = "email", word
        if kind not in {"email", "uid", "customer_id"}:
            raise BadInputError("is neither an address nor uid:ID", field="person-list", row=row)
        found.append({"kind": kind, "value": value, "reason": because, "certainty": "confirmed"})
    return found


def _secret(path: Path) -> str:
    return _text(path).strip()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError("cannot be read as text", source=path.name) from error
