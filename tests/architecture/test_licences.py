"""Which licences the run-time packages have, from their own metadata: none that would bind our users' code."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata

import pytest

from tests.architecture.tree import CHECKOUT

# LGPL, and only as the optional extra `postgres`: docs/adr/0004-stores.md
LGPL = {"psycopg", "psycopg-binary"}
COPYLEFT = re.compile(
    r"\b(?P<kind>AGPL|LGPL|GPL)|(?P<long>Affero|Lesser|GNU) General Public|GNU Lesser", re.IGNORECASE
)
# of two licences offered, the one we take
TAKEN = {"text-unidecode": "Artistic License"}
CHOICE = re.compile(r"\bOR\b")
LOCKED = re.findall(r"^([a-z0-9._-]+)==", (CHECKOUT / "requirements/run.txt").read_text(), re.MULTILINE)


def licence(name: str) -> str:
    """Return what the package says of its licence: the expression, else classifiers, else the first line of text."""
    told = metadata.metadata(name)
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    classifiers = [
        c.rpartition(":: ")[2] for c in told.get_all("Classifier") or () if c.startswith("License ::")
    ]
    if classifiers:
        return " AND ".join(classifiers)
    return str(told.get("License") or "").strip().partition("\n")[0]


@pytest.mark.parametrize("name", LOCKED)
def test_a_run_time_package_binds_nobody(name: str) -> None:
    try:
        said = TAKEN.get(name) or licence(name)
    except metadata.PackageNotFoundError:
        pytest.skip("a locked package is not installed, so its licence is not known; run `make test`")
    assert said, f"{name} names no licence"
    if CHOICE.search(said) and not all(COPYLEFT.search(option) for option in CHOICE.split(said)):
        return
    assert name in LGPL or not COPYLEFT.search(said), f"{name}: {said}"


def test_lgpl_stays_optional() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    required = {re.split(r"[\[<>=!~ ;]", d)[0] for d in project["dependencies"]}
    assert not required & LGPL
    assert [re.split(r"[\[<>=!~ ;]", d)[0] for d in project["optional-dependencies"]["postgres"]] == [
        "psycopg"
    ]
