"""Scoping at the size of a company, by the command itself: time, peak memory, and whether the answer is right.

`python -m benchmarks.scoping --accounts 200000 --lines 5000000 --entries 500000`. Exports are generated, frozen as
evidence in a fresh workspace, and scoped by `tocsin scope`. Memory is that of the whole process tree: the sum of
the proportional set sizes, looked at twenty times a second. Bars: 60 seconds and 300 MB on two processors.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.company import ATTACKER, END, START, STOLEN, TAKEN_AT, Company, expected
from benchmarks.exports import Sizes, write
from benchmarks.reporting import report

BAR_SECONDS, BAR_MB = 60, 300
LOOKS_PER_SECOND = 20
QUESTION = f"""
[window]
start = "{START.isoformat()}"
end = "{END.isoformat()}"
[actors]
networks = ["{ATTACKER}"]
principals = ["{STOLEN}"]
[[systems]]
system = "bunny_cdn"
mode = "by_access"
reason = "the attacker's address fetched images"
[[systems]]
system = "google_cloud"
mode = "by_access"
reason = "the stolen service account read objects"
[[systems]]
system = "firebase_auth"
mode = "whole_store"
certainty = "possible"
reason = "Data Access logs are off"
"""


class Workspace:
    """A fresh workspace with one incident, driven by the command line as anybody would."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")
        }
        self.environment |= {"TOCSIN_AS": "ada", "PYTHONPATH": str(Path(__file__).parents[1])}
        self.run("init")
        opened = self.run(
            "open", "benchmark", "--aware-at", TAKEN_AT.isoformat(), "--because", "benchmark", "--json"
        )  # fmt: skip
        self.incident = json.loads(opened)["incident"]

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of one command."""
        return [sys.executable, "-m", "incident.cli", *arguments]

    def run(self, *arguments: str) -> str:
        """Run one command and return what it printed."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{arguments[0]} failed: {done.stderr}")
        return done.stdout

    def freeze(self, exports: list[tuple[str, Path]]) -> None:
        """Freeze exports as evidence."""
        for system, path in exports:
            self.run(
                "evidence", "add", self.incident, str(path), "--system", system, "--taken-at", TAKEN_AT.isoformat(),
                "--command", "benchmarks.exports",
            )  # fmt: skip

    def scope(self) -> dict[str, object]:
        """Scope and freeze; returns seconds, processor seconds, peak megabytes and what was found."""
        (self.folder / "scope.toml").write_text(QUESTION)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        child = subprocess.Popen(
            self.command("scope", self.incident, "--question", "scope.toml"), cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        peak = Peak(child.pid)
        try:
            out, errors = child.communicate()
        finally:
            peak_mb = peak.stop()
        seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if child.returncode:
            raise SystemExit(f"scope failed: {errors}")
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return {
            "seconds": round(seconds, 1),
            "processor_seconds": round(used, 1),
            "peak_mb": peak_mb,
            "said": out,
        }


class Peak:
    """Watches the memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak_kb, self._ended = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        """Stop and return the peak in megabytes."""
        self._ended.set()
        self._thread.join()
        return round(self._peak_kb / 1024)

    def _watch(self) -> None:
        while not self._ended.wait(1 / LOOKS_PER_SECOND):
            self._peak_kb = max(self._peak_kb, sum(map(_resident_kb, _tree(self._pid))))


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _tree(int(child)))]


def _resident_kb(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")), 0)


def measure(sizes: Sizes, folder: Path) -> dict[str, object]:
    """Generate, freeze, scope, and compare with the known answer."""
    exports = write(folder / "exports", sizes)
    workspace = Workspace(folder / "workspace")
    workspace.freeze(exports)
    found = workspace.scope()
    said = str(found.pop("said")).splitlines()
    wanted = expected(Company(sizes.accounts, sizes.seed))
    line = "certainty: " + ", ".join(
        f"{name} {number}" for name, number in sorted(wanted.by_certainty.items())
    )
    return {
        "accounts": sizes.accounts, "cdn_lines": sizes.lines, "audit_entries": sizes.entries,
        "megabytes": round(sum(path.stat().st_size for _, path in exports) / 1e6), **found,
        "bar_seconds": BAR_SECONDS, "bar_mb": BAR_MB, "right": line in said, "people": wanted.people,
        "found": next((each for each in said if each.startswith("certainty:")), ""),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    for name, size in (("accounts", 200_000), ("lines", 5_000_000), ("entries", 500_000), ("seed", 1)):
        options.add_argument(f"--{name}", type=int, default=size)
    options.add_argument("--json", action="store_true")
    options.add_argument("--folder", type=Path, help="keep the exports and the workspace there")
    chosen = options.parse_args()
    sizes = Sizes(chosen.accounts, chosen.lines, chosen.entries, chosen.seed)
    with tempfile.TemporaryDirectory() as fresh:
        found = measure(sizes, chosen.folder or Path(fresh))
    report("scoping", found, as_json=chosen.json)


if __name__ == "__main__":
    main()
