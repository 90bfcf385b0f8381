"""Bunny.net: v1 lines in four wrappings and v2 pages say the same requests; masks are seen as masks."""

from __future__ import annotations

import json

import pytest

from incident.core.scoping.reader import Interest
from incident.core.scoping.records import AddressPrecision, Outcome
from tests.adapters.example_evidence import EXAMPLES, UIDS, read_all, read_example

LINES = (EXAMPLES / "bunny_60367.log").read_bytes()
URL = "https://cdn.example/g/e1Rw4HmYv8LbCx6TkNf3QzGs7Dj5/a.png"


def line(ip="203.0.113.66", status="200", url=URL, at="1773109500000", extra=""):
    return f"HIT|{status}|{at}|5|60367|{ip}|-|{url}|DE|agent|req1|DE{extra}".encode()


def one(*lines):
    return read_all("bunny_cdn", b"\n".join(lines) + b"\n")


def told(records):
    return [(each.at, each.subjects, each.outcome, each.request_id, each.categories) for each in records]


def test_gzip_part_and_plain_log_agree():
    plain, _ = read_example("bunny_60367.log")
    packed, _ = read_example("10_100-0-a1b2c3d4.gzip")
    assert len(plain) == 15
    assert [each.request_id for each in packed] == [each.request_id for each in plain[: len(packed)]]
    assert told(packed) == told(plain[: len(packed)])


def test_v2_tells_the_same_requests_with_fingerprints():
    plain, _ = read_example("bunny_60367.log")
    pages, report = read_example("bunny_v2.json")
    assert sorted(told(pages), key=str) == sorted(told(plain), key=str)
    assert {each.actor.ja4 is not None and each.actor.asn is not None for each in pages} == {True}
    assert report.complete


@pytest.mark.parametrize(
    ("wrapped", "case"),
    [
        (b"BOM" + line(), "the word BOM, as the vendor's page shows"),
        (b"\xef\xbb\xbf" + line(), "a byte order mark"),
        (b"<134>1 2026-03-10T02:25:00Z edge bunny - - - \xef\xbb\xbf" + line(), "an RFC 5424 header"),
        (line(extra="|gzip|Bearer abc|1.1"), "extended logging, 15 fields"),
        (line() + b"\r", "a line end of Windows"),
    ],
)
def test_wrappings_of_a_line(wrapped, case):
    records, report = one(wrapped)
    assert report.quarantine == [], case
    assert records[0].subjects[0].value == UIDS["emi"]
    assert records[0].resource == "/g/e1Rw4HmYv8LbCx6TkNf3QzGs7Dj5/a.png"


@pytest.mark.parametrize(
    ("ip", "shown", "precision"),
    [
        ("203.0.113.66", "203.0.113.66", AddressPrecision.EXACT),
        ("203.0.113.0", "203.0.113.0", AddressPrecision.MASKED_24),
        ("2001:db8:41::a7", "2001:db8:41::a7", AddressPrecision.EXACT),
        ("2001:db8:41:0:0:0:0:0", "2001:db8:41::", AddressPrecision.MASKED_64),
        ("::ffff:203.0.113.66", "203.0.113.66", AddressPrecision.EXACT),
        ("0.0.0.0", None, AddressPrecision.WITHHELD),
        ("::", None, AddressPrecision.WITHHELD),
        ("-", None, AddressPrecision.WITHHELD),
        ("", None, AddressPrecision.WITHHELD),
    ],
)
def test_what_an_address_shows(ip, shown, precision):
    records, _ = one(line(ip=ip))
    assert (records[0].actor.ip, records[0].actor.ip_precision) == (shown, precision)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("200", Outcome.SUCCESS),
        ("206", Outcome.PARTIAL),
        ("304", Outcome.ERROR),  # a copy may have been fetched before
        ("302", Outcome.ERROR),
        ("401", Outcome.DENIED),
        ("403", Outcome.DENIED),
        ("404", Outcome.NOT_FOUND),
        ("410", Outcome.NOT_FOUND),
        ("500", Outcome.ERROR),
        ("-1", Outcome.ERROR),
        ("0", Outcome.ERROR),
    ],
)
def test_what_a_status_says(status, outcome):
    records, _ = one(line(), line(status=status))
    assert records[1].outcome is outcome


@pytest.mark.parametrize(
    ("path", "owner", "categories", "unresolved"),
    [
        ("/u/abc/x.jpg", "abc", ("photo", "user_id"), 0),
        ("/g/abc/x.png?width=64", "abc", ("user_content", "user_id"), 0),
        ("/g%2Fabc%2Fx.png", "abc", ("user_content", "user_id"), 0),
        ("/shared/c3bc45ac35.png", None, ("user_content",), 1),  # somebody's, the path does not say whose
        ("/robots.txt", None, (), 0),
        ("/", None, (), 0),
    ],
)
def test_whose_an_object_is(path, owner, categories, unresolved):
    records, _ = one(line(url=f"https://cdn.example{path}"))
    assert [each.value for each in records[0].subjects] == ([owner] if owner else [])
    assert (records[0].categories, records[0].items_unresolved) == (categories, unresolved)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (line() + b"|one|two", "line has 14 fields instead of 12 or 15"),
        (line(status="ok"), "status: is not a whole number"),
        (line(at="soon"), "timestamp: is not a whole number"),
        (line(url="https://cdn.example/g/\udcff".encode("utf-8", "surrogatepass").decode("latin-1")), None),
        (b"HIT|200|17\xff73109500000|5|60367|203.0.113.66|-|x://y/|DE|a|r|DE", "line is not UTF-8"),
        (line() + b"\0", "line holds a NUL byte"),
        (b"x" * (1 << 21), "line is longer than 1 MiB"),
    ],
)
def test_broken_lines_are_set_aside_and_the_rest_is_read(broken, reason):
    records, report = one(line(), broken, line())
    expected = [(2, reason)] if reason else []
    assert [(each.row, each.reason) for each in report.quarantine] == expected
    assert [each.row for each in records] == ([1, 3] if reason else [1, 2, 3])
    assert report.rows == 3


def test_an_interest_passes_over_others_but_keeps_masks_and_hidden_callers():
    interest = Interest(addresses=("203.0.113.",))
    lines = [line(), line(ip="198.51.100.7"), line(ip="203.0.113.0"), line(ip="-"), line(ip="203.0.113.9")]
    records, report = read_all("bunny_cdn", b"\n".join(lines), interest)
    assert [each.row for each in records] == [1, 3, 4, 5]
    assert (report.rows, report.passed_over) == (5, 1)


def test_a_v2_page_without_nullable_fields_and_with_more_to_come():
    item = {"timestamp": "2026-03-10T02:25:00.000Z", "pullZoneId": 1, "cacheStatus": "HIT", "statusCode": 200,
            "path": "/g/abc/x.png"}  # fmt: skip
    page = {"data": [item], "pagination": {"hasMore": True}}
    records, report = read_all("bunny_cdn", json.dumps(page).encode())
    assert records[0].actor.ip_precision is AddressPrecision.WITHHELD
    assert records[0].actor.ja4 is None
    assert report.incomplete == ["the page says that more lines follow, and they are not in the file"]
