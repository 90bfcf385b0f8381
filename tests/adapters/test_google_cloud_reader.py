"""Google Cloud: audit entries as array and lines, storage usage as a table; what is granted, named and counted."""

from __future__ import annotations

import json

import pytest

from incident.core.scoping.reader import Interest
from incident.core.scoping.records import AddressPrecision, Operation, Outcome
from tests.adapters.example_evidence import UIDS, read_all, read_example

OBJECT = "projects/_/buckets/b/objects/u/abc/x.jpg"


def entry(**payload):
    return {
        "insertId": "i1",
        "timestamp": "2026-03-10T02:40:00.918318174Z",
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Fdata_access",
        "protoPayload": {
            "serviceName": "storage.googleapis.com",
            "methodName": "storage.objects.get",
            "resourceName": OBJECT,
            "authenticationInfo": {"principalEmail": "thief@p.iam.gserviceaccount.com"},
            "requestMetadata": {"callerIp": "203.0.113.66"},
            "authorizationInfo": [{"granted": True}],
        }
        | payload,
    }


def read(*entries, interest=None):
    return read_all("google_cloud", "\n".join(map(json.dumps, entries)).encode(), interest)


def test_array_and_lines_agree():
    lines, _ = read_example("gcp_audit.ndjson")
    array, _ = read_example("gcp_audit_gcloud.json")
    assert len(lines) == 10
    assert [(each.at, each.subjects, each.outcome, each.resource) for each in lines] == [
        (each.at, each.subjects, each.outcome, each.resource) for each in array
    ]


def test_the_example_log_entry_by_entry():
    records, _ = read_example("gcp_audit.ndjson")
    names = {uid: name for name, uid in UIDS.items()}
    told = [
        (each.operation.value, each.outcome.value, *(names[who.value] for who in each.subjects))
        for each in records
    ]
    assert told == [
        ("admin", "success"),  # a service account key is made
        ("list", "success"),
        ("read", "success", "anna"),
        ("read", "success", "bruno"),
        ("read", "success", "chloe"),
        ("read", "success", "emi"),
        ("read", "denied", "grete"),
        ("list", "success"),  # RunQuery
        ("read", "success", "david"),  # by the web backend
        ("read", "success", "kavya"),  # caller's address withheld
    ]
    assert [each.items_unresolved for each in records] == [0, 5, 0, 0, 0, 0, 0, 3, 0, 0]
    assert [each.collection for each in records if each.items_unresolved] == [
        "imajinn-user-uploads",
        "generations",
    ]
    assert records[1].categories == ("user_id",)
    assert records[-1].actor.ip_precision is AddressPrecision.WITHHELD


@pytest.mark.parametrize(
    ("payload", "outcome"),
    [
        ({"status": {}}, Outcome.SUCCESS),
        ({"status": {"code": 0}}, Outcome.SUCCESS),
        ({"status": {"code": 7}}, Outcome.DENIED),
        ({"status": {"code": 16}}, Outcome.DENIED),
        ({"status": {"code": 5}}, Outcome.NOT_FOUND),
        ({"status": {"code": 14}}, Outcome.ERROR),
        ({"authorizationInfo": [{"granted": False}]}, Outcome.DENIED),
        ({"authorizationInfo": [{}]}, Outcome.ERROR),  # real entries lack it
        ({"authorizationInfo": [{"granted": "yes"}]}, Outcome.ERROR),
        ({"authorizationInfo": [{"granted": True}, {"granted": False}]}, Outcome.ERROR),
        ({"authorizationInfo": []}, Outcome.SUCCESS),
    ],
)
def test_what_became_of_a_request(payload, outcome):
    records, _ = read(entry(**payload))
    assert records[0].outcome is outcome


