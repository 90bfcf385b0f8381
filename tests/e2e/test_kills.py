"""A real process killed at named points of every step: the next run goes on, and nothing is done twice.

The oracle of the stand-in provider, the rows beside the ledger and the ledger itself are compared after each.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from incident.adapters.mail.sendgrid import SendGridMailer
from incident.core import spans
from incident.core.events import BatchAnswered
from incident.service import settling
from incident.service.house import history, load
from incident.service.verifying import rebuild, verify
from tests.builders.house import AWARE_AT, KEY, Scene, change_settings, reopened, to_provider
from tests.builders.started import tocsin_process
from tests.builders_mail import StandIn, free_port, running_standin

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
STEPS = {
    "to_cohort": ("obligations:determined", "letters:determined", "approval:requested", "filing:prepared"),
    "to_approved": ("notice:planned", "batch:intended", "batch:answered"),
    "to_told": ("obligation:met",),
    "to_report": ("post_mortem:drafted",),
}
KILLS = [
    (stretch, f"{kind}:{side}") for stretch, kinds in STEPS.items() for kind in kinds for side in ("before", "after")
]  # fmt: skip
KILLS += [
    ("to_cohort", "obligation:arose:before#7"),
    ("to_cohort", "letter:drafted:before#4"),
    ("to_cohort", "filing:prepared:before#3"),
    ("to_approved", "batch:intended:after#3"),
    ("to_approved", "batch:answered:before#3"),
    ("to_approved", "batch:answered:after#3"),
]
AUTHORITIES = {"authority", "sector_supervisor", "csirt"}
AT_ONCE = SendGridMailer.at_once
IN_THE_CALL = {"batch:intended:after", "batch:answered:before"}


def run_process(scene: Scene, *, kill_at: str | None = None) -> int:
    """Run `tocsin run INC --here` in a process of its own and return how it ended."""
    environment = os.environ | {
        "PYTHONPATH": str(CHECKOUT),
        "TOCSIN_SETTINGS": str(scene.settings),
        "TOCSIN_SENDGRID_KEY": KEY,
    }
    if kill_at is not None:
        environment["TOCSIN_KILL_AT"] = kill_at
    code, said = tocsin_process("run", scene.incident_id, "--here", environment=environment)
    assert code in {0, -signal.SIGKILL}, said
    return code


def run_again(scene: Scene) -> None:
    """Run here as if the dead process's lease had ended."""
    later = scene.house.clock.real_now() + timedelta(seconds=5)
    assert scene.house.store.claim(scene.incident_id, "LATER", now=later, until=later)
    scene.house.store.release(scene.incident_id, "LATER")
    assert scene.run().status != "busy"


def agreed(scene: Scene) -> dict[str, int]:
    """Return the delivery states, ledger and rows agreeing."""
    with scene.house.store.reading() as tx:
        notice = load(tx, scene.incident_id, drill=True).notice
        noted = {state: n for state, n in notice.tally.items() if n}
        assert dict(tx.people.count_deliveries(notice.plan.notice_id)) == noted
    return noted


def resolve_doubts(scene: Scene, taken: set[int]) -> None:
    """Resolve every doubt by what the provider really has."""
    for number, batch in list(scene.state.notice.batches.items()):
        if batch.state == "uncertain":
            settling.resolve(
                scene.house,
                scene.incident_id,
                actor=scene.ada,
                batch=number,
                accepted=number in taken,
                how="its log",
            )


def whole(scene: Scene) -> None:
    """Check that the ledger verifies and that the projections are what it says."""
    result = verify(scene.house)
    assert result.ok, (result.sentence(), result.problems)
    rebuilt = rebuild(scene.house)
    assert rebuilt.before == rebuilt.after


RECORDED: dict[str, Counter[str]] = {}


