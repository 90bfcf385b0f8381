"""The whole way of one incident with PostgreSQL under it, where the machine has one."""

from __future__ import annotations

import pytest

from incident.bootstrap import glance
from incident.service.verifying import rebuild, verify
from tests.builders.house import reopened, workspace
from tests.contract.conftest import postgres  # noqa: F401 - a fixture
from tests.contract.private_postgres import PrivatePostgres
from tests.service.test_whole_way import whole_way

pytestmark = pytest.mark.slow


def test_an_incident_goes_its_whole_way_on_postgresql(
    tmp_path,
    monkeypatch,
    postgres: PrivatePostgres,  # noqa: F811
):
    settings = workspace(tmp_path / "workspace")
    (settings.parent / "tocsin.db").unlink()
    monkeypatch.setenv("TOCSIN_DATABASE", postgres.migrated())
    with reopened(settings) as opened:
        assert opened.house.store.url_kind == "postgresql"
        scene = whole_way(opened)
        assert scene.state.closed_at is not None
        result = verify(scene.house)
        assert result.ok, result.problems
        assert result.people_checked == 14
        rebuilt = rebuild(scene.house)
        assert rebuilt.before == rebuilt.after
        with glance(settings) as seen:
            assert seen.incident(scene.incident_id) == scene.state
            assert len(list(seen.timeline(scene.incident_id))) == scene.state.version
    assert not (settings.parent / "tocsin.db").exists()
