"""Send to a synthetic cohort with the real pipeline, or go on with what a database holds.

    python -m benchmarks.send --people 10000 --sendgrid-host http://127.0.0.1:8025 --database sqlite:///send.db --json

An empty database is given an incident, a frozen cohort, approved letters; then everything is Tocsin's own: laying out,
intent first, posting, answers. Run again on the same database, it resumes; what is in doubt stays so until it is
resolved. Settings, letters and the ledger's key are kept in a folder beside the database. `seconds` count from opening
the house, when tables and settings are there, to the end of the audit, without making the synthetic people.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from benchmarks.flowing import by_flow
from benchmarks.letters import ADVICE, HTML, KEY, TEXT
from benchmarks.people import Fed, document
from benchmarks.rendering import RenderedHere
from benchmarks.reporting import peak_mib
from incident.adapters.store.store import SqlStore
from incident.bootstrap import actor, open_house
from incident.core import events as e
from incident.core import letters as core
from incident.core.state import Incident
from incident.core.stretches import counted
from incident.errors import TocsinError
from incident.service import approving, opening, planning, sending
from incident.service.house import House, record, view
from incident.service.letters import request_approval
from incident.service.settled_memory import settled_memory
from incident.workspace import make_workspace, shipped

LOADING = "benchmark:loading"
MAKING = "making people"
TOLD = frozenset({"accepted", "processed", "deferred", "delivered"})
T = TypeVar("T")
DOUBT = frozenset({"uncertain", "intent"})
UNSENT = frozenset({"planned", "held"})
REFUSED = frozenset({"refused"})


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 when nobody is left unsent or in doubt, else the exit code of what stopped it, or 21."""
    options = _options(arguments)
    folder = _workspace(options.database)
    os.environ["TOCSIN_DATABASE"], os.environ["TOCSIN_SENDGRID_HOST"] = (
        options.database,
        options.sendgrid_host,
    )
    os.environ.setdefault("TOCSIN_SENDGRID_KEY", KEY)
    which, _, of = options.share.partition("/")
    share = (int(which), int(of))
    steps: dict[str, float] = {}
    stopped: TocsinError | None = None
    started = time.perf_counter()
    with open_house(folder / "tocsin.toml") as opened:
        house = replace(opened, profile=replace(opened.profile, batch_people=options.batch_people))
        if options.rendered:
            house = replace(house, mailer=RenderedHere(house.mailer, options.sendgrid_host))
        incident_id = _loaded(house, folder, options, steps)
        try:
            _timed(steps, "plan", lambda: planning.plan(house, incident_id))
            if options.flow:
                _timed(steps, "flow", lambda: by_flow(house, folder, incident_id, steps))
            _timed(
                steps,
                "send",
                lambda: sending.send(house, incident_id, progress=lambda _d, _a: None, share=share),
            )
        except TocsinError as error:
            stopped = error
        result = _timed(steps, "audit", lambda: _audit(house, incident_id))
    result |= {
        "seconds": round(time.perf_counter() - started - steps.get(MAKING, 0), 3),
        "peak_mib": peak_mib(),
        "database_mib": round(_size(options.database) / 2**20, 1),
        "steps": {name: round(seconds, 3) for name, seconds in steps.items()},
        "stopped": str(stopped) if stopped else None,
    }
    print(json.dumps(result) if options.json else "\n".join(f"{k:14} {v}" for k, v in result.items()))
    if stopped is not None:
        return getattr(stopped, "exit_code", 1)
    return 0 if not result["uncertain"] and not result["unsent"] else 21


def _loaded(house: House, folder: Path, options: argparse.Namespace, steps: dict[str, float]) -> str:
    """Return the incident that is there, with its letters approved; one sender at a time makes what is missing."""
    mark = house.processes.mark()
    while not _claimed(house, mark):
        time.sleep(0.1)
    try:
        return _made(house, folder, options, steps)
    finally:
        house.store.release(LOADING, mark)


def _claimed(house: House, mark: str) -> bool:
    now = house.clock.real_now()
    held = house.store.lease(LOADING)
    if held is not None and house.processes.gone(held[0]):
        house.store.release(LOADING, held[0])
    return house.store.claim(LOADING, mark, now=now, until=now + timedelta(hours=1))


def _made(house: House, folder: Path, options: argparse.Namespace, steps: dict[str, float]) -> str:
    there = house.store.incident_ids()
    settings = folder / "tocsin.toml"
    ada, grace = actor(settings, "ada"), actor(settings, "grace")
    incident_id = there[0] if there else ""
    if not there:
        now = house.clock.now()
        opened = opening.open_incident(
            house, actor=ada, title="A rehearsal at full size", detected_at=now, became_aware_at=now,
            aware_because="a rehearsal",
        )  # fmt: skip
        incident_id = opened.incident_id
    state = view(house, incident_id)
    if state.cohort is None:
        cohort = _timed(steps, MAKING, lambda: Fed(options.people, options.seed))
        _timed(steps, "load", lambda: _load(house, incident_id, options, cohort))
        state = view(house, incident_id)
    if not state.letters:
        record(house, incident_id, actor=ada, decide=lambda s, _n: _letters(house, s))
    if state.notice is None and state.approval is None:
        request_approval(house, incident_id)
    if state.notice is None and not (view(house, incident_id).approval or _Never).granted:
        approving.approve(house, incident_id, actor=grace)
    return incident_id


class _Never:
    granted = False


