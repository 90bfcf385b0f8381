"""The speed table: our sending against a floor that only posts the same bodies, against peers, in one run; medians.

    python -m benchmarks.sending --people 200000 --runs 3

Ratios are taken within a run, because the machine is shared with whatever else it does. Writes `bench-out/send.json`.
Peers are what users would write instead: a client loop with a row for each letter, and rendering text and HTML for each
person and posting each alone. Django-anymail has no SendGrid backend any more and is not measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import jinja2
import orjson
import sendgrid

from benchmarks.people import TAKEN_AT, Cohort
from benchmarks.send import ADVICE, HTML, KEY, TEXT
from incident.adapters.mail.sendgrid_body import SendGridSettings, body
from incident.core.mailing import Batch, LetterContent, Recipient

AT_ONCE = 4
LOOP_PEOPLE = 2_000
RENDER_PEOPLE = 20_000
OUT = Path("bench-out") / "send.json"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sending", description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--postgresql", help="URL of an empty database; each run drops what is in it")
    options = parser.parse_args(arguments)
    runs = [_run(options.people, options.postgresql) for _ in range(options.runs)]
    rows = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(
        json.dumps({"people": options.people, "runs": runs, "medians": rows}, indent=1), encoding="utf-8"
    )
    for name, value in rows.items():
        print(f"{name:58} {value:>12,.2f}")
    return 0


def _run(people: int, postgresql: str | None) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        command = [sys.executable, "-m", "benchmarks.sink"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
            assert sink.stdout is not None and sink.stdin is not None  # noqa: PT018
            url = f"http://127.0.0.1:{sink.stdout.readline().strip()}"
            found = {"floor, people a second": _floor(url, people)}
            ours = _ours(people, url, f"sqlite:///{folder}/send.db")
            found |= _against(ours, found["floor, people a second"], people, "SQLite")
            if postgresql:
                _emptied(postgresql)
                found |= _against(
                    _ours(people, url, postgresql), found["floor, people a second"], people, "PostgreSQL"
                )
            loop, alone = _loop(url, Path(folder)), _rendered_alone(url)
            found["times a client loop with a row each"] = people / ours["seconds"] / loop
            found["times rendering and posting each alone"] = people / ours["seconds"] / alone
            found |= _webhook(f"sqlite:///{folder}/send.db")
            sink.stdin.close()
    return found


def _against(ours: dict, floor: float, people: int, name: str) -> dict[str, float]:
    return {
        f"{name}: whole, percent of the floor": 100 * people / ours["seconds"] / floor,
        f"{name}: send phase, percent of the floor": 100 * people / ours["steps"]["send"] / floor,
        f"{name}: peak MiB": ours["peak_mib"],
        f"{name}: database MiB": ours["database_mib"],
    }


def _ours(people: int, url: str, database: str) -> dict:
    command = [sys.executable, "-m", "benchmarks.send", "--people", str(people), "--sendgrid-host", url]
    done = subprocess.run(
        [*command, "--database", database, "--json"], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def _webhook(database: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.webhook", "--database", database, "--json"]
    done = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return {
        "webhook: events a second, stored and settled": done["per_second"],
        "webhook: peak MiB": done["peak_mib"],
    }


def _floor(url: str, people: int) -> float:
    """Post prepared batches of the same bodies over keep-alive lines, and do nothing else."""
    letter = LetterContent(
        "What happened to your data, %name%", TEXT.format(advice=ADVICE), HTML.format(advice=ADVICE),
        "security@imajinn.example", "Imajinn AI", "support@imajinn.ai", "en", frozenset({"name", "reference"}),
    )  # fmt: skip
    rows = [row for row in Cohort(1000, 1).rows() if row.email]
    some = tuple(
        Recipient(
            f"INC-AAAAAAAA-N1-{r.position}",
            r.email or "",
            r.name,
            {"name": r.name or "", "reference": f"INC-AAAAAAAA-N1-{r.position}"},
        )
        for r in rows
    )
    raw = orjson.dumps(
        body(
            Batch("INC-AAAAAAAA-N1", 0, 1, letter, some, TAKEN_AT, ("tocsin",)),
            SendGridSettings(url),
        )
    )
    calls = people // 1000
    place = urlsplit(url)

    def post(share: int) -> None:
        line = http.client.HTTPConnection(place.hostname or "", place.port)
        for _ in range(share):
            line.request("POST", "/v3/mail/send", body=raw, headers={"Content-Type": "application/json"})
            line.getresponse().read()
        line.close()

    return people / _seconds(lambda: _all(post, [calls // AT_ONCE] * AT_ONCE))


def _loop(url: str, folder: Path) -> float:
    """Send as scripts do: one call of the client a person, and a row for each."""
    client = sendgrid.SendGridAPIClient(KEY, url)
    rows = list(Cohort(LOOP_PEOPLE, 2).rows())

    def work() -> None:
        with sqlite3.connect(folder / "loop.db") as ledger:
            ledger.execute("CREATE TABLE sent (address TEXT PRIMARY KEY, state TEXT)")
            for row in rows:
                client.client.mail.send.post(request_body={
                    "personalizations": [{"to": [{"email": row.email or "x@example.org"}]}],
                    "from": {"email": "security@imajinn.example"}, "subject": "What happened",
                    "content": [{"type": "text/plain", "value": TEXT.format(advice=ADVICE)}],
                })  # fmt: skip
                ledger.execute("INSERT OR REPLACE INTO sent VALUES (?, 'sent')", (row.email,))
                ledger.commit()

    return LOOP_PEOPLE / _seconds(work)


def _rendered_alone(url: str) -> float:
    """Render text and HTML for each person, and post each alone, without any ledger."""
    text = jinja2.Template(TEXT.format(advice=ADVICE).replace("%name%", "{{ name }}"))
    html = jinja2.Template(HTML.format(advice=ADVICE).replace("%name_html%", "{{ name|e }}"))
    rows, place = list(Cohort(RENDER_PEOPLE, 3).rows()), urlsplit(url)

    def work(share: list) -> None:
        line = http.client.HTTPConnection(place.hostname or "", place.port)
        for row in share:
            raw = orjson.dumps({
                "personalizations": [{"to": [{"email": row.email}]}], "from": {"email": "security@imajinn.example"},
                "subject": "What happened", "content": [
                    {"type": "text/plain", "value": text.render(name=row.name)},
                    {"type": "text/html", "value": html.render(name=row.name)},
                ],
            })  # fmt: skip
            line.request("POST", "/v3/mail/send", body=raw, headers={"Content-Type": "application/json"})
            line.getresponse().read()
        line.close()

    return RENDER_PEOPLE / _seconds(lambda: _all(work, [rows[n::AT_ONCE] for n in range(AT_ONCE)]))


def _all(work: Callable, shares: list) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, shares))


def _emptied(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
