"""How long a page takes at the server: an incident with a million recipients, and a board with a thousand incidents.

Each page is asked over loopback from the running console, beside a bare page; the time is what a browser waits for.

    python -m benchmarks.console [PEOPLE] [INCIDENTS]
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import quote

from benchmarks.reporting import RESULTS
from incident.core import events as e
from incident.core.actors import TOCSIN
from incident.core.documents import canonical
from incident.core.events import instant_text
from incident.core.people import PersonRow, commit
from incident.core.state import Incident
from incident.core.stretches import Told, kind_of, line
from incident.ledger.merkle import CompactRange
from incident.service import opening, planning
from incident.service.house import record
from tests.builders.consoles import Browser, Console, console
from tests.fakes.mailer import FakeMailer

TIMES = 40
LIMIT_MS = 150
COUNTER = count()
PLACES = ("DE", "FR", "IE", "PL", "PT", "ES", "GB", "CH", "US-CA")
CERTAINTIES = ("confirmed", "probable", "possible")
TABS = (
    "", "/timeline", "/timeline?kind=batch", "/facts", "/evidence", "/people", "/people?place=CH&certainty=possible",
    "/people?after={most}", "/obligations", "/letters", "/approvals", "/deliveries", "/deliveries?after={most}",
    "/deliveries?state=intent&after={most}", "/deliveries?state=planned", "/ladder", "/merges", "/review", "/filings",
    "/next-steps", "/ledger", "/entries/{seq}", "/do/account", "/do/approve", "/done/{seq}",
)  # fmt: skip
LOOKS_BACK = ("", "/timeline", "/facts", "/people", "/obligations", "/deliveries", "/ledger")
POSTS = ("/people/{most}", "/people/{last}", "/deliveries/contacts")
"""Personal data is read by a post, and its reading is an entry: these write."""
LIKELY = 200
"""So many pairs of people are offered to be merged, anywhere in the list."""


def people(number: int) -> Iterator[PersonRow]:
    """Make people of whom only what a page shows matters, committed to as scoping does."""
    key = bytes(32)
    for n in range(number):
        kind = n * len(PLACES) * len(CERTAINTIES) // number
        certainty, place = CERTAINTIES[kind // len(PLACES)], PLACES[kind % len(PLACES)]
        said = {
            "person": f"p{n}", "email": f"u{n}@example.org", "name": None, "phone": None,
            "certainty": certainty, "exposures": [], "exclusions": [], "joined_by": [],
            "residence": {"jurisdiction": place, "source": "billing", "confidence": "high"},
        }  # fmt: skip
        content = canonical(said)
        yield PersonRow(
            n, f"p{n}", f"u{n}@example.org", None, None, "en", place, certainty,
            "email:confirmed", ("email",), content, key, commit(key, content),
        )  # fmt: skip


def _summed(counted: Counter[tuple[str, str]], by: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for key, number in counted.items():
        found[key[by]] += number
    return dict(found)


def freeze(desk: Console, number: int) -> None:
    """Freeze a list of so many people, as scoping would."""
    scene, cohort_id = desk.scene, f"{desk.scene.incident_id}-C1"
    root = CompactRange().extend(row.commitment for row in people(number)).root().hex()
    told, counted = Told(bytes(32)), Counter((row.certainty, row.jurisdiction) for row in people(number))
    for row in people(number):
        told.add(kind_of(row), [line(row.position, row.email, row.name, row.language)])
    frozen = e.CohortFrozen(
        cohort_id, 1, {}, tuple(scene.state.evidence), {}, root, number, number, 0,
        _summed(counted, 0), _summed(counted, 1), {"email": number}, {"en": number}, 0, (), 0, (), "00" * 32,
        told.hexdigest(), (), {},
    )  # fmt: skip
    record(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        decide=lambda _state, _now: (frozen,),
        also=lambda tx: tx.people.save_cohort(scene.incident_id, cohort_id, people(number), likely(number)),
    )


def likely(number: int) -> bytes:
    """Write the head of a cohort's document as scoping does, as far as the page of likenesses reads it."""
    step = max(1, number // LIKELY)
    pairs = [["name", "the same name", [f"p{n}", f"p{number - 1 - n}"]] for n in range(0, number // 2, step)]
    counts = {"suggestions": len(pairs), "conflicts": 0}
    return canonical({"suggestions": pairs, "conflicts": [], "counts": counts}) + b"\n"


def hand_over(desk: Console) -> None:
    """Lay the letters out, and write the entries of batches that are being handed over; nothing is sent."""
    scene = desk.scene
    planning.plan(scene.house, scene.incident_id)
    notice = scene.state.notice
    assert notice is not None
    size, plan, letters = scene.house.profile.batch_people, notice.plan, sorted(scene.state.letters)
    entries = [
        e.BatchIntended(
            plan.notice_id, n, 1, letters[0], f"{n * size}-{n * size + size - 1}", "00" * 32,
            {"planned>intent": size}, size, "00" * 32, "fake", "RUN-1",
        )
        for n in range(sum(notice.tally.values()) // size)
    ]  # fmt: skip
    record(scene.house, scene.incident_id, actor=TOCSIN, decide=lambda _state, _now: entries)


def measure(browser: Browser, paths: Sequence[str], *, post: bool = False) -> dict[str, float]:
    """Ask for pages in turn; return milliseconds of wall clock and of this process's own work (asking included)."""
    taken, worked = [], []
    for path in paths:
        start, work = time.perf_counter(), time.process_time()
        answer = browser.post(path) if post else browser.get(path)
        taken.append((time.perf_counter() - start) * 1000)
        worked.append((time.process_time() - work) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return {
        "median_ms": round(statistics.median(taken), 1),
        "p95_ms": round(statistics.quantiles(taken, n=20)[-1], 1),
        "cpu_median_ms": round(statistics.median(worked), 1),
        "cpu_p95_ms": round(statistics.quantiles(worked, n=20)[-1], 1),
    }


def instants(state: Incident) -> list[str]:
    """Return a new past instant for every look, from the opening to now: none of them was folded before."""
    start = state.opened_at or state.last_recorded_at
    end = state.last_recorded_at
    if start is None or end is None:
        raise RuntimeError("the incident has not begun")
    step = (end - start) / (TIMES + 1)
    marks = [start + step * (n + 1) + timedelta(microseconds=next(COUNTER)) for n in range(TIMES)]
    return [f"?as_of={quote(instant_text(at))}" for at in marks]


def main(number: int, incidents: int) -> int:
    """Build the incident, measure every page, and say which is too slow."""
    with tempfile.TemporaryDirectory() as folder, console(Path(folder) / "w") as desk:
        desk.scene = replace(desk.scene.using(mailer=FakeMailer()).to_decided())
        start = time.perf_counter()
        freeze(desk, number)
        desk.scene.run()
        desk.scene.approve()
        hand_over(desk)
        print(f"built in {time.perf_counter() - start:.0f} s: {desk.scene.state.notice.tally}")
        for n in range(incidents):
            opening.open_incident(desk.scene.house, actor=desk.scene.ada, title=f"Incident {n}")
        browser = desk.browser("grace")
        start = time.perf_counter()
        browser.get(f"/incidents/{desk.scene.incident_id}")
        print(f"first page after the start of the console: {(time.perf_counter() - start) * 1000:.0f} ms")
        here = f"/incidents/{desk.scene.incident_id}"
        state = desk.scene.state
        holes = {"most": number // 2, "last": number - 1, "seq": state.last_seq // 2}
        slow, measured = 0, {}
        asked = [(path, [path] * TIMES, False) for path in ("/healthz", "/", *(here + tab for tab in TABS))]
        asked += [
            (f"{here}{tab} as of", [here + tab + at for at in instants(state)], False) for tab in LOOKS_BACK
        ]
        asked += [(f"POST {here}{tab}", [here + tab] * TIMES, True) for tab in POSTS]
        for name, paths, post in asked:
            one = measure(browser, [path.format(**holes) for path in paths], post=post)
            slow += one["cpu_p95_ms"] > LIMIT_MS
            measured[name.replace(here, "…")] = one
            figures = "".join(f" {key} {value:6.1f}" for key, value in one.items())
            print(f"{name.replace(here, '…'):44}{figures}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "console.json").write_text(
        json.dumps({"people": number, "pages": measured}, indent=1), encoding="utf-8"
    )
    print(
        f"{slow} pages need more than {LIMIT_MS} ms of work (95th percentile); wall clock needs a quiet machine"
    )
    return slow


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    sys.exit(1 if main(*(given + [1_000_000, 1000][len(given) :])) else 0)
