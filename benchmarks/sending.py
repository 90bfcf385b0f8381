"""The speed table: our sending against a floor that only posts the same bodies, against peers, in one run; medians.

    python -m benchmarks.sending --people 200000 --runs 3

Ratios are taken within a run, because the machine is shared with whatever else it does; the floor is measured before and
after what it is compared with. Peers are measured on fewer people, and compared by people a second. Writes
`bench-out/sending.json`.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import peers
from benchmarks.reporting import keep
from benchmarks.sink import asked, running

FLOOR_PEOPLE = 1_000_000
"""As many as the bars are about: for fewer, the floor differs by half from one second to the next."""
LOOP_PEOPLE, PREFECT_PEOPLE, RENDERED_PEOPLE, ANYMAIL_PEOPLE = 500, 200, 20_000, 20_000
WEBHOOK_EVENTS = 100_000
BARS = {
    "SQLite: whole, % of the floor": (25, 45),
    "SQLite: send phase, % of the floor": (50, 85),
    "rendered here, % of rendering without a ledger": (100, 150),
    "PostgreSQL: whole, % of the floor": (25, 40),
    "times django-anymail's bulk path": (3, 6),
    "times a client loop with a row each": (100, 250),
    "times a Prefect task a customer": (300, 600),
    "webhook: events a second": (10_000, 40_000),
    "webhook, PostgreSQL: events a second": (10_000, 40_000),
}
MOST = {
    "SQLite: peak MiB": (300, 180),
    "Prefect's share, %": (5, 2),
    "first request after a kill, s": (3, 1),
    "peak MiB, growth in %": (10, 5),
}


A_MILLION, AT_A_MILLION = 1_000_000, "Prefect's share"
"""What Prefect adds is the same for few people, and a larger share."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, write the JSON."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, _postgres(options) as fresh:
        runs = [_run(options, Path(folder) / str(n), fresh) for n in range(options.runs)]
        rows = {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}
        if options.growth:
            rows |= _growth(options, Path(folder) / "growth")
    found = {"people": options.people, "runs": options.runs, **rows}
    keep("sending", found | {"bars": BARS | MOST, "each": runs})
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found)
    return 0


def _show(found: dict[str, object]) -> None:
    print(f"sending to {found['people']:,} people, medians of {found['runs']}")
    print(f"  {'':50} {'measured':>12} {'at least':>10} {'reach for':>10}")
    for name, value in found.items():
        if name in {"people", "runs"}:
            continue
        bar, reach = (BARS | MOST).get(name, ("", ""))
        sign = "at most " if name in MOST else ""
        smaller = AT_A_MILLION in name and int(str(found["people"])) < A_MILLION
        note = "  a fixed time; the bar is for a million" if smaller else ""
        print(f"  {name:50} {value:>12,} {sign + str(bar):>10} {reach!s:>10}{note}")


def _run(options: argparse.Namespace, folder: Path, fresh: Callable[[], str] | None) -> dict[str, float]:
    folder.mkdir(parents=True)
    people = options.people
    with running() as url:
        database = f"sqlite:///{folder}/send.db"
        ours, floor = _beside_the_floor(url, lambda: _sent(people, url, database))
        found = {"floor, people a second": floor, "ours, people a second": people / ours["seconds"]}
        found |= _against(ours, floor, people, "SQLite")
        found["SQLite: peak MiB"] = ours["peak_mib"]
        rendered = _sent(people, url, f"sqlite:///{folder}/rendered.db", "--rendered")
        found["rendered here, % of rendering without a ledger"] = (
            100 * people / rendered["seconds"] / peers.rendered(url, RENDERED_PEOPLE)
        )
        if fresh is not None:
            elsewhere = fresh()
            theirs, floor = _beside_the_floor(url, lambda: _sent(people, url, elsewhere))
            found |= _against(theirs, floor, people, "PostgreSQL")
            found["webhook, PostgreSQL: events a second"] = _webhook(elsewhere)["webhook: events a second"]
        speed = people / ours["seconds"]
        found["times django-anymail's bulk path"] = speed / peers.anymail(url, ANYMAIL_PEOPLE)
        found["times a client loop with a row each"] = speed / peers.loop(url, LOOP_PEOPLE, folder)
        found["times a Prefect task a customer"] = speed / peers.prefect_tasks(url, PREFECT_PEOPLE, folder)
        found |= _webhook(database)
        flow = _sent(people, url, f"sqlite:///{folder}/flow.db", "--flow")["steps"]
        around, within = flow["in prefect"], flow["in services"]
        found["Prefect, s around the work"] = around
        found["Prefect's share, %"] = 100 * around / (flow["load"] + flow["plan"] + around + within)
        found["Prefect's share of the sending alone, %"] = 100 * around / (around + within)
        found["first request after a kill, s"] = _killed(people, url, f"sqlite:///{folder}/killed.db")
    return found


