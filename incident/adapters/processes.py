"""Which process is still there, told by boot, process id and time of start: a number used again is another process."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START = 19
"""The field of /proc/PID/stat after the name in which the time of start stands (proc(5): the 22nd of all)."""


class LocalProcesses:
    """`core.processes.Processes` by /proc; where there is none, nothing is ever known to be gone."""

    def mark(self) -> str:
        """Return boot, process id and time of start of this process."""
        return f"{_boot()}/{os.getpid()}/{_started(os.getpid()) or 0}"

    def gone(self, mark: str) -> bool:
        """Whether that process ran on this machine since it was started, and is there no more."""
        boot, _, rest = mark.partition("/")
        pid, _, started = rest.partition("/")
        if not _boot() or boot != _boot() or not pid.isdecimal():
            return False
        return (_started(int(pid)) or 0) != int(started or 0)


@cache
def _boot() -> str:
    return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""


def _started(pid: int) -> int | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[_START])
