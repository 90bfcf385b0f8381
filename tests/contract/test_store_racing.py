"""Writers that race, and a writer killed between any two of its system calls: no gap, no half, nothing signed that is gone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident.adapters.store.store import SqlStore
from incident.ledger.checkpoint import Checkpoint, NoteSigner, checkpoint_of, sign_note
from incident.ledger.entry import Draft
from incident.ledger.verify import verify_log

CHECKOUT = Path(__file__).resolve().parents[2]
LOG = NoteSigner("example.org/tocsin", bytes(range(32)))
AT = datetime(2026, 3, 10, 5, tzinfo=UTC)
WRITERS, EACH = 4, 10
WRITE = f"""
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from incident.adapters.anchors.high_water import FileHighWater
from incident.adapters.store.store import SqlStore
from incident.ledger.checkpoint import Checkpoint, NoteSigner, sign_note
from incident.ledger.entry import Draft

def write(who):
    mark, times = FileHighWater(Path(sys.argv[2])), int(sys.argv[3])
    log = NoteSigner({LOG.name!r}, bytes(range(32)))
    store = SqlStore(sys.argv[1], busy_seconds=60)
    at = datetime(2026, 3, 10, 5, tzinfo=UTC)
    store.head()
    os.write(1, b"ready\\n")  # in one piece, whoever else writes
    for number in range(times):
        with store.begin() as tx:
            drafts = [Draft("INC-1", "facts:amended", at, who, drill=True, data={{"n": number, "of": part}}) for part in range(2)]
            tx.append(drafts, recorded_at=at)
            head = tx.head()
            note = sign_note(Checkpoint(log.name, head.size, head.root()).text(), [log])
            tx.add_checkpoint(note, size=head.size, at=at)
            tx.when_committed(lambda note=note: mark.raise_to(log.name, note))
    store.close()

names = sys.argv[4:]
if len(names) == 1:
    write(names[0])
else:  # processes that share nothing but what was imported before them: no connection is open yet
    children = []
    for name in names:
        child = os.fork()
        if child == 0:
            write(name)
            sys.stdout.flush()
            os._exit(0)
        children.append(child)
    sys.exit(max(os.waitpid(child, 0)[1] for child in children) != 0)
"""


def writer(url: str, mark: Path, names: Sequence[str], times: int, *prefix: str) -> subprocess.Popen[str]:
    """Start a process that writes under a name; one for each where there are several."""
    command = [*prefix, sys.executable, "-c", WRITE, url, str(mark), str(times), *names]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def whole(store: SqlStore) -> int:
    """Check that a ledger verifies to its end; returns its size."""
    head = store.head()
    verdict = verify_log(
        store.rows(),
        store.checkpoints(),
        [LOG.verifier()],
        head=(head.size, head.root()),
        uppers=store.uppers(),
    )
    assert verdict.ok or head.size == 0, verdict.sentence()
    assert verdict.covered == head.size
    return head.size


@pytest.mark.slow
def test_four_processes_race_without_a_gap(
    url: str, tmp_path: Path, opened: Callable[[str], SqlStore]
) -> None:
    racing = writer(url, tmp_path / "mark", [f"writer-{n}" for n in range(WRITERS)], EACH)
    said, errors = racing.communicate(timeout=120)
    assert (racing.returncode, said) == (0, "ready\n" * WRITERS), errors
    store = opened(url)
    assert whole(store) == WRITERS * EACH * 2
    assert [row.seq for row in store.rows()] == list(range(WRITERS * EACH * 2))
    with store.reading() as tx:
        said = [(entry.actor, entry.data["n"], entry.data["of"]) for entry in tx.entries("INC-1")]
    assert [two for _, _, two in said] == [0, 1] * WRITERS * EACH, "what is appended together stands together"
    for number in range(WRITERS):
        assert [n for who, n, of in said if who == f"writer-{number}" and of == 0] == list(range(EACH))


KILLS = [("pwrite64", 1), ("pwrite64", 3), ("pwrite64", 6), ("fdatasync", 1), ("fsync", 1), ("rename", 1)]


@pytest.fixture(scope="module")
def begun(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger of four entries and the mark beside it, to copy from."""
    folder = tmp_path_factory.mktemp("begun")
    shutil.copy(migrated_sqlite, folder / "tocsin.db")
    first = writer(f"sqlite:///{folder / 'tocsin.db'}", folder / "mark", ["before"], 2)
    assert first.communicate(timeout=60)[0] == "ready\n"
    return folder


def killed_at(call: str, when: int, url: str, mark: Path) -> tuple[int, str]:
    """Let a writer make so many of these calls and no more; returns how it ended and what it said."""
    inject = ("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={when}")
    one = writer(url, mark, ["killed"], 2, "strace", "-f", "-qq", "-o", os.devnull, *inject)
    _, errors = one.communicate(timeout=60)
    return one.returncode, errors


@pytest.mark.slow
@pytest.mark.parametrize(("call", "when"), KILLS)
def test_killed_between_two_system_calls_of_an_append(
    call: str, when: int, tmp_path: Path, begun: Path, opened: Callable[[str], SqlStore]
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace: apt-get install strace")
    shutil.copytree(begun, tmp_path / "here")
    url, mark = f"sqlite:///{tmp_path / 'here' / 'tocsin.db'}", tmp_path / "here" / "mark"
    ended, errors = killed_at(call, when, url, mark)
    if "ptrace" in errors or "Operation not permitted" in errors:
        pytest.skip("strace may not trace here")
    assert ended in {-signal.SIGKILL, 128 + signal.SIGKILL}, f"it was not killed: {ended} {errors}"
    store = opened(url)
    size = whole(store)
    assert size in {4, 6, 8}, "two entries stand together or not at all"
    kept = next(iter(mark.glob("*.checkpoint"))).read_text()
    assert checkpoint_of(kept).size <= size, "no mark above what is committed"
    with store.begin() as tx:
        after = Draft("INC-1", "facts:amended", AT, "after", drill=True, data={})
        tx.append([after], recorded_at=AT)
        head = tx.head()
        tx.add_checkpoint(
            sign_note(Checkpoint(LOG.name, head.size, head.root()).text(), [LOG]), size=head.size, at=AT
        )
    assert whole(store) == size + 1
