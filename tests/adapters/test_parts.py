"""Large files in parts: cut at line ends, numbered right, checked; read in parts as they are read in one go."""

from __future__ import annotations

import gzip
import hashlib
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.checked_file import CHUNK_BYTES
from incident.adapters.parts import cut_lines
from incident.adapters.systems import raw
from incident.adapters.systems.bunny import LINES, BunnyReader
from incident.adapters.systems.known import SystemReaders
from incident.adapters.systems.own_records import OWN_LINES, OwnRecordReader
from incident.adapters.vault import DirectoryVault
from incident.core.scoping.intake import Taken, joined
from incident.core.scoping.reader import Holds, Interest, ReadReport
from incident.core.scoping.records import EvidenceRef
from incident.errors import TamperError
from tests.builders.house import TAKEN_AT

REQUEST = b"HIT|200|1507167062421|412|390|%s|-|https://cdn.example/u/%s/1.jpg|WA|curl|322b688bd63fb63f|US%s"
CDN_LINES = [
    REQUEST % (b"203.0.113.66", b"uid-one", b""),
    REQUEST % (b"198.51.100.7", b"uid-two", b"\r"),
    REQUEST % (b"203.0.113.0", b"uid-six", b""),
    REQUEST % (b"-", b"uid-ten", b""),
    REQUEST % (b"::ffff:203.0.113.66", b"uid-map", b""),
    b"\xef\xbb\xbf" + REQUEST % (b"203.0.113.66", b"uid-bom", b""),
    b"\x1f\x8b\x08 begins like gzip",
    b"\xff\xfe begins like UTF-16",
    b"HIT|200|no time|412|390|203.0.113.66|-|https://cdn.example/|WA|curl|3|US",
    b"HIT|200",
    b"HIT|NUL\0",
    b"",
    b"  ",
    b"x" * 700,
]
OWN = json.dumps({"uid": "u1", "created_at": "2026-03-10T02:00:00Z", "prediction_id": "p", "prompt": "x"})


@given(st.lists(st.binary(max_size=30)), st.integers(1, 60), st.booleans())
def test_parts_are_whole_lines_with_their_numbers(lines, part_bytes, is_ended):
    content = b"\n".join(lines) + (b"\n" if is_ended else b"")
    parts = cut_lines(io.BytesIO(content), hashlib.sha256(content).hexdigest(), part_bytes)
    assert b"".join(content[part.start : part.end] for part in parts) == content
    for part in parts:
        assert part.first_row == 1 + content[: part.start].count(b"\n")
        assert part.start == 0 or content[part.start - 1 : part.start] == b"\n"
    for part in parts[:-1]:
        assert part.end - part.start >= part_bytes
        assert content[part.start + part_bytes - 1 : part.end].count(b"\n") == 1  # no later than it can be


def read(reader, form, content, first_row=1, interest=None):
    ref = EvidenceRef("EV", reader.system, "0" * 64, TAKEN_AT)
    report = ReadReport(ref, format=form, first_row=first_row)
    return list(reader.read(io.BytesIO(content), ref, report, interest=interest)), report


@pytest.mark.parametrize(
    ("reader", "form", "choice"),
    [(BunnyReader(), LINES, CDN_LINES), (OwnRecordReader(), OWN_LINES, [OWN.encode(), b"{", b"", b"[1]"])],
    ids=["bunny", "own records"],
)
@pytest.mark.parametrize("interest", [None, Interest(addresses=("203.0.113.",), names=("uid-two",))])
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_parts_are_read_as_the_whole_is(reader, form, choice, interest, data):
    content = b"\n".join(data.draw(st.lists(st.sampled_from(choice), min_size=1, max_size=30)))
    if not content.strip() or content.startswith((b"\x1f\x8b", b"\xff\xfe")):
        return
    whole, said = read(reader, form, content, interest=interest)
    parts = cut_lines(
        io.BytesIO(content), hashlib.sha256(content).hexdigest(), data.draw(st.integers(1, 900))
    )
    records, takens = [], []
    for part in parts:
        some, report = read(reader, form, content[part.start : part.end], part.first_row, interest)
        records += some
        takens.append(Taken(0, report, Holds.ACCESSES))
    together = joined(takens[::-1]).report
    assert records == whole
    assert together is not None
    assert together.summary() == said.summary()


def test_a_line_is_too_long_wherever_a_file_is_cut():
    length = raw.LONGEST_LINE
    for first in (b"", b"short\n", b"x" * (raw.CHUNK_BYTES - 3) + b"\n"):
        chunks = raw.plain_chunks(
            io.BytesIO(first + b"y" * length + b"\n" + b"z" * (length + 1) + b"\nend"), "x"
        )
        found = [line if line is None else line[:1] for _, line in raw.lines(chunks)]
        assert found[-3:] == [b"y", None, b"e"]


def test_only_plain_lines_lie_in_lines():
    known = SystemReaders()
    line = CDN_LINES[0]
    assert known.lies_in_lines(io.BytesIO(line), LINES)
    assert not known.lies_in_lines(io.BytesIO(gzip.compress(line)), LINES)
    assert not known.lies_in_lines(io.BytesIO(line.decode().encode("utf-16")), LINES)
    assert not known.lies_in_lines(io.BytesIO(b'{"users":[]}'), "firebase-cli-json")


def test_a_part_is_checked_as_it_is_read(tmp_path):
    content = b"".join(b"%09d\n" % number for number in range(1_000_000))
    vault = DirectoryVault(tmp_path / "vault")
    sha256 = vault.put_bytes(content).sha256
    parts = vault.cut(sha256, CHUNK_BYTES + 5)
    assert len(parts) == 3
    for part in parts:
        with vault.open_part(sha256, part) as stream:
            assert stream.read() == content[part.start : part.end]
    path = tmp_path / "vault" / "sha256" / sha256[:2] / sha256[2:]
    with path.open("r+b") as file:
        file.seek(CHUNK_BYTES + 100)
        file.write(b"!")
    with pytest.raises(TamperError, match="chunk 2 of 3"):
        vault.cut(sha256, CHUNK_BYTES)
    with pytest.raises(TamperError, match="chunk 2 of 3"), vault.open_part(sha256, parts[0]) as stream:
        stream.read()
    with vault.open_part(sha256, parts[2]) as stream:
        assert stream.read() == content[parts[2].start :]  # its own chunks are as they were
    path.with_name(path.name + ".chunks").unlink()
    with pytest.raises(TamperError):
        vault.cut(sha256, CHUNK_BYTES)
    path.write_bytes(content)
    assert vault.cut(sha256, CHUNK_BYTES) == ()
    with pytest.raises(TamperError, match="list of chunks"):
        vault.open_part(sha256, parts[0])
