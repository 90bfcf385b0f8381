"""The benchmark of the law measures what it says; how quickly is for the benchmark itself."""

from __future__ import annotations

import json
import sys

import pytest

from benchmarks import law as benchmark
from incident.law.loader import load_book


def test_it_assesses_an_incident_in_sixty_jurisdictions(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["law.py", "--json", "--rounds", "2"])
    benchmark.main()
    found = json.loads(capsys.readouterr().out)
    covered = len(load_book().by_jurisdiction)
    assert found["jurisdictions"] == min(60, covered)
    assert found["obligations"] >= found["jurisdictions"]
    assert found["assessments_per_minute"] > 0
    assert found["load_ms"] > 0


def test_every_round_is_another_incident() -> None:
    moments = {
        str(benchmark.incident_in(("DE",), later_minutes=each)["became_aware_at"]) for each in range(5)
    }
    assert len(moments) == 5
