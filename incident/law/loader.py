"""Read the regime files into a LawBook, refusing what is wrong, unsourced or overlapping.

One regime, one TOML file; `docs/adding-a-jurisdiction.md` and the files themselves show the keys. What
follows from the law is left to `incident.core.obligations`.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from incident.core.rules import Authority, LawBook, Per, Regime, Resolution, Rule
from incident.core.vocabulary import Recipient, Sector
from incident.errors import LawFileError
from incident.law import snapshot
from incident.law.conditions import read_limbs
from incident.law.exemptions import exempted, read_exemptions
from incident.law.schema import Table
from incident.law.versions import read_local, read_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.resources.abc import Traversable
    from pathlib import Path

    from incident.core.rules import Limb, Version


def load_book(directory: Path | None = None) -> LawBook:
    """Load all `*.toml` of a directory, by default the package's own; raises LawFileError.

    What was read and found right once is taken from its copy, while files and code are the same.
    """
    files = law_files(directory)
    key = snapshot.key_of(files)
    book = snapshot.restore(key, files)
    if book is None:
        book = book_of(read_regime(_text(content, name), name) for name, content in files)
        snapshot.keep(key, book)
    return book


def law_files(directory: Path | None = None) -> tuple[tuple[str, bytes], ...]:
    """Return name and bytes of every law file, in order of name; LawFileError when there is none."""
    place: Traversable = directory or resources.files("incident.law").joinpath("regimes")
    files = sorted((file.name, file.read_bytes()) for file in place.iterdir() if file.name.endswith(".toml"))
    if not files:
        raise LawFileError("there is no regime file", file=place.name)
    return tuple(files)


def _text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LawFileError(f"is not UTF-8: {error.reason} at byte {error.start}", file=file) from None


def book_of(regimes: Iterable[Regime]) -> LawBook:
    """Index regimes by jurisdiction; refuses two with one id."""
    found: dict[str, Regime] = {}
    index: dict[str, list[Regime]] = {}
    for regime in regimes:
        if regime.id in found:
            raise LawFileError(
                f"the id {regime.id!r} is taken by {found[regime.id].file}", file=regime.file, key="id"
            )
        found[regime.id] = regime
        for code in regime.jurisdictions:
            index.setdefault(code, []).append(regime)
    return LawBook(tuple(found.values()), {code: tuple(group) for code, group in index.items()})


def read_regime(text: str, file: str) -> Regime:
    """Read one regime file's text; `file` is the name that errors carry."""
    try:
        table = Table(tomllib.loads(text), file=file)
    except tomllib.TOMLDecodeError as error:
        raise LawFileError(f"is not TOML: {error}", file=file) from None
    regime_id, zone = table.text("id"), _zone(table, "zone")
    authorities = {code: _authority(code, row) for code, row in table.named_tables("authorities").items()}
    definitions = {name: read_limbs(row) for name, row in table.named_tables("definitions").items()}
    exemptions = read_exemptions(table)
    regime = Regime(
        id=regime_id,
        name=table.text("name"),
        citation=table.text("citation"),
        home=table.text("home"),
        jurisdictions=_jurisdictions(table),
        zone=zone,
        calendar=table.maybe_text("calendar") or "",
        general=table.flag("general", default=True),
        establishment_suffices=table.flag("establishment_suffices", default=False),
        authorities=authorities,
        rules=exempted(
            exemptions,
            tuple(
                _rule(row, regime_id=regime_id, authorities=authorities, definitions=definitions)
                for row in table.tables("rules", needed=True)
            ),
        ),
        notes=table.texts("notes"),
        file=file,
        displaced_in=frozenset(table.texts("displaced_in")),
        local=tuple(read_local(row, regime_id) for row in table.tables("local")),
    )
    table.finish()
    _check_relations(regime)
    _check_displaced(regime)
    _check_local(regime)
    return regime


def _zone(table: Table, key: str) -> str:
    name = table.text(key)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise table.error(f"unknown time zone {name!r}", key) from None
    return name


def _jurisdictions(table: Table) -> dict[str, str]:
    members = table.table("jurisdictions")
    return {code: _zone(members, code) for code in members.keys()}  # noqa: SIM118 (a Table is no mapping)


def _authority(code: str, row: Table) -> Authority:
    authority = Authority(
        code=code,
        name=row.text("name"),
        jurisdiction=row.maybe_text("jurisdiction") or code,
        channel=row.text("channel"),
        checked_on=row.day("checked_on"),
        source=row.text("source"),
        url=row.maybe_text("url"),
        email=row.maybe_text("email"),
        address=row.maybe_text("address"),
        question=row.maybe_text("question"),
        serves=row.maybe_text("serves"),
        sectors=row.codes("sectors", Sector),
    )
    if (authority.serves is None) != (not authority.sectors):
        raise row.error("serves and sectors are written together", "serves")
    row.finish()
    return authority


def _rule(
    row: Table, *, regime_id: str, authorities: dict[str, Authority], definitions: dict[str, tuple[Limb, ...]]
) -> Rule:
    short = row.text("id")
    row.rule = f"{regime_id}/{short}"
    named = row.texts("authorities")
    for code in named:
        if code not in authorities:
            raise row.error(f"unknown code {code!r}; there is no such authority in this file", "authorities")
    rule = Rule(
        id=row.rule,
        title=row.text("title"),
        recipient=row.code("recipient", Recipient),
        stage=row.text("stage"),
        per=row.code("per", Per, Per.JURISDICTION),
        resolution=row.code("resolution", Resolution, Resolution.FIXED),
        authorities=named,
        versions=_versions(row, regime_id, definitions),
    )
    row.finish()
    return rule


def _versions(row: Table, regime_id: str, definitions: dict[str, tuple[Limb, ...]]) -> tuple[Version, ...]:
    versions = [
        read_version(version, regime_id=regime_id, definitions=definitions)
        for version in row.tables("versions", needed=True)
    ]
    versions.sort(key=lambda version: version.in_force_from)
    for older, newer in pairwise(versions):
        if older.in_force_to is None or older.in_force_to >= newer.in_force_from:
            raise row.error(f"overlaps with the version from {newer.in_force_from}", "versions.in_force_to")
    return tuple(versions)


def _check_displaced(regime: Regime) -> None:
    for code in regime.displaced_in:
        if code in regime.jurisdictions or code.split("-", 1)[0] not in regime.jurisdictions:
            raise LawFileError(
                f"{code!r} is not a part of a place that the law covers", file=regime.file, key="displaced_in"
            )


def _check_local(regime: Regime) -> None:
    known = {rule.id for rule in regime.rules}
    for local in regime.local:
        for code in sorted((local.jurisdictions - regime.jurisdictions.keys()) | (local.rules - known)):
            raise LawFileError(f"unknown code {code!r}", file=regime.file, key="local")


def _check_relations(regime: Regime) -> None:
    known = {rule.id for rule in regime.rules}
    for rule in regime.rules:
        for version in rule.versions:
            relation = version.deadline.relation
            if relation and relation.rule not in known:
                raise LawFileError(
                    f"unknown code {relation.rule!r}; there is no such rule",
                    file=regime.file,
                    rule=rule.id,
                    key="deadline.relation.rule",
                )
