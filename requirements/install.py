"""Install a lock file into the environment that runs this, and count along.

Usage: python requirements/install.py LOCK. Needs nothing but pip, whose words are shown only when it fails.
The lock names every package with its hashes: nothing is resolved, and a file with another hash is refused.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PINNED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*==", re.MULTILINE)


def main(lock: Path) -> int:
    """Install the lock; return pip's exit code."""
    whole = len(PINNED.findall(lock.read_text(encoding="utf-8")))
    print(f"installing {whole} locked packages from {lock}", flush=True)
    started = time.monotonic()
    options = ["--no-deps", "--require-hashes", "--progress-bar", "off", "--no-input"]
    command = [sys.executable, "-m", "pip", "install", *options, "--requirement", str(lock)]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = list(_count_along(pip, whole))
    code = pip.wait()
    if code:
        print("".join(said), file=sys.stderr)
    else:
        print(f"  installed in {time.monotonic() - started:.0f} s", flush=True)
    return code


def _count_along(pip: subprocess.Popen[str], whole: int) -> Iterator[str]:
    seen = 0
    for line in pip.stdout or ():
        yield line
        if line.startswith(("Collecting", "Processing", "Requirement already satisfied")):
            seen += 1
            if seen % 20 == 0:
                print(f"  {seen} of {whole} fetched", flush=True)
        elif line.startswith("Installing collected packages"):
            print("  unpacking", flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
