"""The console on the command line: start it, and look after those who may sign in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from incident.cli.base import common, local, show
from incident.cli.tables import table
from incident.cli.tokens import token
from incident.errors import BadInputError, NotFoundError

if TYPE_CHECKING:
    from incident.reception import Staff


@click.command()
@click.option("--host", help="Where to listen; 127.0.0.1 unless the settings say otherwise.")
@click.option("--port", type=int, help="The port; 8086 unless the settings say otherwise.")
@common
def console(
    host: str | None, port: int | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Serve the console to browsers, on this machine unless told otherwise; put TLS in front of it."""
    import os

    import uvicorn

    from incident.settings import find
    from incident.settings.model import load

    os.environ["TOCSIN_SETTINGS"] = str(find(settings))
    known = load(settings)
    where, at = host or known.console.host, known.console.port if port is None else port
    if where not in {"127.0.0.1", "::1", "localhost"} and not known.console.secure:
        raise BadInputError(
            "other machines would reach the console without TLS; set console.public_url to the https address "
            "of your proxy",
            field="host",
        )
    click.echo(f"console   http://{where}:{at}/")
    uvicorn.run(
        "incident.web.console:from_environment",
        factory=True,
        host=where,
        port=at,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )


@click.group()
def user() -> None:
    """Look after those who sign in to the console. Who they are and what they may do stands in tocsin.toml."""


user.add_command(token)


@user.command("add")
@click.argument("who")
@click.option("--password-file", type=click.Path(path_type=Path), help="Read the password there, not here.")
@common
def user_add(
    who: str, password_file: Path | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Make an account for handle WHO. The password comes from a prompt, a pipe or a file."""
    from incident.reception import open_desk
    from incident.service.signing_in import add_account

    _somebody(settings, who)
    with open_desk(settings) as desk:
        add_account(desk, who, _password(password_file))
    show(
        {"handle": who},
        as_json,
        lambda: click.echo(f"made an account for {who}; next: tocsin user totp {who}"),
    )


@user.command("passwd")
@click.argument("who")
@click.option("--password-file", type=click.Path(path_type=Path), help="Read the password there, not here.")
@common
def user_passwd(
    who: str, password_file: Path | None, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Set the password of WHO anew; every session of theirs ends."""
    from incident.reception import open_desk
    from incident.service.signing_in import account_of, set_password

    with open_desk(settings) as desk:
        account_of(desk, who)
        ended = set_password(desk, who, _password(password_file))
    show(
        {"handle": who, "sessions_ended": ended},
        as_json,
        lambda: click.echo(f"set; {ended} sessions ended"),
    )


@user.command("totp")
@click.argument("who")
@click.option("--out", type=click.Path(path_type=Path), help="Write the QR code there as SVG (mode 0600).")
@common
def user_totp(who: str, out: Path | None, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Enrol a second factor for WHO: shows, once, what the authenticator app reads. An older one ends."""
    from incident.reception import open_desk
    from incident.service.signing_in import enrol
    from incident.settings.model import load

    with open_desk(settings) as desk:
        address = enrol(desk, who, issuer=f"Tocsin {load(settings).organization.service}")

    def human() -> None:
        click.echo("scan this with an authenticator app; it is shown once")
        _draw(address, out)

    show({"handle": who, "address": address}, as_json, human)


@user.command("disable")
@click.argument("who")
@click.option("--enable", is_flag=True, help="Open the account again.")
@common
def user_disable(who: str, enable: bool, settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Shut the account of WHO at once; every session of theirs ends."""
    from incident.reception import open_desk
    from incident.service.signing_in import set_disabled

    with open_desk(settings) as desk:
        ended = set_disabled(desk, who, disabled=not enable)
    word = "open" if enable else "shut"
    show(
        {"handle": who, "disabled": not enable, "sessions_ended": ended},
        as_json,
        lambda: click.echo(f"the account of {who} is {word}; {ended} sessions ended"),
    )


@user.command("list")
@common
def user_list(settings: Path | None, handle: str | None, as_json: bool) -> None:
    """Show everybody in tocsin.toml: roles, and whether they can sign in."""
    from incident.reception import open_desk, staff_of

    staff = staff_of(settings)
    with open_desk(settings) as desk:
        accounts = {one.handle: one for one in desk.accounts.accounts()}
    rows = []
    for who in sorted({*staff, *accounts}):
        account, person = accounts.get(who), staff.get(who)
        state = (
            "no account" if account is None else "no second factor" if not account.totp_sealed else "ready"
        )
        state = "disabled" if account is not None and account.disabled else state
        roles = ", ".join(sorted(r.value for r in person.actor.roles)) if person else "not in tocsin.toml"
        rows.append((who, roles, "outside" if person and person.outside else "", state))
    data = [dict(zip(("handle", "roles", "outside", "state"), row, strict=True)) for row in rows]
    show(data, as_json, lambda: table(("handle", "roles", "", "sign-in"), rows))


@user.command("sessions")
@click.argument("who", required=False)
@click.option("--end", is_flag=True, help="End every session of WHO.")
@common
def user_sessions(
    who: str | None, end: bool, settings: Path | None, handle: str | None, as_json: bool
) -> None:
    """Show who is signed in, or end the sessions of WHO."""
    from incident.reception import open_desk

    if end and who is None:
        raise BadInputError("say whose sessions end", field="who")
    with open_desk(settings) as desk:
        now = desk.now()
        found = [one for one in desk.accounts.sessions(who) if not one.over(now)]
        ended = desk.accounts.end_sessions(who) if end and who is not None else 0
    rows = [
        (one.handle, local(one.started_at), local(one.seen_at), "" if one.second_factor else "code missing")
        for one in found
    ]
    data = {"sessions": [dict(zip(("handle", "started", "seen"), row, strict=False)) for row in rows]}
    if end:
        show({"ended": ended}, as_json, lambda: click.echo(f"{ended} sessions ended"))
    else:
        show(data, as_json, lambda: table(("handle", "started", "last seen", ""), rows))


def _somebody(settings: Path | None, who: str) -> Staff:
    from incident.reception import staff_of

    staff = staff_of(settings)
    if who not in staff:
        raise NotFoundError(
            f"nobody is called {who!r} in tocsin.toml; write [people.{who}] with roles there first"
        )
    return staff[who]


def _password(file: Path | None) -> str:
    """Read a password from a file, a prompt or a pipe; never from an argument."""
    if file is not None:
        if not file.is_file():
            raise BadInputError("is not a file", field="password-file")
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    if sys.stdin.isatty():
        return str(click.prompt("password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _draw(address: str, out: Path | None) -> None:
    import os

    import segno

    code = segno.make(address, error="m")
    if out is None:
        code.terminal(compact=True)
        click.echo(address)
        return
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        code.save(stream, kind="svg", scale=6, border=4)
    click.echo(f"written to {out}; delete it when it is scanned")
