"""A two-stage go by the command line alone: our own mailboxes, a pause, a first slice, the rest; a real provider's events.

The provider is the stand-in in its own process; its signed events come back to `tocsin webhook`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from incident.adapters.clock import SystemClock
from incident.core import events as e
from incident.service.house import history
from tests.builders.house import AWARE_AT, KEY, change_settings, to_provider
from tests.builders_mail import free_port, running_standin
from tests.cli.conftest import CHECKOUT, Tocsin

pytestmark = pytest.mark.slow
CANARY = {
    "seeds = []  ": 'seeds = ["ada@imajinn.example", "grace@imajinn.example"]  ',
    "first_slice = 0": "first_slice = 4",
}


@contextmanager
def webhook(settings: Path, port: int) -> Iterator[None]:
    """Serve the provider's events as an operator does."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "TOCSIN_SETTINGS": str(settings)}
    command = [sys.executable, "-m", "incident.cli", "webhook", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=settings.parent) as serving:
        try:
            yield
        finally:
            serving.terminate()


def until(look: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not look():
        assert time.monotonic() < end, f"never seen: {what}"
        time.sleep(0.2)


def test_canary_pause_resume_and_the_rest(on, tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    port, offset = free_port(), AWARE_AT + timedelta(hours=4) - SystemClock().now()
    arguments = ("--webhook-url", f"http://127.0.0.1:{port}/webhooks/sendgrid",
                 "--clock-offset-us", str(offset // timedelta(microseconds=1)))  # fmt: skip
    with running_standin(tmp_path / "provider", arguments=arguments) as provider:
        tocsin, scene = on("to_cohort")
        change_settings(scene.settings, to_provider(provider.url, provider.public_key) | CANARY)
        i = scene.incident_id
        scene.turn(4)
        tocsin("letters", i, "--draft", "--as", "ada")
        shown = tocsin("letters", i)
        assert "bypass_spam_management True" in shown
        tocsin("approve", i, "--as", "grace")
        go_in_stages(tocsin, scene, provider, i, port)


def go_in_stages(tocsin: Tocsin, scene, provider, i: str, port: int) -> None:
    """Send in stages, and look at what left after each; nobody listens for reports before the seeds have left."""

    def told() -> tuple[int, int]:
        ids = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()]
        assert len(ids) == len(set(ids)), "nobody was told twice"
        seeds = sum("-seed-" in one for one in ids)
        return seeds, len(ids) - seeds

    sent = tocsin("send", i)
    letters = len(scene.state.notice.letters)
    assert f"{2 * letters} letters to our own mailboxes, {2 * letters} taken" in sent
    assert told() == (2 * letters, 0), "nothing goes to people before the seeds are seen"
    with webhook(scene.settings, port):
        until(lambda: scene.state.notice.seeds_arrived, "the seeds' delivery, by signed events")

        assert "paused" in tocsin("send", i, "--pause", "--reason", "reading the letter once more")
        assert "sending is paused: reading the letter once more" in tocsin("send", i)
        assert told()[1] == 0
        tocsin("send", i, "--resume", "--reason", "it is right")
        until(lambda: scene.state.notice.tally["delivered"] >= 4, "the slice's delivery")
        tocsin("send", i)
        assert 4 <= before_the_slice_passed(scene) < 12, "the first slice alone, until it was looked at"
        until(lambda: scene.state.notice.tally["delivered"] == 12, "everybody's delivery")
        assert told() == (2 * letters, 12)
        tocsin("run", i, "--here")
    assert not scene.state.obligations["promise"].open
    assert [k for k in scene.kinds if k in {"canary:passed", "notice:paused", "notice:resumed"}] == [
        "notice:paused", "notice:resumed", "canary:passed", "canary:passed"
    ]  # fmt: skip


def before_the_slice_passed(scene) -> int:
    """Count whom letters were handed over to before the slice was found to be as it should be."""
    people = 0
    for one in history(scene.house, scene.incident_id):
        if isinstance(one.event, e.BatchIntended):
            people += one.event.people
        if isinstance(one.event, e.CanaryPassed) and one.event.stage == "slice":
            return people
    raise AssertionError("the slice never passed")
