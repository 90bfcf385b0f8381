"""Empty, broken, mis-encoded and hostile files: refused or set aside, never believed, never quoted."""

from __future__ import annotations

import gzip
import time
import tracemalloc
from io import BytesIO

import pytest

from incident.adapters.systems.raw import plain_chunks
from incident.adapters.systems.registry import open_evidence, readers
from incident.errors import BadInputError
from tests.adapters.example_evidence import EXAMPLES, SYSTEMS, read_all, read_example, ref_of

FIREBASE = (EXAMPLES / "firebase_auth_export.json").read_bytes()
LOG = (EXAMPLES / "bunny_60367.log").read_bytes()


@pytest.mark.parametrize(
    ("system", "content", "reason"),
    [
        ("firebase_auth", b"", "the file is empty"),
        ("firebase_auth", b"   \n", "no reader knows this content"),
        ("firebase_auth", b"%PDF-1.7", "no reader knows this content"),
        ("firebase_auth", "a,b\n".encode("utf-16"), "no reader knows this content"),
        ("firebase_auth", FIREBASE[:-3], "broken or ends too early"),
        (
            "firebase_auth",
            FIREBASE.replace(b'"disabled": false', b'"disabled": nope', 1),
            "broken or ends too early",
        ),
        (
            "firebase_auth",
            FIREBASE.replace(b'"disabled": false', b'"disabled": 1e99999999999999999999999', 1),
            "broken or ends too early",
        ),
        ("firebase_auth", b"1e99999999999999999999999,b\n", "no reader knows this content"),
        ("bunny_cdn", gzip.compress(LOG)[:-9], "ends too early"),
        ("bunny_cdn", gzip.compress(LOG) + b"\x1f\x8b junk", "the gzip data is broken"),
    ],
)
def test_refused_files(system, content, reason):
    with pytest.raises(BadInputError, match=reason) as caught:
        read_all(system, content)
    assert "@" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_broken_document_says_after_how_many_records():
    cut = FIREBASE[: FIREBASE.index(b"d5Gy7FnTc2")]
    with pytest.raises(BadInputError) as caught:
        read_all("firebase_auth", cut)
    assert caught.value.row == 4


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["firebase_auth_export.json", "bunny_60367.log", "stripe_customers.csv"])
def test_utf_16_as_windows_writes_it_says_the_same(name, order):
    plain, _ = read_example(name)
    content = (EXAMPLES / name).read_text(encoding="utf-8").replace("\n", "\r\n")
    told, report = read_all(SYSTEMS[name], ("\ufeff" + content).encode(order))
    assert report.quarantined == 0
    assert [(each.row, getattr(each, "identities", each.row)) for each in told] == [
        (each.row, getattr(each, "identities", each.row)) for each in plain
    ]


@pytest.mark.parametrize("broken", [b"\xff\xfea\x00b", b"\xff\xfe\x00\xd8a\x00", b"\xfe\xff\xdc\x00\x00a"])
def test_broken_utf_16_is_refused(broken):
    with pytest.raises(BadInputError, match="UTF-16"):
        list(plain_chunks(BytesIO(broken), "source"))


