"""`make demo`: one incident, from detection to a closed ledger, in a minute, on this machine alone.

It is a drill and marked as one everywhere. Real are: the Prefect server and flow, the readers and the exports, the
law files, the letters, the sendgrid client over a socket, the signed webhook route, the ledger. Played are the two
named roles; the provider is a stand-in on loopback.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from incident.demo.play import Play
from incident.demo.stage import set_stage
from incident.demo.story import OPENED_AT
from incident.errors import RefusedError, TocsinError

MARK = ".tocsin-demo"


def main() -> int:
    """Play the incident; returns 0 when it was closed inside the promise and the ledger verifies."""
    parser = argparse.ArgumentParser(prog="python -m incident.demo", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo-out"), help="where everything is written")
    folder = _fresh(parser.parse_args().out.resolve())
    started = time.monotonic()
    try:
        with set_stage(folder, start=OPENED_AT) as stage:
            kept = Play(stage, started=started).run()
    except TocsinError as error:
        print(f"the demo failed: {error}", file=sys.stderr)
        return error.exit_code
    return 0 if kept else 1


def _fresh(folder: Path) -> Path:
    """Return an empty folder; only what an earlier demo made is removed."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise RefusedError(
                f"{folder.name} is not empty and not an earlier demo's; name another with --out"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return folder


if __name__ == "__main__":
    sys.exit(main())
