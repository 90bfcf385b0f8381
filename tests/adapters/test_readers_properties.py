"""Any bytes, and every sample damaged in any way: refused or set aside by name, never a crash, never a shifted column."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from incident.adapters.systems.known import SystemReaders
from incident.core.scoping.reader import Interest, ReadReport
from incident.core.scoping.records import AccountRecord, EvidenceRef
from incident.errors import BadInputError

EXAMPLES = Path(__file__).parents[2] / "examples" / "imajinn"
SAMPLES = sorted(p for p in EXAMPLES.iterdir() if p.suffix not in {".md", ".toml"})
TABLES = [p for p in SAMPLES if p.suffix == ".csv" and "traps" not in p.name]
READERS = SystemReaders()
QUICK = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STARTS = [
    b"",
    b"\x1f\x8b\x08",
    b"PK\x03\x04",
    b'{"users":[',
    b"[",
    b"HIT|200|",
    b"From x\nTo: ",
    b"\xff\xfe",
    b"id,Email,",
]


def read(content: bytes, interest: Interest | None = None) -> tuple[list, ReadReport]:
    reader, form = READERS.reader_of(io.BytesIO(content))
    ref = EvidenceRef("ev-1", reader.system, "0" * 64, datetime(2026, 3, 10, 5, 20, tzinfo=UTC))
    report = ReadReport(ref, format=form)
    return list(reader.read(io.BytesIO(content), ref, report, interest=interest)), report


@QUICK
@given(start=st.sampled_from(STARTS), rest=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(start, rest):
    with suppress(BadInputError):
        read(start + rest)


@st.composite
def damages(draw) -> list[tuple[str, float, bytes]]:
    """Draw one to four changes: what is done, where (as a share of the file), and with which bytes."""
    kinds = st.sampled_from(["put in", "take out", "write over", "cut off", "say twice"])
    odd = st.sampled_from(
        [
            b'"',
            b",",
            b"|",
            b"\n",
            b"\0",
            b"\xff",
            b"{",
            b"]",
            b"NaN",
            b"1e999",
            b"\\u0000",
            b"\\ud800",
            b"9" * 40,
            b"-",
        ]
    )
    return draw(
        st.lists(
            st.tuples(kinds, st.floats(0, 1), odd | st.binary(min_size=1, max_size=6)), min_size=1, max_size=4
        )
    )


def damaged(content: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    for kind, share, what in changes:
        place = int(share * len(content))
        rest = {
            "put in": what + content[place:],
            "take out": content[place + len(what) :],
            "write over": what + content[place + len(what) :],
            "cut off": b"",
            "say twice": content[max(place - 200, 0) :],
        }[kind]
        content = content[:place] + rest
    return content


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.name)
@QUICK
@given(changes=damages())
def test_a_damaged_sample_is_read_or_refused(path, changes):
    try:
        records, report = read(damaged(path.read_bytes(), changes))
    except BadInputError as error:
        records, report, reason = [], None, error.reason
        assert reason
        assert "@" not in reason
    if report is not None:
        assert all("@" not in row.reason for row in report.quarantine)
        assert report.quarantined >= len(report.quarantine)
        assert len({record.row for record in records}) <= report.rows


def owners(content: bytes) -> dict[str, tuple]:
    """Return what was read of each account, by its own identities."""
    records, _ = read(content)
    return {
        str(r.identities): (r.attributes.email, r.attributes.categories)
        for r in records
        if isinstance(r, AccountRecord)
    }


@pytest.mark.parametrize("path", TABLES, ids=lambda p: p.name)
@QUICK
@given(share=st.floats(0, 0.999), odd=st.sampled_from(['"', ",", '",', ',"', '"x"', ',"x"', "\n"]))
@example(share=0.3, odd='"')
def test_a_damaged_row_takes_no_cell_from_another(path, share, odd):
    """Every other row says what it said; the damaged one says it too, or is set aside, or is refused."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = list(csv.reader(lines))
    assert len(rows) == len(lines), "one line, one row: the oracle below counts on it"
    has_header = "firebase" not in path.name
    place = int(share * (len(lines) - has_header)) + has_header
    line = lines[place]
    cut = int(share * 7919 % len(line))
    spoiled = "".join([*lines[:place], line[:cut] + odd + line[cut:], *lines[place + 1 :]]).encode()
    whole = owners("".join(lines).encode())
    others = (
        owners("".join(lines[:place] + lines[place + 1 :]).encode()) if len(lines) > 1 + has_header else {}
    )
    try:
        found = owners(spoiled)
    except BadInputError:
        return  # the only row of a file without header is no longer known
    assert others.items() <= found.items()
    own = whole.keys() - others.keys()
    strangers = found.keys() - own - others.keys()
    assert len(strangers) <= 1, "at most the damaged row itself reads differently"
    addresses = {cell for row in [*rows[:place], *rows[place + 1 :]] for cell in row if "@" in cell}
    assert not any(address in who for who in strangers for address in addresses)


@pytest.mark.parametrize("name", ["bunny_60367.log", "bunny_60367_masked.log", "gcp_audit.ndjson"])
@QUICK
@given(changes=damages())
def test_an_interest_only_leaves_out_what_others_did(name, changes):
    """What the prefilter passes over is never the actor's, nor a hidden caller's, however the file is damaged."""
    content = damaged((EXAMPLES / name).read_bytes() * 2, changes)
    interest = Interest(addresses=("203.0.113.",), names=("ops.ada@imajinn.example",))
    try:
        everything, _ = read(content)
        chosen, report = read(content, interest)
    except BadInputError:
        return
    assert set(chosen) <= set(everything)
    for record in set(everything) - set(chosen):
        assert record.actor.ip is not None or record.actor.principal
        assert not (record.actor.ip or "").startswith("203.0.113.")
        assert record.actor.principal != "ops.ada@imajinn.example"
    if name.startswith("bunny"):  # a log entry that is no audit entry is counted, and is neither
        assert report.rows == len(chosen) + report.passed_over + report.quarantined