def test_a_gzip_bomb_is_stopped_early():
    bomb = gzip.compress(LOG + b"x" * (64 << 20))
    tracemalloc.start()
    with pytest.raises(BadInputError, match="expands more than 200 times"):
        read_all("bunny_cdn", bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 << 20


def test_several_gzip_members_are_one_log():
    records, _ = read_all("bunny_cdn", gzip.compress(LOG) + gzip.compress(LOG))
    assert len(records) == 30


def test_keys_that_occur_twice_are_set_aside():
    content = b'{"users":[{"localId":"x1","localId":"x2"},{"localId":"x3"},{"localId":"x4","mfaInfo":[{"a":1,"a":2}]}]}'
    records, report = read_all("firebase_auth", content)
    assert [each.identities[0].value for each in records] == ["x3"]
    assert [each.row for each in report.quarantine] == [1, 3]


def test_records_that_are_no_objects_are_set_aside():
    _, report = read_all("firebase_auth", b'{"users":[{"localId":"x1"}, 5, null, "x", ["y"]]}')
    assert [each.row for each in report.quarantine] == [2, 3, 4, 5]


def test_one_giant_record_is_refused():
    content = b'{"users":[{"localId":"' + b"x" * (20 << 20) + b'"}]}'
    with pytest.raises(BadInputError, match=r"no reader knows|larger than 16 MiB"):
        read_all("firebase_auth", content)
    content = b'{"users":[{"localId":"x1"},{"localId":"' + b"x" * (20 << 20) + b'"}]}'
    with pytest.raises(BadInputError, match="larger than 16 MiB"):
        read_all("firebase_auth", content)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_deep_nesting_is_refused_before_it_costs(opening, closing):
    deep = opening * 500_000 + b"1" + closing * 500_000
    with pytest.raises(BadInputError, match="nested too deep"):
        read_all("firebase_auth", b'{"users":[{"localId":"x1"},{"localId":"x2","mfaInfo":' + deep + b"}]}")


def test_modest_nesting_costs_only_its_record():
    deep = b"[" * 5_000 + b"]" * 5_000
    records, report = read_all(
        "firebase_auth", b'{"users":[{"localId":"x1","mfaInfo":' + deep + b'},{"localId":"x2"}]}'
    )
    assert [each.reason for each in report.quarantine] == ["mfaInfo: is not a list of objects"]
    assert [each.row for each in records] == [2]


def test_a_table_with_an_open_quote_loses_rows_loudly():
    table = (EXAMPLES / "stripe_customers.csv").read_bytes().replace(b",false,", b',"false,', 1)
    _, report = read_all("stripe", table)
    assert report.quarantined >= 1


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (b"Chlo\xe9", "row is not UTF-8"),
        (b"a\0b", "row holds a NUL byte"),
        (b"x" * 200_000, "cell is too long or quoting is broken"),
        (b"one,two", "row has 5 cells instead of 4"),
    ],
)
def test_broken_rows_of_a_table(cell, reason):
    table = b"id,Email,Name,Created (UTC)\ncus_1,,%b,\ncus_2,,Ok,\n" % cell
    records, report = read_all("stripe", table)
    assert [(each.row, each.reason) for each in report.quarantine] == [(2, reason)]
    assert [each.row for each in records] == [3]


def test_a_column_named_twice_is_read_where_both_say_the_same():
    table = b"id,Email,Name,Email,Name,Created (UTC),,\ncus_1,a@x.org,A,a@x.org,B,,,\ncus_2,b@x.org,C,c@x.org,C,,,\n"
    records, report = read_all("stripe", table.replace(b",A,", b",B,"))
    assert [each.attributes.email for each in records] == ["a@x.org"]
    reason = "Email: stands twice in the header, and this row says two things"
    assert [(each.row, each.reason) for each in report.quarantine] == [(3, reason)]
    records, report = read_all("stripe", b"id,Email,note,note,Created (UTC)\ncus_1,a@x.org,A,B,\n")
    assert (len(records), report.quarantined) == (1, 0)


def test_memory_stays_flat_while_a_log_is_streamed():
    content = LOG * 400
    opened = open_evidence(ref_of("bunny_cdn", content), BytesIO(content), readers())
    tracemalloc.start()
    count = sum(1 for _ in opened.reader.read(opened.stream, opened.report.ref, opened.report))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6_000
    assert peak < 3 << 20


def test_a_row_is_never_taken_for_a_header_that_cannot_be_read():
    with pytest.raises(BadInputError, match="no header that can be read"):
        read_all("stripe", b"id,Email,Na\0me,Created (UTC)\ncus_1,a@x.org,A,\ncus_2,b@x.org,B,\n")


def test_many_records_with_keys_that_occur_twice_cost_no_more_than_their_length():
    users = b",".join(b'{"localId":"u%d","localId":"u%d","at":{"a":1,"a":2}}' % (n, n) for n in range(40_000))
    began = time.process_time()
    records, report = read_all(
        "firebase_auth", b'{"users":[' + users + b',{"localId":"last","createdAt":"1"}]}'
    )
    assert time.process_time() - began < 10
    assert (len(records), report.quarantined) == (1, 40_000)
