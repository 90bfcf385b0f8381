"""One table for each benchmark, and its numbers as JSON in a folder that is not committed."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

RESULTS = Path(__file__).parents[1] / "bench-out"


PREFECT = {
    "PREFECT_LOGGING_LEVEL": "ERROR",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}
"""How Prefect is run to be measured: quiet, telling nobody, and given time where the machine is busy."""


def peak_mib() -> float:
    """Return the most memory this program has held; getrusage would count that of whoever started it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return round(peak / 1024, 1)


def keep(name: str, found: dict[str, object]) -> dict[str, object]:
    """Keep what was measured, with the machine it was measured on; returns the machine."""
    machine = {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(found | {"on": machine}, indent=2) + "\n")
    return machine


def report(name: str, found: dict[str, object], *, as_json: bool) -> None:
    """Print what was measured and keep it."""
    machine = keep(name, found)
    if as_json:
        json.dump(found, sys.stdout, indent=2)
        print()
        return
    print(f"{name} ({machine['processors']} processors, Python {machine['python']})")
    for key, value in found.items():
        print(f"  {key.replace('_', ' '):28} {value}")
