"""How quickly the law answers: loading the catalogue, and assessing an incident in sixty jurisdictions.

`python -m benchmarks.law --json`. Bars: the catalogue from its checked copy within 100 ms; 10,000 assessments a
minute on one core. `--directory` measures other law files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from incident.adapters.holidays import PublicHolidays
from incident.core.assessment_facts import AssessmentFacts
from incident.core.obligations import assess
from incident.core.rules import LawBook
from incident.law.loader import load_book

BAR_PER_MINUTE, BAR_LOAD_MS, JURISDICTIONS, ROUNDS = 10_000, 100, 60, 400


def incident_in(codes: tuple[str, ...], *, later_minutes: int = 0) -> dict[str, object]:
    """Return facts of an incident that reaches people in all these jurisdictions."""
    aware = datetime(2026, 3, 10, 5, 0, tzinfo=UTC) + timedelta(minutes=later_minutes)
    return {
        "became_aware_at": aware.isoformat(),
        "clocks": {"discovered_at": "2026-03-09T20:00:00+00:00", "determined_at": aware.isoformat()},
        "role": "controller",
        "sectors": [],
        "establishments": ["US-DE"],
        "lead_authority": None,
        "people": {code: 900 + 7 * place for place, code in enumerate(codes)},
        "data": ["name", "email", "ssn", "password"],
        "medium": "electronic",
        "loss": ["confidentiality"],
        "encrypted": False,
        "key_compromised": False,
        "risk": "high",
        "as_of": None,
    }


def places_of(book: LawBook, number: int) -> tuple[str, ...]:
    """Choose jurisdictions that the book covers, spread over it; all when there are fewer."""
    known = sorted(book.by_jurisdiction)
    step = max(1, len(known) / number)
    return tuple(known[int(place * step)] for place in range(min(number, len(known))))


def seconds(run: Callable[[], object]) -> float:
    """Measure one run by the clock of the processor."""
    start = time.process_time()
    run()
    return time.process_time() - start


def measure(directory: Path | None, *, rounds: int = ROUNDS) -> dict[str, object]:
    """Load and assess; each of another moment, from JSON values to JSON values."""
    load_book(directory)
    loads = [seconds(lambda: load_book(directory)) for _ in range(5)]
    book, holidays = load_book(directory), PublicHolidays()
    codes = places_of(book, JURISDICTIONS)
    incidents = [incident_in(codes, later_minutes=7 * number) for number in range(rounds)]

    def answer_to(facts: dict[str, object]) -> dict[str, object]:
        return assess(AssessmentFacts.from_json(facts), book, holidays=holidays).to_json()

    answer = answer_to(incidents[0])
    spent = [seconds(partial(answer_to, facts)) for facts in incidents]
    obligations = answer["obligations"]
    assert isinstance(obligations, list)
    return {
        "regimes": len(book.regimes),
        "jurisdictions": len(codes),
        "obligations": len(obligations),
        "load_ms": round(statistics.median(loads) * 1000, 1),
        "load_bar_ms": BAR_LOAD_MS,
        "assess_ms": round(statistics.mean(spent) * 1000, 3),
        "assessments_per_minute": int(60 / statistics.mean(spent)),
        "assessments_bar_per_minute": BAR_PER_MINUTE,
    }


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--directory", type=Path)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = options.parse_args()
    found = measure(chosen.directory, rounds=chosen.rounds)
    if chosen.json:
        json.dump(found, sys.stdout, indent=2)
        print()
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):28} {value}")


if __name__ == "__main__":
    main()