@pytest.fixture
def undisturbed(tmp_path_factory):
    """Returns what a run that nobody kills records, by stretch; played once a session."""

    def record(stretch: str, scene: Scene) -> Counter[str]:
        if stretch not in RECORDED:
            copy = tmp_path_factory.mktemp("undisturbed") / "workspace"
            shutil.copytree(scene.folder, copy)
            with reopened(copy / "tocsin.toml", scene.incident_id) as twin:
                twin.run()
                RECORDED[stretch] = decided(twin)
        return RECORDED[stretch]

    return record


@pytest.mark.parametrize(("stretch", "kill_at"), KILLS)
def test_a_killed_run_is_gone_on_with(played, undisturbed, stretch, kill_at):
    scene = played(stretch)
    expected = undisturbed(stretch, scene)
    assert run_process(scene, kill_at=kill_at) == -signal.SIGKILL, "the point was not reached"
    whole(scene)
    run_again(scene)
    if kill_at.partition("#")[0] in IN_THE_CALL:
        assert "uncertain" in agreed(scene)
        written = {path.stem.rpartition("-")[2] for path in (scene.folder / "outbox").glob("*/*.eml")}
        assert len(written) == 12 - (agreed(scene)["uncertain"] if "intended" in kill_at else 0)
        assert "resolve_doubt" in [action.do for action in scene.run().waiting]
        positions = next(b.positions for b in scene.state.notice.batches.values() if b.state == "uncertain")
        number = next(n for n, b in scene.state.notice.batches.items() if b.state == "uncertain")
        resolve_doubts(scene, {number} if {str(p) for p in spans.read(positions)} <= written else set())
        scene.run()
        expected = None
    if expected is not None:
        assert decided(scene) == expected
    if scene.state.notice is not None and stretch == "to_approved":
        assert agreed(scene) == {"accepted": 12}
        assert len(list((scene.folder / "outbox").glob("*/*.eml"))) == 12
    version = scene.state.version
    scene.run()
    assert scene.state.version == version, "nothing is left to do"
    whole(scene)


def test_a_killed_run_goes_on_in_another_process(played):
    scene = played("to_cohort")
    for kill_at in ("obligations:determined:after", "filing:prepared:after"):
        assert run_process(scene, kill_at=kill_at) == -signal.SIGKILL
        time.sleep(1.1)
    assert run_process(scene) == 0
    assert scene.state.approval is not None
    duties = {i for i, o in scene.state.obligations.items() if o.open and o.arose.recipient in AUTHORITIES}
    assert {f.prepared.obligation_id for f in scene.state.filings.values()} >= duties
    assert len(duties) > 5
    whole(scene)


def test_a_missed_deadline_is_frozen_once_over_a_kill(played):
    scene = played("to_request")
    scene.turn(200)
    assert run_process(scene, kill_at="deadline:missed:before") == -signal.SIGKILL
    assert "deadline:missed" not in scene.kinds
    run_again(scene)
    missed = [o for o in scene.state.obligations.values() if o.missed_at]
    assert scene.kinds.count("deadline:missed") == len(missed) > 1


# ---------------------------------------------------------------- a provider that really takes letters
def delivered_once(provider: StandIn) -> set[int]:
    """Check that the oracle has each delivery at most once; returns the batches of which it has letters."""
    lines = provider.oracle() if (provider.state / "oracle.jsonl").exists() else []
    told = [line["custom_args"]["tocsin_delivery"] for line in lines]
    assert len(told) == len(set(told)), "somebody was told twice"
    return {int(line["custom_args"]["tocsin_attempt"].split(".")[1]) for line in lines}


