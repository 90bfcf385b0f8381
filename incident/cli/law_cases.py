"""Cases in, answers out: FACTS.json or standard input, one case or several, a line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.service.asking_law import Answer


def answer(
    place: str,
    as_json: bool,
    ask: Callable[[Mapping[str, Any]], Any],
    human: Callable[[Any], None],
) -> None:
    """Answer one case, or each of several as it comes; a wrong one among several ends in exit code 4."""
    from incident.service.asking_law import answer_each, read_cases

    wrong = False
    with lines_of(place) as lines:
        several, cases = read_cases(lines)
        for one in answer_each(cases, ask):
            if not several and one.error is not None:
                raise one.error
            wrong = wrong or one.error is not None
            _write(one, human, as_json=as_json, several=several)
    click.get_current_context().exit(BadInputError.exit_code if wrong else 0)


def _write(one: Answer, human: Callable[[Any], None], *, as_json: bool, several: bool) -> None:
    if one.error is not None:
        click.echo(f"tocsin: line {one.line}: {one.error}", err=True)
    if as_json:
        layout: dict[str, Any] = {} if several else {"indent": 2}
        click.echo(json.dumps(one.to_json(), ensure_ascii=False, **layout))
    elif one.error is None:
        if several:
            click.echo(f"--- line {one.line}")
        human(one.found)


@contextmanager
def lines_of(place: str) -> Iterator[Iterable[str]]:
    """Open FACTS.json, or standard input for `-`, as lines of UTF-8."""
    if place == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig")  # type: ignore[union-attr]
        yield _decoded(sys.stdin, "standard input")
        return
    path = Path(place)
    try:
        file = path.open(encoding="utf-8-sig")
    except OSError as error:
        raise BadInputError(f"cannot be read: {error.strerror}", source=path.name) from error
    with file:
        yield _decoded(file, path.name)


def _decoded(lines: Iterable[str], source: str) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise BadInputError(f"is not UTF-8 at byte {error.start}", source=source) from error


def one_case(lines: Iterable[str]) -> Mapping[str, Any]:
    """Read the facts of exactly one case; BadInputError for none, several or wrong ones."""
    from incident.service.asking_law import read_cases

    _, cases = read_cases(lines)
    case, more = next(cases), next(cases, None)
    if case.error is not None or case.value is None:
        raise case.error or BadInputError("there are no facts in it")
    if more is not None:
        raise BadInputError("holds several cases; one rule is explained for one case")
    return case.value
