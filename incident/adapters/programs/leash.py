"""Hold a program on a leash: it ends when whoever started it lets go, ends, or is killed.

Run by its path, with the standard library only: `leash.py GRACE_SECONDS PID_FILE PROGRAM...`. The other
end of standard input is the hand: as long as it is open, the program runs. What the program is, others know.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

LOOK_SECONDS = 0.1


def main(arguments: list[str]) -> int:
    """Run a program until it ends or standard input does; return its exit code."""
    grace_seconds, pid_file, command = float(arguments[0]), Path(arguments[1]), arguments[2:]
    os.umask(0o077)
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    pid_file.write_text(f"{program.pid}\n", encoding="ascii")
    while program.poll() is None and not _let_go():
        pass
    _end(program, grace_seconds)
    return program.returncode


def _let_go() -> bool:
    ready, _, _ = select.select([sys.stdin.fileno()], [], [], LOOK_SECONDS)
    return bool(ready) and not os.read(sys.stdin.fileno(), 1024)


def _end(program: subprocess.Popen[bytes], grace_seconds: float) -> None:
    family = _descendants(program.pid)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(program.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(grace_seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    for pid, born in family.items():
        if _born(pid) == born:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    program.wait()


def _descendants(root: int) -> dict[int, str]:
    """Return the program's children's children with when they were born; without /proc, none are known."""
    parents = {pid: _stat(pid)[1:2] for pid in _pids()}
    family = {root}
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent and int(parent[0]) in family}
        grown = not more <= family
        family |= more
    return {pid: born for pid in family - {root} if (born := _born(pid))}


def _pids() -> list[int]:
    proc = Path("/proc")
    return [int(entry.name) for entry in proc.iterdir() if entry.name.isdigit()] if proc.is_dir() else []


def _born(pid: int) -> str:
    fields = _stat(pid)
    return fields[19] if fields else ""


def _stat(pid: int) -> list[str]:
    """Return /proc/PID/stat after the name (state, parent, ...), empty when the process is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
