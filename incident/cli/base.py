"""What every command shares: who acts, how times are read, how answers are shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from incident.core.events import instant_text, to_data
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.core.actors import Actor
    from incident.service.house import House

F = TypeVar("F", bound=Callable[..., Any])
LATE, AT_RISK, PAST_SAFE_SEND, WATCH_STALE, NOT_READ_WHOLE = 20, 21, 23, 24, 26


def instant(_ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Read an instant with an offset; a naive or impossible one is refused with the field's name."""
    if value is None:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise BadInputError(
            f"{value!r} is not a time like 2026-03-10T05:00:00+00:00", field=param.name
        ) from error
    if parsed.tzinfo is None:
        raise BadInputError(
            "the time has no offset; write it like 2026-03-10T05:00:00+00:00", field=param.name
        )
    return parsed


def common(command: F) -> F:
    """Add --settings, --as and --json."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Answer as JSON."),
        click.option("--as", "handle", metavar="HANDLE", envvar="TOCSIN_AS", help="Who you are, by handle."),
        click.option(
            "--settings",
            type=click.Path(path_type=Path),
            envvar="TOCSIN_SETTINGS",
            help="Where tocsin.toml is.",
        ),
    ):
        command = option(command)
    return command


@contextmanager
def house_of(settings: Path | None) -> Iterator[House]:
    """Open the house for one command."""
    from incident.bootstrap import open_house

    with open_house(settings) as house:
        yield house


def actor_of(settings: Path | None, handle: str | None) -> Actor:
    """Return who acts, or say how to tell."""
    from incident.bootstrap import actor

    if not handle:
        raise BadInputError("say who you are: --as HANDLE, or TOCSIN_AS in the environment", field="as")
    return actor(settings, handle)


def show(data: Any, as_json: bool, human: Callable[[], None]) -> None:
    """Print JSON, or let a person's version print itself."""
    if as_json:
        click.echo(json.dumps(to_data(data), ensure_ascii=False, indent=2))
    else:
        human()


def local(value: datetime | None) -> str:
    """Write an instant for a person: UTC, to the minute."""
    return instant_text(value)[:16].replace("T", " ") + " UTC" if value else "-"
