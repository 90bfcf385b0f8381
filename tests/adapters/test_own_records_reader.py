"""The company's own records: a declared schema, the example's by default."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO

from incident.adapters.systems.known import SystemReaders
from incident.adapters.systems.own_records import OwnRecordSchema
from incident.adapters.systems.registry import open_evidence, readers
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef, IdentityKind
from incident.settings.model import Records
from tests.adapters.example_evidence import UIDS, read_all, read_example, ref_of


def test_the_example_records():
    records, report = read_example("app_generations.ndjson")
    assert (len(records), report.quarantined) == (9, 0)
    assert records[0].uid == UIDS["david"]
    assert records[0].prediction_id == "af59ff13faee65cbb522c1afca"
    assert records[0].categories == ("ip_address", "photo", "user_content", "user_id")
    assert records[0].collections == ("generations", "imajinn-user-uploads")


def test_a_record_lies_only_in_the_stores_of_its_filled_fields():
    row = {"uid": "x1", "created_at": "2026-03-01T00:00:00Z", "prediction_id": None, "prompt": "a mug"}
    records, _ = read_all("google_cloud", json.dumps(row).encode())
    assert records[0].collections == ("generations",)
    assert records[0].categories == ("user_content", "user_id")


def test_another_companys_schema():
    schema = OwnRecordSchema(
        system="own_database",
        uid="account",
        created_at="made",
        prediction_id="job",
        categories={"text": "user_content"},
        stores={"account": "jobs"},
    )
    content = b'{"account":"x1","made":"2026-03-01T00:00:00+01:00","job":"j1","text":"hi"}\n'
    opened = open_evidence(ref_of("own_database", content), BytesIO(content), readers(schema))
    (record,) = opened.reader.read(opened.stream, opened.report.ref, opened.report)
    assert (record.system, record.uid, record.collections) == ("own_database", "x1", ("jobs",))
    assert record.created_at.isoformat() == "2026-02-28T23:00:00+00:00"


def test_a_record_without_owner_or_zone_is_set_aside():
    first = '{"uid":"x1","created_at":"2026-03-01T00:00:00Z","prediction_id":"p"}'
    content = f'{first}\n{{"uid":"","created_at":"2026-03-01T00:00:00Z"}}\n{first.replace("Z", "")}\n'
    _, report = read_all("google_cloud", content.encode())
    assert [(each.row, each.reason) for each in report.quarantine] == [
        (2, "uid: is missing or too long"),
        (3, "created_at: has no time zone"),
    ]


def test_the_users_id_stands_in_stripe_under_the_keys_of_the_settings():
    table = b"id,Email,Created (UTC),app_user (metadata),firebase_uid (metadata)\ncus_1,a@x.org,,u-1,u-2\n"
    said = Records.model_validate({"stripe_uid_keys": ["app_user"]})
    reader, form = SystemReaders(said.mapping(), said.stripe_uid_keys).reader_of(BytesIO(table))
    ref = EvidenceRef("ev-1", "stripe", "0" * 64, datetime(2026, 3, 10, tzinfo=UTC))
    (found,) = reader.read(BytesIO(table), ref, ReadReport(ref, format=form))
    assert [each.value for each in found.identities if each.kind is IdentityKind.UID] == ["u-1"]
