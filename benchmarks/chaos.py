"""A seeded campaign of faults against the real pipeline, and the three records compared person by person after each.

    python -m benchmarks.chaos --rounds 10 --seed 1

Each round: a stand-in provider in its own process (it syncs before it answers) with a random plan of faults, senders that
are killed at named points, raced by a second one, met by a locked database, a full disk, a clock that jumps, or - with
`--postgres URL`, a server on which databases may be made - by cut connections; then doubts are resolved by the provider's
own record, and the sending is finished. A difference ends the campaign with the seed of its round.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.send import house_settings
from benchmarks.troubles import ON_POSTGRES, ON_SQLITE, Sender, meet
from incident.adapters.store.standing import schema_version
from incident.bootstrap import actor, open_house
from incident.core.outcomes import Outcomes
from incident.service import settling
from incident.service.house import history, view

PEOPLE, BATCH = 800, 10
FAULTS = (
    {"fault": "429", "retry_after": 1}, {"fault": "429"}, {"fault": "500"}, {"fault": "503"},
    {"fault": "500_after"}, {"fault": "reset_before"}, {"fault": "reset_after"}, {"fault": "slow", "seconds": 0.3},
    {"fault": "hang_before", "seconds": 1.0}, {"fault": "hang_after", "seconds": 1.0},
)  # fmt: skip
MOST_FINISHING = 8
"""Runs after the troubles within which everybody must have been told."""


def main(arguments: list[str] | None = None) -> int:
    """Run the rounds; 0 when every invariant held in each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--postgres", help="a server to make databases on, like postgresql://me@127.0.0.1/postgres"
    )
    options = parser.parse_args(arguments)
    for number in range(options.rounds):
        seed = options.seed * 1000 + number
        with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as folder:
            tempfile.tempdir = folder  # where a sender on PostgreSQL keeps its workspace
            os.environ["TMPDIR"] = folder
            database = _new_database(options.postgres, seed) if options.postgres else None
            done = play(Path(folder), seed, database=database)
        tempfile.tempdir = None
        os.environ.pop("TMPDIR", None)
        print(json.dumps({"round": number, "seed": seed} | done), flush=True)
    return 0


def play(
    folder: Path,
    seed: int,
    *,
    people: int = PEOPLE,
    troubles: Sequence[str] | None = None,
    database: str | None = None,
) -> dict[str, object]:
    """Play one round; SystemExit, naming the seed, when a record contradicts another.

    `troubles` come in this order; without them four are drawn. An empty `database` on PostgreSQL may be given.
    """
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
    at = database or f"sqlite:///{folder / 'chaos.db'}"
    kinds = ON_SQLITE if database is None else ON_POSTGRES
    wanted = list(troubles) if troubles is not None else [chance.choice(kinds) for _ in range(4)]
    seen: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as provider:
        assert provider.stdout is not None
        about = json.loads(provider.stdout.readline())
        host = f"http://{about['host']}:{about['port']}"
        sender = Sender(
            ("--people", str(people), "--batch-people", str(BATCH), "--sendgrid-host", host, "--database", at,
             "--seed", str(seed), "--json"), at,
        )  # fmt: skip
        try:
            for turn in range(len(wanted) + MOST_FINISHING):
                seen.append(meet(wanted[turn] if turn < len(wanted) else "none", sender, chance))
                states = compare(at, folder / "provider", seed, people)
                if turn >= len(wanted) and set(states) <= {"accepted", "no_address"}:
                    return {"runs": turn + 1, "troubles": seen, "states": dict(states)}
                resolve(at, folder / "provider")
        finally:
            if provider.stdin is not None:
                provider.stdin.close()
    raise SystemExit(f"seed {seed}: it came to no end (I7)")


def _new_database(server: str, seed: int) -> str:
    """Make an empty database beside the one that the URL names."""
    import psycopg

    name = f"tocsin_chaos_{os.getpid()}_{seed}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    return f"{server.rpartition('/')[0]}/{name}"


def compare(database: str, provider: Path, seed: int, people: int) -> Counter[str]:
    """Compare provider, rows and ledger alone, person by person."""
    os.environ["TOCSIN_DATABASE"] = database
    oracle = _oracle(provider)
    settings = house_settings(argparse.Namespace(database=database))
    if not settings.exists() or schema_version(database) is None:
        assert not oracle, f"seed {seed}: letters left before there was a database"
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
    if not settings.exists() or schema_version(database) is None:
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


if __name__ == "__main__":
    sys.exit(main())
