"""Builders for mail tests: a letter, people, a batch, and a stand-in provider in its own process."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from incident.core.mailing import Batch, LetterContent, Recipient
from tests.described import schema_file
from tests.judged_standin import UNFIT

if TYPE_CHECKING:
    from pathlib import Path

LETTER = LetterContent(
    subject="What happened to your data, %first_name%",
    text="Dear %first_name%,\n\nyour %what_was_read% was read.\n",
    html="<html><body><p>Dear %first_name_html%,</p><p>your %what_was_read_html% was read.</p></body></html>",
    from_address="security@example.org",
    from_name="Imajinn AI",
    reply_to="privacy@example.org",
    language="en",
    placeholders=frozenset({"first_name", "what_was_read"}),
)


def recipient(number: int = 1, **changes) -> Recipient:
    fields = {
        "delivery_id": f"DLV-{number}",
        "address": f"zelda{number}@example.org",
        "name": f"Zelda Müller{number}",
        "substitutions": {"first_name": "Zelda & <Co> 5%", "what_was_read": "e-mail address"},
    }
    return Recipient(**(fields | changes))


def batch(
    *recipients: Recipient, notice: str = "NTC-1", number: int = 1, attempt: int = 1, letter=LETTER
) -> Batch:
    return Batch(
        notice,
        number,
        attempt,
        letter,
        recipients or (recipient(),),
        datetime(2026, 3, 10, 5, tzinfo=UTC),
        ("breach-notice",),
    )


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass(frozen=True)
class StandIn:
    url: str
    public_key: str
    state: Path
    process: subprocess.Popen

    def oracle(self) -> list[dict]:
        path = self.state / "oracle.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]


@contextmanager
def running_standin(
    state: Path, *, plan: dict | None = None, arguments: tuple[str, ...] = (), judged: bool = True
):
    """Start the stand-in provider, and end it by closing its pipe.

    Every request to send is judged by the official description where it is here; one that does not fit it fails the
    test. `judged` is off where a test sends what is wrong on purpose.
    """
    state.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        [*standin_command(judged=judged), "--state", str(state), *arguments, *_planned(state, plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        about = json.loads(process.stdout.readline())
        try:
            yield StandIn(f"http://{about['host']}:{about['port']}", about["public_key"], state, process)
        finally:
            process.stdin.close()
            process.wait(10)
    unfit = state / UNFIT
    assert not unfit.exists(), f"a request does not fit the official description: {unfit.read_text()}"


def standin_command(*, judged: bool) -> list[str]:
    """Return how the stand-in is started, with the official description where it is here."""
    described = schema_file() if judged else None
    if described is None:
        return [sys.executable, "-m", "incident.demo.standin"]
    return [sys.executable, "-m", "tests.judged_standin", "--described", str(described)]


def _planned(state: Path, plan: dict | None) -> list[str]:
    if plan is None:
        return []
    (state / "plan.json").write_text(json.dumps(plan))
    return ["--plan", str(state / "plan.json")]
