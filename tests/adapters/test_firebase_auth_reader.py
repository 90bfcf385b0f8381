"""Firebase Authentication: three formats say the same; misfits are set aside; a missing hash is not "none"."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from incident.core.scoping.records import IdentityKind
from tests.adapters.example_evidence import EXAMPLES, UIDS, read_all, read_example


def one_user(**fields):
    user = {"localId": "x1", "createdAt": "1700000000000", "disabled": False} | fields
    records, report = read_all("firebase_auth", json.dumps({"users": [user]}).encode())
    return (records[0] if records else None), report


def test_json_and_csv_give_the_same_accounts():
    by_json, _ = read_example("firebase_auth_export.json")
    by_csv, _ = read_example("firebase_auth_export.csv")
    assert len(by_json) == 12
    assert [(each.identities, each.attributes) for each in by_json] == [
        (each.identities, each.attributes) for each in by_csv
    ]


def test_batch_get_keeps_what_the_cli_drops_and_says_when_pages_are_missing():
    users = json.loads((EXAMPLES / "firebase_auth_export.json").read_text())["users"]
    page = {"kind": "identitytoolkit#DownloadAccountResponse", "users": users, "nextPageToken": "abc"}
    records, report = read_all("firebase_auth", json.dumps(page).encode())
    by_cli, _ = read_example("firebase_auth_export.json")
    assert report.format == "identitytoolkit-batchget"
    assert [each.identities for each in records] == [each.identities for each in by_cli]
    assert report.incomplete == ["the page says that more pages follow, and they are not in the file"]


def test_the_broken_csv_row_of_the_real_cli_is_set_aside_not_shifted():
    records, report = read_example("firebase_auth_export_traps.csv")
    assert [each.identities[0].value for each in records] == ["u2", "u3"]
    assert [(each.row, each.reason) for each in report.quarantine] == [
        (1, "row has 54 cells instead of 53"),
    ]
    assert (report.rows, report.quarantined) == (3, 1)


def test_an_account_with_a_telephone_only():
    records, _ = read_example("firebase_auth_phone_tenant.json")
    assert [(each.kind, each.value) for each in records[0].identities] == [
        (IdentityKind.UID, "q8Hs2VxLd6PwZc4NtRm9YbKj1Gf5"),
        (IdentityKind.PHONE, "+447700900143"),
    ]
    assert records[0].attributes.email is None
    assert records[0].attributes.categories == ("name", "phone", "user_id")
    assert records[0].attributes.unseen == ()
    assert records[0].attributes.created_at == datetime(2024, 6, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fields", "held", "unseen"),
    [
        ({"email": "a@example.com", "passwordHash": "aGFzaA=="}, True, False),  # value shown
        ({"email": "a@example.com", "passwordHash": "UkVEQUNURUQ="}, True, False),  # redacted for this caller
        ({"email": "a@example.com"}, False, True),  # other algorithm: dropped by the CLI
        ({"email": "a@example.com", "providerUserInfo": [{"providerId": "google.com"}]}, False, False),
        ({"email": "a@example.com", "providerUserInfo": [{"providerId": "password"}]}, False, True),
        ({"phoneNumber": "+447700900143"}, False, False),  # nothing to set a password for
    ],
)
def test_four_states_of_a_hash(fields, held, unseen):
    record, _ = one_user(**fields)
    assert ("password_hash" in record.attributes.categories) is held
    assert ("password_hash" in record.attributes.unseen) is unseen


def test_a_provider_address_is_weak_and_left_out_when_it_is_the_own_one():
    records, _ = read_example("firebase_auth_export.json")
    bruno = next(each for each in records if each.identities[0].value == UIDS["bruno"])
    assert [(each.kind.value, each.strength.value) for each in bruno.identities] == [
        ("uid", "strong"),
        ("email", "normal"),
        ("provider_email", "weak"),
    ]
    same, _ = one_user(
        email="A@Example.com", providerUserInfo=[{"providerId": "google.com", "email": "a@example.com"}]
    )
    assert [each.kind for each in same.identities] == [IdentityKind.UID, IdentityKind.EMAIL]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"localId": None}, "localId: is missing or too long"),
        ({"localId": "x" * 300}, "localId: is missing or too long"),
        ({"email": ["a@example.com"]}, "email: is not a text"),
        ({"createdAt": "yesterday"}, "createdAt: is not a whole number"),
        ({"createdAt": "99999999999999999"}, "createdAt: is not a time that can be"),
        ({"disabled": "maybe"}, "disabled: is neither true nor false"),
        ({"providerUserInfo": {"providerId": "google.com"}}, "providerUserInfo: is not a list of objects"),
    ],
)
def test_a_broken_account_is_set_aside_with_field_and_reason(fields, reason):
    record, report = one_user(**fields)
    assert record is None
    assert [(each.row, each.reason) for each in report.quarantine] == [(1, reason)]


def test_an_unknown_creation_time_stays_unknown():
    record, _ = one_user(createdAt=None)
    assert record.attributes.created_at is None


def test_an_empty_store_is_a_valid_export():
    records, report = read_all("firebase_auth", b'{"users": []}')
    assert (records, report.rows, report.quarantined) == ([], 0, 0)