@pytest.mark.parametrize(
    ("method", "operation", "items"),
    [
        ("storage.objects.get", Operation.READ, 0),
        ("storage.objects.delete", Operation.CHANGE, 0),
        ("storage.objects.list", Operation.LIST, None),
        ("google.firestore.v1.Firestore.RunQuery", Operation.LIST, None),
        ("google.firestore.v1.Firestore.BatchGetDocuments", Operation.LIST, None),
        ("google.firestore.admin.v1.FirestoreAdmin.ExportDocuments", Operation.LIST, None),
    ],
)
def test_what_a_method_does(method, operation, items):
    records, _ = read(entry(methodName=method))
    assert (records[0].operation, records[0].items_unresolved) == (operation, items)


def test_an_export_in_the_admin_log_is_still_a_bulk_read():
    raw = entry(methodName="google.firestore.admin.v1.FirestoreAdmin.ExportDocuments")
    raw["logName"] = "projects/p/logs/cloudaudit.googleapis.com%2Factivity"
    records, _ = read(raw)
    assert records[0].operation is Operation.LIST


def test_reads_of_accounts_belong_to_firebase():
    records, _ = read(
        entry(
            serviceName="identitytoolkit.googleapis.com",
            methodName="google.cloud.identitytoolkit.v1.AccountManagementService.DownloadAccount",
            resourceName="projects/p",
        )
    )
    assert (records[0].system, records[0].collection) == ("firebase_auth", "accounts")


def test_other_log_entries_are_counted_and_left():
    plain = {"insertId": "i2", "timestamp": "2026-03-10T02:40:00Z", "logName": "x", "textPayload": "hello"}
    records, report = read(entry(), plain)
    assert (len(records), report.rows, report.quarantined) == (1, 2, 0)


def test_an_interest_keeps_the_actor_and_whoever_has_no_name():
    stranger = {
        "requestMetadata": {"callerIp": "192.0.2.1"},
        "authenticationInfo": {"principalEmail": "web@p"},
    }
    nameless = {"requestMetadata": {"callerIp": "private"}, "authenticationInfo": {}}
    interest = Interest(addresses=("203.0.113.",), names=("thief@p.iam.gserviceaccount.com",))
    records, report = read(entry(), entry(**stranger), entry(**nameless), interest=interest)
    assert [each.row for each in records] == [1, 3]
    assert report.passed_over == 1


def test_broken_lines_are_set_aside():
    good = json.dumps(entry())
    twice = good.replace('"insertId": "i1"', '"insertId": "i1", "insertId": "i2"')
    deep = "[" * 100_000
    naive = good.replace("174Z", "174")
    content = f"{good}\n{{broken\n{twice}\n{deep}\n[1]\n{naive}\n{good}".encode()
    records, report = read_all("google_cloud", content)
    assert [each.row for each in records] == [1, 7]
    assert [(each.row, each.reason) for each in report.quarantine] == [
        (2, "line is not JSON in UTF-8"),
        (3, "a key occurs twice in one object"),
        (4, "line is not JSON in UTF-8"),
        (5, "record is not an object"),
        (6, "timestamp: has no time zone"),
    ]


def test_storage_usage_rows():
    records, report = read_example("gcs_usage.csv")
    assert [each.subjects[0].value for each in records] == [
        UIDS[name] for name in ("anna", "bruno", "chloe", "emi")
    ]
    assert {each.outcome for each in records} == {Outcome.SUCCESS}
    assert not report.complete


@pytest.mark.parametrize(
    ("method", "operation", "name", "categories", "items"),
    [
        ("GET", "storage.objects.get", "u/abc/x.jpg", ("photo", "user_id"), 0),
        ("HEAD", "storage.objects.get", "u/abc/x.jpg", ("user_id",), 0),
        ("GET", "GET_Bucket", "", ("user_id",), None),
        ("GET", "storage.objects.get", "backup/all.tar", ("user_content",), 1),
    ],
)
def test_what_a_storage_request_shows(method, operation, name, categories, items):
    table = (
        "time_micros,c_ip,cs_method,sc_status,cs_operation,cs_bucket,cs_object,s_request_id\n"
        f"1773110410000000,203.0.113.66,{method},200,{operation},b,{name},r1\n"
    )
    records, _ = read_all("google_cloud", table.encode())
    assert (records[0].categories, records[0].items_unresolved) == (categories, items)
