"""The commands of docs/api.md do what the page says, against a console that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from incident.core.integrations import Scope
from incident.service import tokens
from tests.architecture.tree import CHECKOUT
from tests.builders.consoles import console

FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_the_curl_lines_of_the_page(tmp_path: Path) -> None:
    page = (CHECKOUT / "docs/api.md").read_text(encoding="utf-8")
    lines = [line for block in FENCE.findall(page) for line in block.replace("\\\n", " ").splitlines()]
    lines = [line for line in lines if line.startswith("curl ")]
    assert len(lines) >= 4
    with console(tmp_path / "w") as desk:
        _, key = tokens.issue(desk.reception.machines, "ada", name="page", scopes=tuple(Scope), days=1)
        env = {
            **os.environ,
            "TOCSIN": desk.client.url,
            "KEY": key,
            "INCIDENT": "",
            "RECEIVER": desk.client.url,
        }
        for line in lines:
            ran = subprocess.run(
                ["bash", "-c", line], env=env, capture_output=True, text=True, check=True, timeout=60
            )
            answer = json.loads(ran.stdout)
            assert "errors" not in answer, f"{line}: {answer}"
            if isinstance(answer, dict) and "incident" in answer:
                env["INCIDENT"] = answer["incident"]
    assert env["INCIDENT"]
