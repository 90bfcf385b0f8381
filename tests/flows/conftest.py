"""A workspace with a real SQLite database, an incident in it, and one Prefect server for all flow tests."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from incident.bootstrap import actor, open_house
from incident.core import events as e
from incident.core.decide import intake
from incident.service.house import House, record
from incident.service.opening import open_incident
from incident.workspace import make_workspace

SHORT_LEASE = "\nlease_seconds = 2\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh workspace that TOCSIN_SETTINGS names, with leases of 2 s."""
    folder = tmp_path / "workspace"
    make_workspace(folder)
    file = folder / "tocsin.toml"
    text = file.read_text(encoding="utf-8")
    assert "[storage]\n" in text
    file.write_text(text.replace("[storage]\n", f"[storage]{SHORT_LEASE}"), encoding="utf-8")
    monkeypatch.setenv("TOCSIN_SETTINGS", str(file))
    return file


@pytest.fixture
def house(settings: Path) -> Iterator[House]:
    """The real house of the workspace."""
    with open_house(settings) as opened:
        yield opened


@pytest.fixture
def incident_id(house: House, settings: Path) -> str:
    """An incident that people decided to tell customers about: obligations are Tocsin's to determine."""
    return decided_incident(house, settings)


def decided_incident(house: House, settings: Path) -> str:
    """Open an incident one hour after becoming aware, and decide to notify."""
    ada = actor(settings, "ada")
    state = open_incident(
        house,
        actor=ada,
        title="storage key leaked",
        became_aware_at=house.clock.now() - timedelta(hours=1),
        aware_because="the key was seen in a public log",
    )
    record(
        house,
        state.incident_id,
        actor=ada,
        decide=lambda present, _now: intake.decide_breach(
            present, actor=ada, outcome=e.Outcome.NOTIFY, reason="prompts and pictures could be read"
        ),
    )
    return state.incident_id


@pytest.fixture
def _sockets_collected() -> Iterator[None]:
    """End Prefect's event client and collect its sockets here, not in somebody else's test.

    Left alone, it pings the server from a thread of its own and with the process's `random`, which Hypothesis
    takes for a strategy that is not reproducible.
    """
    from prefect.events.worker import EventsWorker

    yield
    _, unfinished = EventsWorker.drain_all(timeout=30)
    assert not unfinished, "Prefect's event client did not end within 30 s"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """One Prefect server in a process of its own, on loopback, for the whole session."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with prefect_test_harness(server_startup_timeout=60):
            yield PREFECT_API_URL.value()
