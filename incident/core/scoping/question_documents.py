"""The question as it is saved: one plain document, the same from TOML and JSON, nothing unknown."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from incident.core.scoping.identity import normal_email
from incident.core.scoping.question import (
    Actors,
    Apart,
    Certainty,
    CompromisedSystem,
    Merge,
    Named,
    Question,
    SystemMode,
    Window,
)  # fmt: skip
from incident.core.scoping.records import IdentityKind
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

_Choice = TypeVar("_Choice", bound=StrEnum)
_SOURCE = "scoping question"
_TOP = (
    "window",
    "systems",
    "actors",
    "include",
    "exclude",
    "merges",
    "apart",
    "staff_domains",
    "paths",
    "categories",
)
_NAMED = ("kind", "value", "reason", "certainty", "categories")


def instant_text(at: datetime) -> str:
    """Write an aware instant as `2026-03-10T05:00:00.000000Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def question_document(question: Question) -> dict[str, Any]:
    """Return the question as plain values; sets are sorted so that equal questions are equal bytes."""
    actors = question.actors
    return {
        "window": {"start": instant_text(question.window.start), "end": instant_text(question.window.end)},
        "systems": [_system_document(entry) for entry in sorted(question.systems,
        key=lambda each: each.system)],
        "actors": {
            "networks": sorted(actors.networks), "principals": sorted(actors.principals),
            "tokens": sorted(actors.tokens), "ja4": sorted(actors.ja4), "asns": sorted(actors.asns),
        },
        "include": [_named_document(entry) for entry in sorted(question.include, key=_named_key)],
        "exclude": [_named_document(entry) for entry in sorted(question.exclude, key=_named_key)],
        "merges": [
            {"left": list(entry.left), "right": list(entry.right), "reason": entry.reason}
            for entry in sorted(question.merges, key=lambda each: (each.left, each.right))
        ],
        "apart": [
            {"kind": entry.kind.value, "value": entry.value, "reason": entry.reason}
            for entry in sorted(question.apart, key=_apart_key)
        ],
        "staff_domains": sorted(question.staff_domains), "paths": sorted(question.paths),
        "categories": sorted(question.categories),
    }  # fmt: skip


def question_from_document(document: Mapping[str, Any]) -> Question:
    """Build a question from parsed TOML or JSON. Raises BadInputError with the field."""
    _only(document, _TOP, "")
    window = _table(document, "window")
    _only(window, ("start", "end"), "window.")
    return Question(
        window=Window(_instant(window, "start"), _instant(window, "end")),
        systems=tuple(_system(entry) for entry in _tables(document, "systems")),
        actors=_actors(_table(document, "actors") if "actors" in document else {}),
        include=tuple(_named(entry, "include") for entry in _tables(document, "include")),
        exclude=tuple(_named(entry, "exclude") for entry in _tables(document, "exclude")),
        merges=tuple(_merge(entry) for entry in _tables(document, "merges")),
        apart=tuple(_apart(entry) for entry in _tables(document, "apart")),
        staff_domains=tuple(text.strip().lower() for text in _texts(document, "staff_domains")),
        paths=tuple(_texts(document, "paths")),
        categories=tuple(_texts(document, "categories")),
    )


def _system_document(entry: CompromisedSystem) -> dict[str, Any]:
    document = {"system": entry.system, "mode": entry.mode.value, "reason": entry.reason}
    if entry.certainty is None:
        return document
    return document | {"certainty": entry.certainty.value, "categories": sorted(entry.categories)}


def _named_document(entry: Named) -> dict[str, Any]:
    return {
        "kind": entry.kind.value, "value": entry.value, "reason": entry.reason,
        "certainty": entry.certainty.value, "categories": sorted(entry.categories),
    }  # fmt: skip


def _named_key(entry: Named) -> tuple[str, str]:
    return entry.kind.value, entry.value


def _system(entry: Mapping[str, Any]) -> CompromisedSystem:
    _only(entry, ("system", "mode", "reason", "certainty", "categories"), "systems.")
    level = _choice(Certainty, entry, "certainty") if "certainty" in entry else None
    return CompromisedSystem(
        _text(entry, "system"), _choice(SystemMode, entry, "mode"), _text(entry, "reason"),
        level, tuple(_texts(entry, "categories")),
    )  # fmt: skip


def _named(entry: Mapping[str, Any], where: str) -> Named:
    _only(entry, _NAMED, f"{where}.")
    kind, value = _identity(entry.get("kind"), _text(entry, "value"), where)
    level = _choice(Certainty, entry, "certainty") if "certainty" in entry else Certainty.CONFIRMED
    return Named(kind, value, _text(entry, "reason"), level, tuple(_texts(entry, "categories")))


def _apart(entry: Mapping[str, Any]) -> Apart:
    _only(entry, ("kind", "value", "reason"), "apart.")
    kind, value = _identity(entry.get("kind"), _text(entry, "value"), "apart")
    return Apart(kind, value, _text(entry, "reason"))


def _apart_key(entry: Apart) -> tuple[str, str]:
    return entry.kind.value, entry.value


def _merge(entry: Mapping[str, Any]) -> Merge:
    _only(entry, ("left", "right", "reason"), "merges.")
    pairs = []
    for side in ("left", "right"):
        pair = _texts(entry, side)
        if len(pair) != len(("kind", "value")):
            raise BadInputError("must be a kind and a value", field=f"merges.{side}", source=_SOURCE)
        pairs.append(_identity(pair[0], pair[1], "merges"))
    return Merge(pairs[0], pairs[1], _text(entry, "reason"))


def _identity(kind: object, value: str, where: str) -> tuple[IdentityKind, str]:
    chosen = _choice(IdentityKind, {"kind": kind}, "kind")
    if chosen is not IdentityKind.EMAIL:
        return chosen, value.strip()
    email = normal_email(value)
    if email is None:
        raise BadInputError("is not an e-mail address", field=f"{where}.value", source=_SOURCE)
    return chosen, email


def _actors(table: Mapping[str, Any]) -> Actors:
    _only(table, ("networks", "principals", "tokens", "ja4", "asns"), "actors.")
    asns = table.get("asns", [])
    if not isinstance(asns, list) or not all(type(number) is int for number in asns):
        raise BadInputError("must be a list of numbers", field="actors.asns", source=_SOURCE)
    networks, principals, tokens, ja4 = (
        tuple(_texts(table, name)) for name in ("networks", "principals", "tokens", "ja4")
    )
    return Actors(networks, principals, tokens, ja4, tuple(asns))


def _only(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise BadInputError(
                f"is not known here; known are {', '.join(known)}", field=f"{where}{key}", source=_SOURCE
            )


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = table.get(name)
    if not isinstance(value, dict):
        raise BadInputError("must be given as a table", field=name, source=_SOURCE)
    return value


def _tables(table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise BadInputError("must be a list of tables", field=name, source=_SOURCE)
    return value


def _texts(table: Mapping[str, Any], name: str) -> list[str]:
    value = table.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise BadInputError("must be a list of texts", field=name, source=_SOURCE)
    return value


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadInputError("must be a text", field=name, source=_SOURCE)
    return value


def _choice(choices: type[_Choice], table: Mapping[str, Any], name: str) -> _Choice:
    try:
        return choices(str(table.get(name)))
    except ValueError as error:
        raise BadInputError(f"must be one of {', '.join(choices)}", field=name, source=_SOURCE) from error


def _instant(table: Mapping[str, Any], name: str) -> datetime:
    value = table.get(name)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise BadInputError("is not an instant", field=f"window.{name}", source=_SOURCE) from error
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise BadInputError("must be an instant with a time zone", field=f"window.{name}", source=_SOURCE)
    return at.astimezone(UTC)
