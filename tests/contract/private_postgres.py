"""A PostgreSQL server of the tests' own: made in a directory that is thrown away, on loopback, gone afterwards.

Needs initdb and pg_ctl on the machine and the psycopg driver; says why when it cannot run.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=40 -c shared_buffers=16MB"


class MissingError(Exception):
    """Why there can be no server here."""


class PrivatePostgres:
    """A running server; every test gets a database of its own, copied from a migrated one."""

    def __init__(self, port: int, password: str) -> None:
        self._port, self._password = port, password
        self._numbers = count()
        self._template: str | None = None

    def url(self, name: str) -> str:
        return f"postgresql://tocsin:{self._password}@127.0.0.1:{self._port}/{name}"

    def empty(self) -> str:
        """Make an empty database and return its URL."""
        return self._create("template0")

    def migrated(self) -> str:
        """Make a migrated database and return its URL."""
        from incident.adapters.store.store import SqlStore

        if self._template is None:
            url = self.empty()
            store = SqlStore(url)
            store.migrate()
            store.close()
            self._template = url.rpartition("/")[2]
        return self._create(self._template)

    def _create(self, template: str) -> str:
        import psycopg

        name = f"tocsin_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)


@contextmanager
def private_postgres(*, safe: bool = False) -> Iterator[PrivatePostgres]:
    """Start a server and stop it at the end; MissingError when the machine has none.

    It forgets what a power cut would take, unless it is to be `safe`.
    """
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if importlib.util.find_spec("psycopg") is None:
        raise MissingError("the psycopg driver is not installed")
    user = unprivileged()
    home = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
    password, port = secrets.token_hex(16), free_port()
    try:
        (home / "password").write_text(password)
        if user:
            for place in (home, home / "password"):
                os.chown(place, user["user"], user["group"])
        data = str(home / "data")
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {'' if safe else FAST}"
        )
        make = [initdb, "-D", data, "-U", "tocsin", "-A", "scram-sha-256", "--pwfile", str(home / "password")]
        run([*make, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], home, user)
        run([pg_ctl, "-D", data, "-l", str(home / "log"), "-o", options, "-w", "start"], home, user)
        try:
            yield PrivatePostgres(port, password)
        finally:
            run([pg_ctl, "-D", data, "-m", "immediate", "-w", "stop"], home, user)
    finally:
        shutil.rmtree(home)


def binary(name: str) -> str:
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *map(str, homes)]))
    if found is None:
        raise MissingError(f"{name} of PostgreSQL is not on this machine")
    return found


def unprivileged() -> Mapping[str, Any]:
    """Whom to run the server as: it refuses to be root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise MissingError("run as root, and there is no other user to run PostgreSQL as")


def run(command: list[str], home: Path, user: Mapping[str, Any]) -> None:
    said = home / "said"
    with said.open("wb") as out:  # a pipe would stay open in the server
        done = subprocess.run(
            command,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            timeout=60,
            check=False,
            **user,
        )
    if done.returncode != 0:
        raise MissingError(f"{Path(command[0]).name} failed: {said.read_text(errors='replace')[-500:]}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
