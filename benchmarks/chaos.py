"""A seeded campaign of faults against the real pipeline, and the three records compared person by person after each.

    python -m benchmarks.chaos --rounds 10 --seed 1

Each round: a stand-in provider in its own process (it syncs before it answers) with a random plan of faults, senders that
are killed at named points, raced by a second one, met by a locked database or a full disk; then doubts are resolved by
the provider's own record, and the sending is finished. A difference ends the campaign with the seed of its round.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.letters import KEY
from benchmarks.send import house_settings
from incident.bootstrap import actor, open_house
from incident.core.outcomes import Outcomes
from incident.service import settling
from incident.service.house import history, view

PEOPLE, BATCH = 400, 10
FAULTS = (
    {"fault": "429", "retry_after": 1}, {"fault": "429"}, {"fault": "500"}, {"fault": "503"},
    {"fault": "500_after"}, {"fault": "reset_before"}, {"fault": "reset_after"}, {"fault": "slow", "seconds": 0.3},
    {"fault": "hang_before", "seconds": 1.0}, {"fault": "hang_after", "seconds": 1.0},
)  # fmt: skip
POINTS = ("notice:planned", "batch:intended", "batch:answered")
TROUBLES = ("kill", "kill", "kill", "race", "locked", "full disk")
MOST_RUNS = 12


def main(arguments: list[str] | None = None) -> int:
    """Run the rounds; 0 when every invariant held in each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    for number in range(options.rounds):
        seed = options.seed * 1000 + number
        with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as folder:
            done = play(Path(folder), seed)
        print(json.dumps({"round": number, "seed": seed} | done), flush=True)
    return 0


def play(folder: Path, seed: int, *, people: int = PEOPLE) -> dict[str, object]:
    """Play one round; SystemExit, naming the seed, when a record contradicts another."""
    chance = random.Random(seed)
    calls = people // BATCH
    faults = {str(n): chance.choice(FAULTS) for n in chance.sample(range(1, calls + 20), calls // 3)}
    plan = folder / "plan.json"
    plan.write_text(json.dumps({"requests": faults}), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "incident.demo.standin",
        "--state",
        str(folder / "provider"),
        "--plan",
        str(plan),
    ]
    database = f"sqlite:///{folder / 'chaos.db'}"
    seen: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as provider:
        assert provider.stdout is not None
        about = json.loads(provider.stdout.readline())
        send = [sys.executable, "-m", "benchmarks.send", "--people", str(people), "--batch-people", str(BATCH),
                "--sendgrid-host", f"http://{about['host']}:{about['port']}", "--database", database,
                "--seed", str(seed), "--json"]  # fmt: skip
        try:
            for turn in range(MOST_RUNS):
                trouble = chance.choice(TROUBLES) if turn < 4 else "none"
                seen.append(_trouble(trouble, send, folder, chance))
                states = compare(database, folder / "provider", seed, people)
                if turn >= 4 and set(states) <= {"accepted", "no_address"}:
                    return {"runs": turn + 1, "troubles": seen, "states": dict(states)}
                resolve(database, folder / "provider")
        finally:
            if provider.stdin is not None:
                provider.stdin.close()
    raise SystemExit(f"seed {seed}: it came to no end (I7)")


def compare(database: str, provider: Path, seed: int, people: int) -> Counter[str]:
    """Compare provider, rows and ledger alone, person by person."""
    os.environ["TOCSIN_DATABASE"] = database
    oracle = _oracle(provider)
    settings = house_settings(argparse.Namespace(database=database))
    if not settings.exists():
        return Counter()
    with open_house(settings) as house:
        ids = house.store.incident_ids()
        notice = view(house, ids[0]).notice if ids else None
        if notice is None:
            assert not oracle, f"seed {seed}: letters left before anything was laid out"
            return Counter()
        notice_id = notice.plan.notice_id
        alone = Outcomes(notice_id).read(one.event for one in history(house, ids[0])).states()
        with house.store.reading() as tx:
            rows = tx.people.deliveries(notice_id, limit=people + 1)
    if len(rows) != people:
        raise SystemExit(f"seed {seed}: {len(rows)} of {people} people are there (I1)")
    for row in rows:
        calls = oracle.get(row.position, [])
        wrong = (
            "I2: told twice" if len(calls) > 1
            else "I4: ledger and rows differ" if alone.get(row.position, "planned") != row.state
            else "told, and nobody knows" if calls and row.state in {"planned", "refused", "no_address"}
            else "said to be told, and was not" if not calls and row.state == "accepted"
            else None
        )  # fmt: skip
        if wrong:
            raise SystemExit(f"seed {seed}: position {row.position}, {row.state}: {wrong} ({calls})")
    return Counter(row.state for row in rows)


def resolve(database: str, provider: Path) -> None:
    """Resolve what is in doubt as a person does who reads the provider's own record."""
    taken = {attempt for attempts in _oracle(provider).values() for attempt in attempts}
    settings = house_settings(argparse.Namespace(database=database))
    if not settings.exists():
        return
    with open_house(settings) as house:
        for incident_id in house.store.incident_ids():
            notice = view(house, incident_id).notice
            for number, batch in list(notice.batches.items()) if notice else ():
                if batch.state == "uncertain":
                    assert notice is not None
                    settling.resolve(
                        house, incident_id, actor=actor(settings, "ada"), batch=number, how="its own record",
                        accepted=f"{notice.plan.notice_id}.{number}.{batch.attempt}" in taken,
                    )  # fmt: skip


def _oracle(provider: Path) -> dict[int, list[str]]:
    path = provider / "oracle.jsonl"
    taken: dict[int, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        args = json.loads(line)["custom_args"]
        position = int(args["tocsin_delivery"].rpartition("-")[2])
        taken.setdefault(position, []).append(args["tocsin_attempt"])
    return taken


def _trouble(trouble: str, send: list[str], folder: Path, chance: random.Random) -> str:
    """Run a sender, or two, into trouble; says which."""
    environment = os.environ | {"TOCSIN_SENDGRID_KEY": KEY}
    if trouble == "kill":
        where = f"{chance.choice(POINTS)}:{chance.choice(('before', 'after'))}#{chance.randint(1, 6)}"
        ended = _run(send, environment | {"TOCSIN_KILL_AT": where})
        return f"killed at {where}" if ended == -signal.SIGKILL else f"not reached {where}"
    if trouble == "race":
        with subprocess.Popen(
            send, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as second:
            _run(send, environment)
            second.wait(300)
        return trouble
    if trouble == "locked":
        with subprocess.Popen(
            send, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as sender:
            time.sleep(chance.uniform(1.5, 3.0))
            if (folder / "chaos.db").exists():
                with sqlite3.connect(folder / "chaos.db", timeout=20, isolation_level=None) as connection:
                    connection.execute("BEGIN IMMEDIATE")
                    time.sleep(2.0)
                    connection.execute("ROLLBACK")
            sender.wait(300)
        return trouble
    limit = chance.randint(300, 1200) * 1024 if trouble == "full disk" else None
    return f"{trouble}, exit {_run(send, environment, limit)}"


def _run(send: list[str], environment: dict[str, str], most_bytes: int | None = None) -> int:
    def narrow() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        send, env=environment, preexec_fn=narrow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600,
        check=False,
    ).returncode  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
