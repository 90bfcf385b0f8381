"""What a decision asks, as data, and how answers are read. Asking and showing are left to `asking`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from incident.core.actors import Role
from incident.errors import BadInputError
from incident.web.visit import Visit

Options = Sequence[tuple[str, str]]
LONGEST_TEXT = 4000
LONGEST_LINE = 300


@dataclass(frozen=True, slots=True)
class Field:
    """One question. Kinds: text, area, lines, choice, many, instant, day, number, numbers, file, seen."""

    name: str
    kind: str = "text"
    required: bool = True
    options: Callable[[Visit], Options] | None = None
    preset: Callable[[Visit], str] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that a person decides: who may, what is asked, what is shown beside it, what then happens.

    `perform` gets the answers by field name and returns the id of the incident.
    """

    slug: str
    roles: frozenset[Role]
    fields: tuple[Field, ...]
    perform: Callable[[Visit, Mapping[str, Any]], str]
    shown: Callable[[Visit], Sequence[tuple[str, str]]] | None = None
    danger: bool = False

    @property
    def path(self) -> str:
        """Where it is asked."""
        return "/open" if self.slug == "open" else f"/incidents/{{incident_id}}/do/{self.slug}"

    @property
    def has_file(self) -> bool:
        """Whether a file may come with it."""
        return any(field.kind == "file" for field in self.fields)


def raw(visit: Visit, decision: Decision) -> dict[str, list[str]]:
    """Return what was typed, by the names of the inputs."""
    names = [name for field in decision.fields for name in inputs(field)]
    given: dict[str, list[str]] = {}
    for name in names:
        values = visit.form.getlist(name)
        given[name] = [v.replace("\r\n", "\n").strip() for v in values if isinstance(v, str)]
    return given


def presets(visit: Visit, decision: Decision) -> dict[str, list[str]]:
    """Return what stands in the form at first: from the incident, or from the address."""
    given: dict[str, list[str]] = {}
    for field in decision.fields:
        asked = visit.query.get(field.name)
        if asked is not None and field.kind in {"choice", "number", "numbers"}:
            given[field.name] = [asked[:LONGEST_LINE]]
        elif field.preset is not None:
            given[field.name] = [field.preset(visit)]
        if field.kind == "instant":
            given[f"{field.name}_zone"] = [visit.reception.house.profile.time_zone]
    return given


def inputs(field: Field) -> tuple[str, ...]:
    """Return the names of the inputs of a field."""
    if field.kind == "instant":
        return (field.name, f"{field.name}_zone")
    if field.kind == "file":
        return (f"{field.name}_kept", f"{field.name}_name", f"{field.name}_seal")
    return (field.name,)


def answers(
    visit: Visit, decision: Decision, given: Mapping[str, list[str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Read what was typed: answers by field, and what is wrong by field."""
    found: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for field in decision.fields:
        try:
            found[field.name] = _read(visit, field, given)
        except BadInputError as error:
            wrong[field.name] = error.reason
    return found, wrong


def zones(visit: Visit) -> Options:
    """Return the zones in which a time may be written."""
    own = visit.reception.house.profile.time_zone
    return tuple((zone, zone) for zone in dict.fromkeys((own, "UTC")))


def _read(visit: Visit, field: Field, given: Mapping[str, list[str]]) -> Any:
    values = [value for value in given.get(field.name, []) if value]
    if field.kind == "file":
        kept = (given.get(f"{field.name}_kept") or [""])[0]
        return kept or _missing(visit, field)
    if not values:
        return _missing(visit, field)
    if field.kind in {"choice", "many"}:
        chosen = _chosen(visit, field, values)
        return chosen if field.kind == "many" else chosen[0]
    if field.kind == "instant":
        return instant(visit, values[0], (given.get(f"{field.name}_zone") or ["UTC"])[0])
    return READERS.get(field.kind, _line)(visit, values[0])


def _missing(visit: Visit, field: Field) -> Any:
    if field.required:
        raise BadInputError(visit.texts("form.missing"), field=field.name)
    return () if field.kind in {"many", "numbers", "lines"} else None


def _chosen(visit: Visit, field: Field, values: list[str]) -> tuple[str, ...]:
    allowed = {code for code, _words in (field.options(visit) if field.options else ())}
    if not set(values) <= allowed:
        raise BadInputError(visit.texts("form.choose"), field=field.name)
    return tuple(values)


def instant(visit: Visit, text: str, zone: str) -> datetime:
    """Read a wall-clock time in a zone; one that occurs twice or never is refused."""
    if zone not in {code for code, _words in zones(visit)}:
        raise BadInputError(visit.texts("form.zone"))
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(visit.texts("form.instant")) from None
    if wall.tzinfo is not None:
        return wall
    found = wall.replace(tzinfo=ZoneInfo(zone))
    if found.astimezone(UTC).astimezone(found.tzinfo).replace(tzinfo=found.tzinfo) != found:
        raise BadInputError(visit.texts("form.never"))
    if found.utcoffset() != found.replace(fold=1).utcoffset():
        raise BadInputError(visit.texts("form.twice"))
    return found


def _day(visit: Visit, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(visit.texts("form.day")) from None


def _numbers(visit: Visit, text: str) -> tuple[int, ...]:
    parts = text.replace(",", " ").split()
    if not parts or not all(p.isascii() and p.isdecimal() and len(p) <= 9 for p in parts):  # noqa: PLR2004
        raise BadInputError(visit.texts("form.numbers"))
    return tuple(int(part) for part in parts)


def _bounded(visit: Visit, text: str, most: int = LONGEST_TEXT) -> str:
    if len(text) > most:
        raise BadInputError(visit.texts("form.long", most=most))
    if any(not (c.isprintable() or c in "\n\t") for c in text):
        raise BadInputError(visit.texts("form.control"))
    return text


def _line(visit: Visit, text: str) -> str:
    return _bounded(visit, text, LONGEST_LINE)


def _lines(visit: Visit, text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in _bounded(visit, text).split("\n") if line.strip())


READERS: Mapping[str, Callable[[Visit, str], Any]] = {
    "area": _bounded,
    "lines": _lines,
    "day": _day,
    "number": lambda visit, text: _numbers(visit, text)[0],
    "numbers": _numbers,
}
"""How the text of each kind of field is read; a kind that is not here is one line."""
