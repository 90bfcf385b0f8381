"""What ours is compared with: the floor that only posts the same bodies, and what users would write instead.

Each returns people a second, against a sink (`benchmarks.sink`). Nothing here keeps a record but the client loop.
"""

from __future__ import annotations

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
import orjson
import sendgrid

from benchmarks.letters import ADVICE, HTML, KEY, TEXT, letter
from benchmarks.people import TAKEN_AT, Cohort
from benchmarks.reporting import PREFECT
from incident.adapters.mail.sendgrid_body import SendGridSettings, written
from incident.core.mailing import Batch, Recipient

AT_ONCE = 4
BODIES = 100
"""Different bodies that the floor posts in turn."""
NOTICE = "INC-AAAAAAAA-N1"


def floor(url: str, people: int) -> float:
    """Post prepared bodies over keep-alive lines, and do nothing else."""
    bodies, calls = _bodies(), max(people // 1000, AT_ONCE)

    def post(numbers: Sequence[int]) -> None:
        line = _line(url)
        for number in numbers:
            _post(line, bodies[number % BODIES])
        line.close()

    return 1000 * calls / _seconds(lambda: _all(post, [range(n, calls, AT_ONCE) for n in range(AT_ONCE)]))


def loop(url: str, people: int, folder: Path) -> float:
    """Send as scripts do: one call of the client a person, and a committed row for each."""
    client = sendgrid.SendGridAPIClient(KEY, url)
    rows = list(Cohort(people, 2).rows())

    def work() -> None:
        with sqlite3.connect(folder / "loop.db") as ledger:
            ledger.execute("CREATE TABLE sent (address TEXT PRIMARY KEY, state TEXT)")
            for row in rows:
                address = row.email or "x@example.org"
                client.client.mail.send.post(request_body=loop_body(address))
                ledger.execute("INSERT OR REPLACE INTO sent VALUES (?, 'sent')", (address,))
                ledger.commit()

    return people / _seconds(work)


def loop_body(address: str) -> dict[str, object]:
    """Return the request for one person."""
    return {
        "personalizations": [{"to": [{"email": address}]}],
        "from": {"email": "security@imajinn.example"},
        "subject": "What happened",
        "content": [{"type": "text/plain", "value": TEXT.format(advice=ADVICE)}],
    }


def rendered(url: str, people: int) -> float:
    """Render text and HTML for each person with Jinja2, and post them by the thousand, without any ledger."""
    text = jinja2.Template(TEXT.format(advice=ADVICE).replace("%name%", "{{ name }}"))
    html = jinja2.Template(
        HTML.format(advice=ADVICE)
        .replace("%name_html%", "{{ name|e }}")
        .replace("%reference_html%", "{{ reference|e }}")
    )
    rows = list(Cohort(people, 3).rows())

    def work(share: Sequence) -> None:
        line = _line(url)
        for start in range(0, len(share), 1000):
            _post(line, rendered_body(
                (row.email or f"x{row.position}@example.org", text.render(name=row.name),
                 html.render(name=row.name, reference=f"{NOTICE}-{row.position}"))
                for row in share[start : start + 1000]
            ))  # fmt: skip
        line.close()

    return people / _seconds(lambda: _all(work, [rows[n::AT_ONCE] for n in range(AT_ONCE)]))


def rendered_body(letters: object) -> bytes:
    """Return a request that carries each letter whole, as rendered."""
    return orjson.dumps({
        "personalizations": [
            {"to": [{"email": address}], "substitutions": {"%text%": text, "%html%": html}}
            for address, text, html in letters  # type: ignore[attr-defined]
        ],
        "from": {"email": "security@imajinn.example"}, "subject": "What happened",
        "content": [{"type": "text/plain", "value": "%text%"}, {"type": "text/html", "value": "%html%"}],
    })  # fmt: skip


def prefect_tasks(url: str, people: int, folder: Path) -> float:
    """Run a Prefect task for each customer, on its own temporary server."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.prefect_tasks", url, str(people)], capture_output=True, text=True, check=True,
        env=os.environ | PREFECT | {"PREFECT_HOME": str(folder / "prefect")},
    )  # fmt: skip
    return float(json.loads(done.stdout.splitlines()[-1]))


def anymail(url: str, people: int) -> float:
    """Send by django-anymail's bulk path, a thousand to a message, without any ledger."""
    command = [sys.executable, "-m", "benchmarks.anymail_bulk", url, str(people)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _bodies() -> list[bytes]:
    rows = [row for row in Cohort(BODIES * 1000, 1).rows() if row.email]
    some = [
        Recipient(i, r.email or "", r.name, {"name": r.name or "", "reference": i})
        for r in rows
        for i in [f"{NOTICE}-{r.position}"]
    ]
    batches = [tuple(some[n : n + 1000]) for n in range(0, len(some), 1000)]
    categories = ("tocsin", "INC-AAAAAAAA")
    return [
        written(Batch(NOTICE, n, 1, letter(), people, TAKEN_AT, categories), SendGridSettings(""))
        for n, people in enumerate(batches)
    ]


def _line(url: str) -> http.client.HTTPConnection:
    place = urlsplit(url)
    return http.client.HTTPConnection(place.hostname or "", place.port)


def _post(line: http.client.HTTPConnection, raw: bytes) -> None:
    line.request("POST", "/v3/mail/send", body=raw, headers={"Content-Type": "application/json"})
    answer = line.getresponse()
    answer.read()
    if answer.status != 202:
        raise SystemExit(f"the sink answered {answer.status}")


def _all(work: Callable, shares: list) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, shares))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