def _beside_the_floor(url: str, work: Callable[[], dict]) -> tuple[dict, float]:
    """Return what work gives, and the floor in people a second by the time it takes right before and right after."""
    before = peers.floor(url, FLOOR_PEOPLE)
    done = work()
    return done, statistics.harmonic_mean((before, peers.floor(url, FLOOR_PEOPLE)))


def _against(ours: dict, floor: float, people: int, name: str) -> dict[str, float]:
    steps = ours["steps"]
    return {
        f"{name}: whole, % of the floor": 100 * people / ours["seconds"] / floor,
        f"{name}: send phase, % of the floor": 100 * people / steps["send"] / floor,
        **{f"{name}: {step}, CPU s": steps[f"{step} cpu"] for step in ("load", "plan", "send")},
    }


def _sent(people: int, url: str, database: str, *more: str) -> dict:
    done = subprocess.run(
        [*_command(people, url, database), *more], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"benchmarks.send failed: {done.stderr[-2000:]}{done.stdout[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _command(people: int, url: str, database: str) -> list[str]:
    command = [sys.executable, "-m", "benchmarks.send", "--people", str(people), "--sendgrid-host", url]
    return [*command, "--database", database, "--json"]


def _webhook(database: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.webhook", "--database", database, "--json"]
    done = subprocess.run(
        [*command, "--events", str(WEBHOOK_EVENTS)], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    return {"webhook: events a second": said["per_second"], "webhook: peak MiB": said["peak_mib"]}


def _killed(people: int, url: str, database: str) -> float:
    """Kill a sender when half is sent; return the seconds from the start of the next to its first new request."""
    command, before = _command(people, url, database), asked(url)["calls"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender:
        while asked(url)["calls"] - before < people // 2000 and sender.poll() is None:
            time.sleep(0.005)
        sender.send_signal(signal.SIGKILL)
    taken, began = asked(url)["calls"], time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sender:
        while asked(url)["calls"] == taken:
            if sender.poll() is not None:
                raise SystemExit("the sender that was to go on sent nothing")
            time.sleep(0.005)
        return time.perf_counter() - began


def _growth(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Send to five times as many, and say by how much the memory grew."""
    folder.mkdir()
    with running() as url:
        small, large = (
            _sent(people, url, f"sqlite:///{folder}/{people}.db")["peak_mib"]
            for people in (options.people, 5 * options.people)
        )
    return {"peak MiB, growth in %": round(100 * (large / small - 1), 2)}


@contextmanager
def _postgres(options: argparse.Namespace) -> Iterator[Callable[[], str] | None]:
    """Give what makes an empty database on a server of its own, as safe as it comes; None where there is none."""
    from tests.contract.private_postgres import MissingError, private_postgres

    if options.no_postgresql:
        yield None
        return
    try:
        with private_postgres(safe=True) as server:
            yield server.empty
    except MissingError as error:
        print(f"PostgreSQL is not measured: {error}", file=sys.stderr)
        yield None


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sending", description=__doc__)
    parser.add_argument("--people", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--growth", action="store_true", help="also send to five times as many")
    parser.add_argument("--no-postgresql", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
