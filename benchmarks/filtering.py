"""The bare filter, by three tools on the same file in one run: which requests of a CDN log are the attacker's.

`python -m benchmarks.filtering --lines 5000000`. Ours is the reader with an interest, from bytes to records, on parts of
the file side by side as scoping does it; DuckDB and Polars read the same lines as a table, with as many threads, and
keep one address. Each runs in a process of its own, after the file was read once, and its time holds the start of its
workers. `ours_in_one_process` is beside it for what the reader costs by itself. Bar: within three times the faster one.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from benchmarks.company import ATTACKER, TAKEN_AT, Company
from benchmarks.exports import ROWS_AT_ONCE
from benchmarks.logs import bunny
from benchmarks.reporting import report

BAR_RATIO = 3
PART_BYTES = 64 << 20
COLUMNS = (
    "cache",
    "status",
    "at",
    "bytes",
    "zone",
    "ip",
    "referer",
    "url",
    "edge",
    "agent",
    "request",
    "country",
)


def ours(path: Path) -> int:
    """Count with the reader, on parts that end with a line, with as many processes as there are processors."""
    from incident.adapters.workshop.local import LocalWorkshops

    with tempfile.TemporaryDirectory() as scratch, LocalWorkshops(Path(scratch)).open(1 << 40) as shop:
        return sum(shop.each(_count_part, [(path, start, end) for start, end in _parts(path)]))


def ours_in_one_process(path: Path) -> int:
    """Count with the reader alone."""
    return _count_part((path, 0, path.stat().st_size))


def _parts(path: Path) -> Iterator[tuple[int, int]]:
    """Cut a file into parts that end with a line."""
    start, size = 0, path.stat().st_size
    with path.open("rb") as stream:
        while start < size:
            stream.seek(start + PART_BYTES)
            stream.readline()
            end = min(stream.tell(), size)
            yield start, end
            start = end


def _count_part(part: tuple[Path, int, int]) -> int:
    from incident.adapters.systems.bunny import LINES, BunnyReader
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

    path, start, end = part
    ref = EvidenceRef("EV", "bunny_cdn", "0" * 64, TAKEN_AT)
    shown = ATTACKER.rpartition(".")[0] + "."
    with path.open("rb") as stream:
        stream.seek(start)
        records = BunnyReader().read(
            cast("BinaryIO", _UpTo(stream, end)),
            ref,
            ReadReport(ref, format=LINES),
            interest=Interest((shown,)),
        )
        return sum(record.actor.ip == ATTACKER for record in records)


class _UpTo:
    """A stream that ends at a byte."""

    def __init__(self, stream: BinaryIO, end: int) -> None:
        self._stream, self._end = stream, end

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""
        return self._stream.read(max(0, min(size, self._end - self._stream.tell())))


def by_duckdb(path: Path) -> int:
    """Count with DuckDB."""
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    rows = f"read_csv('{path}', delim='|', header=false, quote='', columns={{{columns}}})"
    (found,) = duckdb.connect().execute(f"SELECT count(*) FROM {rows} WHERE ip = ?", [ATTACKER]).fetchall()
    return int(found[0])


def by_polars(path: Path) -> int:
    """Count with Polars."""
    import polars as pl

    lines = pl.scan_csv(
        path, separator="|", has_header=False, quote_char=None, infer_schema=False, new_columns=list(COLUMNS)
    )
    return int(lines.filter(pl.col("ip") == ATTACKER).select(pl.len()).collect().item())


TOOLS: dict[str, Callable[[Path], int]] = {
    "ours": ours, "ours_in_one_process": ours_in_one_process, "duckdb": by_duckdb, "polars": by_polars
}  # fmt: skip


def alone(tool: str, path: Path) -> dict[str, float]:
    """Run one tool in a process of its own; returns seconds, processor seconds, megabytes and the count."""
    command = [sys.executable, "-m", "benchmarks.filtering", "--tool", tool, "--file", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(lines: int, accounts: int, folder: Path, *, rounds: int = 3) -> dict[str, object]:
    """Write the log, read it once, and let each tool count; the best of some rounds counts."""
    path = folder / "cdn.log"
    if not path.exists():
        _write(path, Company(accounts), lines)
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for tool in TOOLS:
            found = alone(tool, path)
            if tool not in best or found["seconds"] < best[tool]["seconds"]:
                best[tool] = found
    faster = min(best["duckdb"]["seconds"], best["polars"]["seconds"])
    flat = {f"{tool}_{name}": value for tool, found in best.items() for name, value in found.items()}
    ratio = round(best["ours"]["seconds"] / faster, 2)
    used = [best[tool]["processor_seconds"] for tool in ("ours", "duckdb", "polars")]
    by_processor = round(used[0] / min(used[1:]), 2)
    agree = len({found["count"] for found in best.values()}) == 1
    return {"cdn_lines": lines, "megabytes": round(path.stat().st_size / 1e6), **flat, "ratio_to_faster": ratio,
            "ratio_of_processor_seconds": by_processor, "bar_ratio": BAR_RATIO, "agree": agree}  # fmt: skip


def _write(path: Path, company: Company, lines: int) -> None:
    waiting: list[str] = []
    with path.open("w", encoding="utf-8") as out:
        for line in bunny(company, lines):
            waiting.append(line)
            if len(waiting) == ROWS_AT_ONCE:
                out.writelines(waiting)
                waiting = []
        out.writelines(waiting)


def _alone(tool: str, path: Path) -> None:
    started = time.monotonic()
    count = TOOLS[tool](path)
    seconds = time.monotonic() - started
    json.dump(
        {
            "count": count, "seconds": round(seconds, 2), "processor_seconds": round(_used(), 2),
            "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        },
        sys.stdout,
    )  # fmt: skip


def _used() -> float:
    """Return the processor seconds of this process and its children, from their start on."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=5_000_000)
    options.add_argument("--accounts", type=int, default=200_000)
    options.add_argument("--json", action="store_true")
    options.add_argument("--folder", type=Path)
    options.add_argument("--tool", choices=TOOLS)
    options.add_argument("--file", type=Path)
    chosen = options.parse_args()
    if chosen.tool:
        _alone(chosen.tool, chosen.file)
        return
    with tempfile.TemporaryDirectory() as fresh:
        found = measure(chosen.lines, chosen.accounts, chosen.folder or Path(fresh))
    report("filtering", found, as_json=chosen.json)


if __name__ == "__main__":
    main()
