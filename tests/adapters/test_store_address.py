"""Reading database URLs, and what a glance at one imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from incident.adapters.store.address import Address, parse_url
from incident.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("sqlite:///var/tocsin.db", Address("sqlite", path=Path("var/tocsin.db"))),
        ("sqlite:////srv/tocsin.db", Address("sqlite", path=Path("/srv/tocsin.db"))),
        (
            "postgresql://u:p@db/tocsin?sslmode=require",
            Address("postgresql", rest="u:p@db/tocsin?sslmode=require"),
        ),
        ("postgres://db/tocsin", Address("postgresql", rest="db/tocsin")),
        ("postgresql+psycopg:///tocsin", Address("postgresql", rest="/tocsin")),
    ],
)
def test_urls_that_are_taken(url: str, address: Address) -> None:
    assert parse_url(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///a.db?mode=ro", "mysql://db/x", "a.db"],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        parse_url(url)


def test_an_address_does_not_print_its_password() -> None:
    assert "hunter2" not in repr(parse_url("postgresql://u:hunter2@db/tocsin"))


def test_a_glance_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from incident.adapters.store.glance import Glance\n"
        "from incident.errors import NotFoundError\n"
        "try:\n"
        f"    Glance('sqlite:///{tmp_path / 'none.db'}').board()\n"
        "except NotFoundError:\n"
        "    heavy = {'sqlalchemy', 'sqlmodel', 'pydantic', 'alembic', 'psycopg', 'prefect', 'cryptography'}\n"
        "    print(sorted(heavy & set(sys.modules)))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        cwd=Path(__file__).parents[2],
    )
    assert said.stdout.strip() == "[]"
