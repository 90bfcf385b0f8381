"""Processes of `tocsin` that do not import everything anew: one that has done so starts each as a copy of itself.

Each is a process of its own, with a database connection, a law book and an end of its own: killed, it is as dead as
any. Only the imports are shared, which took most of its time. `tests/cli` starts the program from nothing.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 120
STARTER = f"""
import json, os, signal, sys, threading, traceback
import incident.adapters.fonts, incident.adapters.holidays, incident.adapters.pdf_pages, incident.adapters.render
import incident.adapters.store.store, incident.cli.running, incident.law.catalogue, incident.service.further_planning
import incident.service.obligations, incident.service.postmortem, incident.service.responding, incident.service.sending
from incident.cli.main import main

def run(asked):
    out = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.environ.clear()
    os.environ.update(asked["environment"])
    signal.alarm({LONGEST_SECONDS})
    try:
        main(asked["words"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)

for line in sys.stdin:
    assert threading.active_count() == 1, "a copy of a process with threads is not whole"
    pid = os.fork()
    if pid == 0:
        run(json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


def tocsin_process(*words: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command in a process of its own; returns its exit code (negative: the signal), and what it said."""
    starter = _starter(os.getpid())
    with tempfile.NamedTemporaryFile() as said:
        asked = {"words": words, "environment": dict(environment), "said": said.name}
        assert starter.stdin is not None
        assert starter.stdout is not None
        starter.stdin.write(json.dumps(asked) + "\n")
        starter.stdin.flush()
        code = starter.stdout.readline()
        assert code, "the process that starts others has ended"
        return int(code), Path(said.name).read_text(encoding="utf-8", errors="replace")


@cache
def _starter(_of: int) -> subprocess.Popen[str]:
    """Start the one that imports, once a session."""
    command = [sys.executable, "-c", STARTER]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)
    assert process.stdout is not None
    process.stdout.close()
