"""A small campaign with a fixed seed: every trouble once, on SQLite and on PostgreSQL, three records compared after each.

`make chaos` plays more of it, and larger.
"""

from __future__ import annotations

import pytest

from benchmarks import chaos, troubles
from tests.contract.conftest import postgres  # noqa: F401 - a fixture
from tests.contract.private_postgres import PrivatePostgres

pytestmark = pytest.mark.slow
PEOPLE = 80


def test_troubles_on_sqlite(tmp_path):
    met = ("race", "locked", "full disk", "clock forward", "clock back")
    done = chaos.play(tmp_path, 7, people=PEOPLE, troubles=met)
    assert set(done["states"]) <= {"accepted", "no_address"}
    assert sum(done["states"].values()) == PEOPLE
    assert {"kill", *met} == set(troubles.ON_SQLITE), "kills at every point are tests/e2e/test_kills.py's"


def test_a_cut_connection_on_postgres(tmp_path, postgres: PrivatePostgres, monkeypatch):  # noqa: F811
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = chaos.play(tmp_path, 8, people=PEOPLE, troubles=("cut", "cut"), database=postgres.empty())
    assert sum(done["states"].values()) == PEOPLE
    assert any(int(one.split()[1]) for one in done["troubles"] if one.startswith("cut")), done["troubles"]