@pytest.mark.parametrize(
    ("kill_at", "doubts"),
    [
        ("notice:planned:after", 0),
        ("batch:intended:before#2", 0),
        ("batch:intended:after#1", 1),
        ("batch:intended:after#4", 1),
        ("batch:answered:before#1", 1),
        ("batch:answered:before#4", 1),
        ("batch:answered:after#2", 0),
    ],
)
def test_nobody_is_told_twice_by_a_real_provider(tmp_path, scene_for, kill_at, doubts):
    with running_standin(tmp_path / "provider") as provider:
        scene = scene_for(provider.url)
        assert run_process(scene, kill_at=kill_at) == -signal.SIGKILL
        whole(scene)
        delivered_once(provider)
        run_again(scene)
        uncertain = [n for n, batch in scene.state.notice.batches.items() if batch.state == "uncertain"]
        assert doubts <= len(uncertain) <= AT_ONCE, "every call that was open, and no other"
        listed = [
            line for line in settling.deliveries(scene.house, scene.incident_id) if line.state == "uncertain"
        ]
        assert bool(listed) == bool(uncertain)
        resolve_doubts(scene, delivered_once(provider))
        scene.run()
        assert agreed(scene) == {"accepted": 12}
        delivered_once(provider)
        assert len(provider.oracle()) == 12
        whole(scene)


def test_signed_events_settle_what_a_kill_left_in_doubt(tmp_path, scene_for):
    port = free_port()
    offset = int((AWARE_AT - datetime.now(UTC)).total_seconds() * 1e6) + int(4 * 3600 * 1e6)  # noqa: TID251
    arguments = (
        *("--webhook-url", f"http://127.0.0.1:{port}/webhooks/sendgrid"),
        *("--clock-offset-us", str(offset)),
    )
    with running_standin(tmp_path / "provider", arguments=arguments) as provider:
        scene = scene_for(provider.url, provider.public_key)
        assert run_process(scene, kill_at="batch:answered:before#2") == -signal.SIGKILL
        run_again(scene)
        doubted = [event for event in answers(scene) if event.answer == "uncertain"]
        assert 1 <= len(doubted) <= AT_ONCE
        assert agreed(scene)["uncertain"] >= 1
        with serving(scene, port):
            # a call that was open when the process died may not have reached the provider: no event will come for it
            all_delivered(scene, lambda: len(provider.oracle()))
            resolve_doubts(scene, delivered_once(provider))
            run_again(scene)
            all_delivered(scene, lambda: 12)
        assert "batch:resolved" in scene.kinds
        delivered_once(provider)
        run_again(scene)
        assert not scene.state.obligations["promise"].open
        whole(scene)


def decided(scene: Scene) -> Counter[str]:
    """Count entries by kind; the plan for sending is recorded when it changed, so how often depends on the stops."""
    return Counter(kind for kind in scene.kinds if kind != "send_plan:determined")


def all_delivered(scene: Scene, people: Callable[[], int]) -> None:
    """Wait; a call that was under way at a kill may reach the provider while we do."""
    until = time.monotonic() + 60
    while agreed(scene).get("delivered") != people():
        assert time.monotonic() < until, agreed(scene)
        time.sleep(0.1)


def answers(scene: Scene) -> list[BatchAnswered]:
    return [
        one.event for one in history(scene.house, scene.incident_id) if isinstance(one.event, BatchAnswered)
    ]


@pytest.fixture
def scene_for(played, monkeypatch):
    """Returns an incident approved for sending to a provider on loopback."""

    def approve_for(url: str, public_key: str = "") -> Scene:
        scene = played("to_cohort")
        change_settings(scene.settings, to_provider(url, public_key))
        monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
        opened = stack.enter_context(reopened(scene.settings))
        scene = replace(opened, incident_id=scene.incident_id)
        scene.run()
        scene.approve()
        return scene

    with ExitStack() as stack:
        yield approve_for


@contextmanager
def serving(scene: Scene, port: int) -> Iterator[None]:
    """Serve the signed route in a process of its own, as `tocsin webhook` runs it."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "TOCSIN_SENDGRID_KEY": KEY}
    command = [sys.executable, "-m", "incident.cli", "webhook", "--port", str(port)]
    process = subprocess.Popen([*command, "--settings", str(scene.settings)], env=environment)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(20) in {0, -signal.SIGTERM}
