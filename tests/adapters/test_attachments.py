"""What is attached: text is searched whatever it calls itself, the rest is counted, and nothing hostile costs more than itself."""

from __future__ import annotations

import base64
import io
import json
import time
from datetime import UTC, datetime

import pytest

from incident.adapters.systems.attached import text_within
from incident.adapters.systems.known import SystemReaders
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef

START = b"From 1@xxx Sun Mar 29 01:00:00 +0000 2026\n"


def part(kind: str, content: bytes, *, disposition: str = "attachment") -> str:
    return (
        f"--cut\nContent-Type: {kind}\nContent-Disposition: {disposition}\n"
        f"Content-Transfer-Encoding: base64\n\n{base64.encodebytes(content).decode()}"
    )


def read(content: bytes) -> tuple[dict[str, tuple[str, tuple[str, ...]]], ReadReport]:
    reader, form = SystemReaders().reader_of(io.BytesIO(content))
    ref = EvidenceRef("ev-1", reader.system, "0" * 64, datetime(2026, 3, 30, tzinfo=UTC))
    report = ReadReport(ref, format=form)
    found = list(reader.read(io.BytesIO(content), ref, report))
    named = {
        each.identities[-1].value: (each.identities[-1].source, each.attributes.categories) for each in found
    }
    return named, report


def test_attachments_are_text_by_their_bytes_and_all_else_is_counted():
    inner = (
        "From: In Ner <inner@example.org>\nTo: to.inner@example.org\nSubject: s\n\nbody.inner@example.org\n"
    )
    page = b"<p>page&#64;example.org <a href='mailto:link%40example.org'>x</a><img src='data:image/gif;base64,R0lGOD'></p>"
    mail = (
        "From: outer@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=cut\n\n"
        + part("text/csv", b"mail\ncsv@example.org\n")
        + part("application/octet-stream", "mail\nwide@example.org\n".encode("utf-16"))
        + part("application/json", b'{"mail":"json@example.org"}')
        + part("text/html", page, disposition="inline")
        + part("image/jpeg", b"\xff\xd8\xff hidden@example.org")
        + part("image/png", b"\x89PNG", disposition="inline")
        + part("application/pdf", b"%PDF-1.7 hidden@example.org")
        + f"--cut\nContent-Type: message/rfc822\n\n{inner}--cut--\n"
    )
    named, report = read(START + mail.encode())
    assert named == {
        "outer@example.org": ("header", ("email", "message_content")),
        "inner@example.org": ("header", ("email", "message_content", "name")),
        "to.inner@example.org": ("header", ("email", "message_content")),
        "body.inner@example.org": ("body", ("email",)),
        "page@example.org": ("body", ("email",)),
        "link@example.org": ("body", ("email",)),
        "csv@example.org": ("attachment", ("email",)),
        "wide@example.org": ("attachment", ("email",)),
        "json@example.org": ("attachment", ("email",)),
    }
    assert report.summary().not_looked_into == (
        ("application/pdf", 1), ("image/gif", 1), ("image/jpeg", 1), ("image/png", 1),
    )  # fmt: skip
    assert (report.quarantined, report.incomplete) == (0, [])


@pytest.mark.parametrize("content", [b"\xff\xd8\xff", b"%PDF-1.7", b"PK\x03\x04 text", b"a\0b", b"\xff\xfea"])
def test_what_is_no_text_is_not_taken_for_it(content):
    assert text_within(content) is None


def test_a_bounce_names_whom_it_could_not_reach():
    status = "--cut\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; gone@example.org\n\n"
    mail = f"From: mailer@example.org\nContent-Type: multipart/report; boundary=cut\n\n{status}--cut--\n"
    assert read(START + mail.encode())[0].keys() == {"mailer@example.org", "gone@example.org"}


def test_names_and_charsets_that_nobody_knows_cost_nobody_their_address():
    header = (
        b"From: =?base64?q?abc?= <a@example.org>\nContent-Type: text/plain; charset=%b\n\nb@example.org\n"
    )
    for charset in (b"idna", b"undefined", b"hex", b"nobody"):
        assert read(START + header % charset)[0].keys() == {"a@example.org", "b@example.org"}


def nested(kind: bytes, depth: int) -> bytes:
    each = b"Content-Type: " + kind
    return b"From: a@example.org\n" + b"".join(each.replace(b"N", b"%d" % n) for n in range(depth))


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (nested(b"message/rfc822\n\n", 2000) + b"\nb@example.org", "the message has too many parts, or is nested too deep"),
        (
            nested(b'multipart/mixed; boundary="bN"\n\n--bN\n', 2000) + b"\nb@example.org",
            "the message has too many parts, or is nested too deep",
        ),
        (
            b'From: a@example.org\nContent-Type: multipart/mixed; boundary="x"\n\n' + b"--x\n\nb@example.org\n" * 100_000,
            "the message has too many parts, or is nested too deep",
        ),
        (b"From: " + b"(" * 5000 + b" c@example.org\n\na@example.org b@example.org", "the message's header cannot be read"),
    ],
)  # fmt: skip
def test_a_message_made_to_exhaust_its_reader_is_set_aside_and_still_searched(mail, reason):
    began = time.process_time()
    named, report = read(START + mail)
    assert [each.reason for each in report.quarantine] == [reason]
    assert {"a@example.org", "b@example.org"} <= named.keys()
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Type: text/html\n\n" + (b"<a" * 450_000 + b"\n") * 2 + b"b@example.org",
        b"\nx\n\nFrom a" + b" " * 900_000 + b"x\nb@example.org",
    ],
    ids=["open tags", "a separator of spaces"],
)
def test_hostile_text_costs_no_more_than_its_length(rest):
    began = time.process_time()
    named, report = read(START + b"From: a@example.org\n" + rest)
    assert named.keys() == {"a@example.org", "b@example.org"}
    assert time.process_time() - began < 5
    assert report.quarantined == 0


def test_a_line_too_long_to_be_searched_is_said():
    _, report = read(START + b"From: a@example.org\n\n" + b"x" * (2 << 20) + b"\n")
    assert report.incomplete == ["a line of more than 1 MiB in a message was not searched"]


def test_threads_say_what_is_attached_and_when_they_are_missing():
    thread = {
        "body": '<img src="data:image/png;base64,AA">',
        "_embedded": {
            "attachments": [{"mimeType": "application/pdf"}, {"mimeType": "image/png"}, {"filename": "x"}]
        },
    }
    one = {"id": 1, "threads": 1, "primaryCustomer": {"type": "customer", "email": "P@example.org"}}
    two = {"id": 2, "threads": 1, "createdBy": {"id": 7, "type": "customer", "email": "q@example.org"}}
    pages = {"_embedded": {"conversations": [one | {"_embedded": {"threads": [thread]}}, two]}}
    named, report = read(json.dumps(pages).encode())
    assert named.keys() == {"p@example.org", "q@example.org"}
    assert dict(report.not_looked_into) == {"application/pdf": 1, "image/png": 2, "of unknown type": 1}
    assert report.incomplete == ["conversations came without their threads: export them with embed=threads"]


def test_contacts_without_an_id_are_not_taken_for_one():
    nobody = [
        {"firstName": "A", "_embedded": {"emails": [{"value": "a@example.org"}]}},
        {"id": 1.5},
        {"id": 7},
    ]
    named, report = read(json.dumps({"_embedded": {"customers": nobody}}).encode())
    assert named.keys() == {"helpscout:7"}
    assert [(each.row, each.reason) for each in report.quarantine] == [
        (1, "id: is missing"),
        (2, "id: is not a text"),
    ]
