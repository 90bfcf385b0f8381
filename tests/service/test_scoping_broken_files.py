"""A file that breaks off, or that nobody can read, stops no scoping: what was read counts, and what is missing blocks."""

from __future__ import annotations

import gzip
import json
import tomllib

import pytest

from incident.core.scoping.question_documents import question_from_document
from incident.service import evidence, scoping
from incident.service.searching import search
from tests.builders.house import TAKEN_AT

WHOLE = """
[window]
start = "2026-03-10T02:10:00+00:00"
end = "2026-03-10T04:40:00+00:00"
[actors]
networks = ["203.0.113.66"]
[[systems]]
system = "{system}"
mode = "whole_store"
certainty = "possible"
reason = "a copy was sold"
"""
PEOPLE = ("emi", "hannah", "jack", "liam", "anna")
USERS = [
    {"localId": name * 5, "email": f"{name}@example.com", "displayName": "Zoë", "createdAt": "1704067200000",
     "emailVerified": True, "disabled": False, "providerUserInfo": []}
    for name in PEOPLE
]  # fmt: skip
EXPORT = json.dumps({"users": USERS}, ensure_ascii=False).encode()
LOG = [
    {"id": str(number), "deploymentId": "d", "source": "lambda", "host": "h", "projectId": "p", "level": "info",
     "timestamp": 1773109200000, "requestId": str(number), "message": f"uid={name * 7} mail {name}@example.com",
     "proxy": {"timestamp": 1773109200000, "method": "GET", "path": "/api/me", "clientIp": ip, "statusCode": 200}}
    for number, (name, ip) in enumerate([("liam", "203.0.113.66"), ("hannah", "198.51.100.7")])
]  # fmt: skip
PRINTED = {**LOG[0], "id": "9", "message": "nightly user=jackjackjackjackjackjack"}
del PRINTED["proxy"]


def freeze(scene, path, content, system):
    path.write_bytes(content)
    return evidence.add_evidence(
        scene.house, scene.incident_id, path, actor=scene.ada, taken_at=TAKEN_AT, command="x", system=system
    )


def found(scene, question):
    with search(scene.house, scene.state, question_from_document(tomllib.loads(question))) as answer:
        people = [json.loads(line.record) for line in answer.lines()]
        return answer.finding, {each["email"] or each["identities"][0][1]: each for each in people}


CUT = EXPORT[: EXPORT.index(b"liam")]


@pytest.mark.parametrize(
    ("content", "rows", "reason"),
    [
        (CUT, 3, "it cannot be read from record 4 on: the JSON is broken or ends too early"),
        (EXPORT + b" trailing", 5, "it cannot be read from record 6 on: the JSON is broken or ends too early"),
        (gzip.compress(EXPORT)[:-9], 5, "it cannot be read after 5 rows: the gzip data ends too early"),
        (gzip.compress(EXPORT + b" " * (64 << 20)), 5,
         "it cannot be read after 5 rows: the gzip data expands more than 200 times"),
    ],
)  # fmt: skip
def test_what_was_read_before_the_break_counts_and_the_rest_blocks(fresh, tmp_path, content, rows, reason):
    scene = fresh.open()
    scene.turn(0.7)
    freeze(scene, tmp_path / "users.json", content, "firebase_auth")
    freeze(scene, tmp_path / "log.ndjson", json.dumps(LOG[0]).encode(), "vercel")
    finding, people = found(scene, WHOLE.format(system="firebase_auth"))
    assert {f"{name}@example.com" for name in PEOPLE[:rows]} <= people.keys()
    report = next(each for each in finding.reports if each.ref.system == "firebase_auth")
    assert (report.rows, report.broke_off, report.incomplete) == (rows, True, (reason,))
    assert any(reason in text for text in finding.blocks)


