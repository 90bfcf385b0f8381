"""Requests to send judged by Prism, Stoplight's validating proxy, on SendGrid's own OpenAPI description.

The real pipeline sends to Prism, and Prism hands on to the stand-in what fits the description; what does not is answered
with 422 there and arrives nowhere. Prism judges the shape only: limits and duplicates are the stand-in's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from incident.adapters.mail.sendgrid_body import SendGridSettings, body
from tests.builders_mail import batch, free_port, running_standin
from tests.described import ABSENT, description

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
PRISM = CHECKOUT / "node_modules" / ".bin" / "prism"
PEOPLE, EACH = 600, 2
AUTH = {"Authorization": "Bearer SG.test"}


@contextmanager
def prism(behind: str) -> Iterator[str]:
    """Start Prism in front of a provider; a skip says what is missing."""
    described = description()
    if described is None:
        pytest.skip(ABSENT)
    if shutil.which("node") is None or not PRISM.exists():
        pytest.skip("Prism is not in node_modules, or there is no Node; run `npm ci`")
    port = free_port()
    command = [str(PRISM), "proxy", "--errors", "--verboseLevel", "silent", "-h", "127.0.0.1", "-p", str(port),
               str(described), behind]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as proxy:
        try:
            _wait(f"http://127.0.0.1:{port}", proxy)
            yield f"http://127.0.0.1:{port}"
        finally:
            proxy.terminate()
            proxy.communicate(timeout=20)


def _wait(url: str, proxy: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert proxy.poll() is None, proxy.stderr.read() if proxy.stderr else ""
        try:
            httpx.get(url, timeout=1)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("Prism did not start")


def test_every_request_of_a_whole_send_passes_prism(tmp_path):
    with running_standin(tmp_path / "provider") as provider, prism(provider.url) as url:
        wrong = body(batch(), SendGridSettings()) | {"subject": 7}
        refused = httpx.post(f"{url}/v3/mail/send", json=wrong, headers=AUTH)
        assert (refused.status_code, "UNPROCESSABLE_ENTITY" in refused.text) == (422, True)

        command = [sys.executable, "-m", "benchmarks.send", "--people", str(PEOPLE), "--batch-people", str(EACH),
                   "--sendgrid-host", url, "--database", f"sqlite:///{tmp_path / 'send.db'}", "--json"]  # fmt: skip
        sent = subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert sent.returncode == 0, sent.stderr
        said = json.loads(sent.stdout)
        taken = provider.oracle()
    assert (said["refused"], said["uncertain"], said["accepted"]) == (0, 0, len(taken))
    assert len({line["custom_args"]["tocsin_delivery"] for line in taken}) == len(taken) > PEOPLE * 0.9
    assert len({line["custom_args"]["tocsin_attempt"] for line in taken}) >= PEOPLE // EACH - 1