def _load(house: House, incident_id: str, options: argparse.Namespace, cohort: Fed) -> None:
    """Freeze the synthetic cohort: rows, commitments, and the entry that binds them, in one transaction."""
    cohort_id, text = f"{incident_id}-C1", document(options.people, options.seed)
    ada = actor(house_settings(options), "ada")

    def write_rows(state: Incident, _now: object) -> tuple[e.Event, ...]:
        del state
        return (
            e.BreachDecided(e.Outcome.NOTIFY, "a rehearsal"),
            e.CohortFrozen(
                cohort_id=cohort_id, wave=1, question={}, evidence_ids=(), readers={},
                commitment=cohort.commitment, people=options.people, told=options.people,
                without_email=cohort.without_email, by_certainty={"confirmed": options.people},
                by_jurisdiction={}, by_category={}, by_language={}, unresolved_items=0, blocks=(),
                quarantined_rows=0, unread_evidence=(), document_sha256=hashlib.sha256(text).hexdigest(), told_sha256=cohort.told_sha256,
                follows=(), by_change={},
            ),
        )  # fmt: skip

    with settled_memory(), house.store.begin() as tx:
        tx.people.save_cohort(incident_id, cohort_id, cohort.rows(), text)
        from incident.service.house import load, write

        state, now = load(tx, incident_id, drill=False), house.clock.now()
        write(house, tx, state, write_rows(state, now), actor=ada, now=now)


def _letters(house: House, state: Incident) -> tuple[e.Event, ...]:
    """Draft one letter for each place, language and exposure: few letters, many people."""
    regimes = house.law.letter_regimes()
    cohort = state.cohort
    assert cohort is not None
    with house.store.reading() as tx:
        kinds = counted(tx.people.stretches(cohort.cohort_id), told=cohort.told)
    drafts: list[e.Event] = []
    for variant in core.variants(kinds, regimes=regimes):
        letter = core.Letter(
            variant.letter_id, variant.regime, variant.language, variant.exposure,
            "What happened to your data, %name%", TEXT.format(advice=ADVICE), HTML.format(advice=ADVICE),
        )  # fmt: skip
        house.vault.put_bytes(letter.document())
        drafts.append(
            core.drafted(
                letter,
                cohort_id=cohort.cohort_id,
                people=variant.people,
                template_version="rehearsal",
                findings=[],
            )
        )
    return tuple(drafts)


def _audit(house: House, incident_id: str) -> dict[str, int]:
    """Count everybody by the ledger and by the rows; a difference ends the run."""
    with house.store.at_one_moment() as moment:  # another sender may be at work
        state = view(replace(house, store=moment), incident_id)
        with moment.reading() as tx:
            rows = dict(tx.people.count_deliveries(state.notice.plan.notice_id)) if state.notice else {}
    tally = {name: n for name, n in (state.notice.tally if state.notice else {}).items() if n}
    if rows != tally:
        raise SystemExit(f"the ledger says {tally}, the rows say {rows}")
    people = state.cohort.told if state.cohort else 0
    counted = {
        name: sum(n for s, n in tally.items() if s in states)
        for name, states in (
            ("accepted", TOLD),
            ("refused", REFUSED),
            ("uncertain", DOUBT),
            ("unsent", UNSENT),
        )
    }
    other = sum(tally.values()) - sum(counted.values())
    return {"people": people, **counted, "other_channel": other, "entries": house.store.head().size}


def house_settings(options: argparse.Namespace) -> Path:
    """Return the settings of the workspace of a database."""
    return _folder(options.database) / "tocsin.toml"


def _folder(database: str) -> Path:
    if database.startswith("sqlite:///"):
        return Path(database.removeprefix("sqlite:///") + ".workspace")
    name = hashlib.sha256(database.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tocsin-send-{os.getuid()}" / name


def _workspace(database: str) -> Path:
    """Make the folder of settings, letters and key, and the tables; what is there stays."""
    folder = _folder(database)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "making").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make(folder, database)
    return folder


def _make(folder: Path, database: str) -> None:
    if not (folder / "tocsin.toml").exists():
        text = (shipped("templates") / "internal" / "tocsin.toml").read_text(encoding="utf-8")
        text = text.replace('transport = "outbox"', 'transport = "sendgrid"')
        os.environ["TOCSIN_DATABASE"] = database
        make_workspace(folder, settings_text=text)
    store = SqlStore(database)
    store.migrate()
    store.close()


def _size(database: str) -> int:
    if database.startswith("sqlite:///"):
        path = Path(database.removeprefix("sqlite:///"))
        return sum(p.stat().st_size for p in (path, path.with_name(path.name + "-wal")) if p.exists())
    import psycopg

    with psycopg.connect(database.replace("+psycopg", "")) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(found[0]) if found else 0


def _timed(steps: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Note what a step takes, and how much of it is our own processor time: the machine may be shared."""
    began, used = time.perf_counter(), time.process_time()
    done = work()
    steps[name], steps[f"{name} cpu"] = time.perf_counter() - began, time.process_time() - used
    return done


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.send", description=__doc__)
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--sendgrid-host", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch-people", type=int, default=1000)
    parser.add_argument("--share", default="0/1", help="which of how many senders that work together, as 0/2")
    parser.add_argument("--rendered", action="store_true", help="fill text and HTML here, person by person")
    parser.add_argument(
        "--flow", action="store_true", help="by the Prefect flow `notify`, on a server of its own"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def run() -> int:
    """Run; a database or provider that is away ends with its sentence and its exit code, to be started again."""
    try:
        return main()
    except TocsinError as error:
        print(f"stopped: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(run())