def test_bytes_that_are_no_utf_8_cost_only_their_record(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    broken = EXPORT.replace("Zoë".encode(), b"Zo\xeb", 2).replace(b"\xeb", "ë".encode(), 1)
    assert b"\xeb" in broken.replace("ë".encode(), b"")
    freeze(scene, tmp_path / "users.json", broken, "firebase_auth")
    finding, people = found(scene, WHOLE.format(system="firebase_auth"))
    (report,) = finding.reports
    assert [(each.row, each.reason) for each in report.quarantine] == [(2, "record is not UTF-8")]
    assert people.keys() == {f"{name}@example.com" for name in PEOPLE} - {"hannah@example.com"}


def test_evidence_that_no_reader_knows_blocks_where_its_system_is_asked_about(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    freeze(scene, tmp_path / "users.json", EXPORT, "firebase_auth")
    known = freeze(scene, tmp_path / "more.json", EXPORT.decode().encode("utf-32"), "firebase_auth")
    other = freeze(scene, tmp_path / "shot.png", b"\x89PNG and so on", "vercel")
    finding, _ = found(scene, WHOLE.format(system="firebase_auth"))
    assert [note.text for note in finding.notes if note.code == "evidence_unread"] == [
        f"firebase_auth evidence {known.sha256[:12]} was not read: no reader knows its format"
    ]
    assert not any(other.sha256[:12] in text for text in finding.blocks)


MBOX = b"""From 1@xxx Sun Mar 29 01:00:00 2026
From: a@example.com
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: image/jpeg

\xff\xd8
--cut
Content-Type: application/pdf

%PDF
--cut--
"""


def test_what_is_attached_and_was_not_opened_blocks_where_its_system_is_asked_about(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    mail = freeze(scene, tmp_path / "mail.mbox", MBOX, "google_workspace")
    finding, people = found(scene, WHOLE.format(system="google_workspace"))
    (note,) = [note for note in finding.notes if note.code == "attachments_unread"]
    text = (
        f"google_workspace evidence {mail.sha256[:12]}: attachments not looked into: 2, application/pdf 1, "
    )
    text += "image/jpeg 1; people may be depicted in the images"
    assert (note.count, note.blocking, note.text) == (2, True, text)
    assert people.keys() == {"a@example.com"}
    elsewhere, _ = found(scene, WHOLE.format(system="firebase_auth"))
    assert not [note for note in elsewhere.notes if note.code == "attachments_unread"]


def test_a_row_in_quarantine_is_evidence_that_was_not_read_whole(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    rows = b"\n".join(
        [b"id,Email,Created (UTC),Delinquent", b"cus_1,a@example.com,,false", *[b"cus_2,short"] * 7]
    )
    freeze(scene, tmp_path / "customers.csv", rows, "stripe")
    answer = scoping.scope(
        scene.house, scene.incident_id, actor=scene.ada, freeze=False,
        document=tomllib.loads(WHOLE.format(system="stripe")),
    )  # fmt: skip
    assert not answer.is_whole
    said, (read,) = list(answer.lines()), answer.data()["evidence"]
    assert sum("is in quarantine: row has 2 cells instead of 4" in line for line in said) == 5
    assert any("2 more rows are in quarantine" in line for line in said)
    assert (read["rows"], read["quarantined"], len(read["quarantine"]), read["broke_off"]) == (8, 7, 7, False)


# ---------------------------------------------------------------- whom log messages name
def test_whom_the_intruders_own_request_names_in_a_message_is_possible(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    freeze(
        scene, tmp_path / "log.ndjson", b"\n".join(json.dumps(e).encode() for e in (*LOG, PRINTED)), "vercel"
    )
    question = (
        WHOLE.format(system="vercel")
        .replace("whole_store", "by_access")
        .replace('certainty = "possible"', "")
    )
    _, people = found(scene, question)
    assert people.keys() == {"liam@example.com", "liam" * 7}
    (exposure,) = people["liam" * 7]["exposures"]
    assert (exposure["reason"], exposure["certainty"], exposure["rows"], exposure["categories"]) == (
        "named_in_message", "possible", [1], ["email", "user_id"],
    )  # fmt: skip


def test_everybody_whom_a_stolen_log_names_is_told(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    freeze(
        scene, tmp_path / "log.ndjson", b"\n".join(json.dumps(e).encode() for e in (*LOG, PRINTED)), "vercel"
    )
    finding, people = found(scene, WHOLE.format(system="vercel"))
    told = {name for name, each in people.items() if each["certainty"] == "possible"}
    assert told == {"liam" * 7, "liam@example.com", "hannah" * 7, "hannah@example.com", "jack" * 6}
    assert {each["exposures"][0]["reason"] for each in people.values()} <= {"whole_store", "named_in_message"}
    assert [note.text for note in finding.notes if note.code == "no_store_export"] == [
        "only a log says who is in vercel: whom it does not name is not found"
    ]


def test_the_same_is_found_however_the_drain_is_asked(fresh, tmp_path):
    scene = fresh.open()
    scene.turn(0.7)
    freeze(scene, tmp_path / "log.json", json.dumps([*LOG, PRINTED]).encode(), "vercel")
    found_in = scoping.scope(
        scene.house, scene.incident_id, actor=scene.ada, freeze=False,
        document=tomllib.loads(WHOLE.format(system="vercel")),
    )  # fmt: skip
    assert found_in.is_whole
    assert found_in.result.counts.told == 5
