"""The less common shapes of each system's exports, with known answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from incident.adapters.systems.known import SystemReaders
from incident.adapters.systems.pulled import last_line
from incident.core.scoping.records import AccountRecord, Confidence, IdentityKind, Operation, Outcome
from incident.errors import BadInputError
from tests.adapters.test_other_readers import EXAMPLES, read, values

CHARGE: dict[str, Any] = {
    "id": "ch_1",
    "object": "charge",
    "amount": 2900,
    "created": 1704067260,
    "customer": "cus_1",
    "receipt_email": "Payer@Example.org",
    "billing_details": {
        "name": "Payer",
        "email": None,
        "phone": None,
        "address": {"city": "Austin", "country": "US", "state": "TX", "line1": None},
    },
    "payment_method_details": {
        "type": "card",
        "card": {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2028, "country": "US"},
    },
}


def listed(url: str, *items: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"object": "list", "url": url, "has_more": False, "data": items} | more).encode()


class TestStripe:
    def one(self, content: bytes) -> AccountRecord:
        _, (record,), report = read(content)
        assert report.quarantined == 0
        return record

    def test_a_charge_keeps_what_a_deleted_customer_loses(self) -> None:
        record = self.one(listed("/v1/charges", CHARGE))
        assert values(record, IdentityKind.CUSTOMER_ID) == {"stripe:cus_1"}
        assert values(record, IdentityKind.EMAIL) == {"payer@example.org"}
        assert record.attributes.categories == (
            "email", "name", "payment_card_partial", "postal_address", "purchase_history",
        )  # fmt: skip
        assert [(h.country, h.region, h.confidence) for h in record.attributes.residence] == [
            ("US", "US-TX", Confidence.HIGH),
            ("US", None, Confidence.LOW),
        ]

    def test_an_expanded_customer_is_the_same_customer(self) -> None:
        record = self.one(listed("/v1/charges", CHARGE | {"customer": {"id": "cus_1", "object": "customer"}}))
        assert values(record, IdentityKind.CUSTOMER_ID) == {"stripe:cus_1"}

    def test_a_guest_is_known_by_the_receipt_only(self) -> None:
        record = self.one(listed("/v1/charges", CHARGE | {"customer": None}))
        assert {each.kind for each in record.identities} == {IdentityKind.EMAIL}

    @pytest.mark.parametrize(
        "url", ["/v1/customers", "/v1/payment_methods", "/v1/customers/cus_1/payment_methods", "/v1/charges"]
    )
    def test_an_empty_list_is_known_by_its_place(self, url: str) -> None:
        assert read(listed(url))[0] == "stripe"

    def test_search_results_and_old_sources_are_read(self) -> None:
        customer = {
            "id": "cus_1",
            "object": "customer",
            "email": "a@example.org",
            "sources": {"data": [{"last4": "1"}]},
        }
        record = self.one(listed("/v1/customers/search", customer, object="search_result"))
        assert "payment_card_partial" in record.attributes.categories

    @pytest.mark.parametrize(
        ("header", "row", "form"),
        [
            (
                "Customer Email,id,Created date (UTC),Card Last4",
                "a@example.org,py_1,2026-01-02 03:04:05,4242",
                "stripe-payments-csv",
            ),
            ("id,Customer ID,Amount Refunded", "ch_1,cus_1,0.00", "stripe-payments-csv"),
            (
                "id,Email,Created (UTC),Card Last4",
                "cus_1,a@example.org,2026-01-02 03:04,4242",
                "stripe-customers-csv",
            ),
            ("Email,Total Spend,id", "a@example.org,0.00,cus_1", "stripe-customers-csv"),
        ],
    )
    def test_columns_are_the_users_choice(self, header: str, row: str, form: str) -> None:
        _, (record,), report = read(f"{header}\n{row}\n".encode())
        assert (report.format, report.quarantined) == (form, 0)
        assert ("Card Last4" in header) == ("payment_card_partial" in record.attributes.categories)

    def test_an_identifier_keeps_its_leading_zeros(self) -> None:
        record = self.one(b"id,Email,Created (UTC),firebase_uid (metadata)\n007,a@example.org,,0042\n")
        assert values(record, IdentityKind.CUSTOMER_ID) == {"stripe:007"}
        assert values(record, IdentityKind.UID) == {"0042"}


@pytest.mark.parametrize(("complete", "incomplete"), [(True, 0), (False, 1)])
def test_the_word_of_a_pull_is_believed_over_that_of_a_page(complete: bool, incomplete: int) -> None:
    pages = [listed("/v1/charges", CHARGE, has_more=True), listed("/v1/charges", CHARGE | {"id": "ch_2"})]
    _, records, report = read(b"\n".join(pages) + last_line([{"n": 1}, {"n": 2}], (), complete=complete))
    assert (len(records), report.rows, len(report.incomplete)) == (2, 2, incomplete)


LOGIN = {
    "logName": "organizations/1/logs/cloudaudit.googleapis.com%2Fdata_access",
    "insertId": "abc",
    "timestamp": "2026-03-10T02:15:00Z",
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "login.googleapis.com",
        "methodName": "google.login.LoginService.loginSuccess",
        "authenticationInfo": {"principalEmail": "ops.ada@imajinn.example"},
        "requestMetadata": {"callerIp": "203.0.113.66"},
        "metadata": {
            "event": [
                {
                    "eventName": "login_success",
                    "eventType": "login",
                    "parameter": [
                        {
                            "name": "login_challenge_method",
                            "multiStrValue": ["password"],
                            "label": "LABEL_REPEATED",
                        }
                    ],
                }
            ]
        },
    },
}


class TestWorkspaceElsewhere:
    def test_a_sign_in_inside_cloud_audit_logs_is_staffs_and_reads_nobody(self) -> None:
        _, (record,), _ = read(json.dumps(LOGIN).encode())
        assert (record.system, record.operation, record.detail) == (
            "google_workspace",
            Operation.ADMIN,
            "login_success",
        )
        assert (record.actor.principal, record.actor.ip, record.items_unresolved) == (
            "ops.ada@imajinn.example",
            "203.0.113.66",
            0,
        )
        assert (record.outcome, record.complete) == (Outcome.SUCCESS, False)

    def test_a_mail_grant_inside_cloud_audit_logs_reads_a_mailbox(self) -> None:
        event = {
            "eventName": "authorize",
            "parameter": [{"name": "scope", "multiStrValue": ["https://mail.google.com/"]}],
        }
        payload = LOGIN["protoPayload"] | {
            "serviceName": "oauth2.googleapis.com",
            "metadata": {"event": [event]},
        }  # type: ignore[operator]
        _, (record,), _ = read(json.dumps(LOGIN | {"protoPayload": payload}).encode())
        assert (record.operation, record.collection, record.items_unresolved) == (
            Operation.LIST,
            "mailbox",
            None,
        )

    def test_activities_in_a_bare_array_are_read(self) -> None:
        items = json.loads((EXAMPLES / "workspace_activities.json").read_text())["items"]
        system, found, report = read(json.dumps(items).encode())
        assert (system, len(found), report.format) == ("google_workspace", 6, "workspace-activity-array")


class TestHelpScout:
    def test_whom_staff_wrote_to_is_a_data_subject_and_staff_is_not(self) -> None:
        thread = {
            "id": 2,
            "createdBy": {"id": 9, "type": "user", "email": "sam@imajinn.example"},
            "to": ["outsider@example.org", "sam@imajinn.example"],
        }
        conversation = {
            "id": 1,
            "primaryCustomer": {"id": 7, "email": "a@example.org"},
            "_embedded": {"threads": [thread]},
        }
        _, people, _ = read(json.dumps({"_embedded": {"conversations": [conversation]}}).encode())
        assert [sorted(values(p, IdentityKind.EMAIL)) for p in people] == [
            ["a@example.org"],
            ["outsider@example.org"],
        ]

    def test_a_page_with_a_next_page_is_not_whole(self) -> None:
        page = json.loads((EXAMPLES / "helpscout_customers.json").read_text())
        page["_links"]["next"] = {"href": "https://api.helpscout.net/v2/customers?page=2"}
        assert read(json.dumps(page, indent=1).encode())[2].incomplete


def test_several_avatars_on_one_line_are_several_people() -> None:
    line = (
        b"//www.gravatar.com/avatar/"
        + b"a" * 32
        + b'" src="https://secure.gravatar.com/avatar/'
        + b"B" * 64
        + b"?s=80\n"
    )
    _, people, report = read(line)
    assert [(e.kind.value, e.value) for p in people for e in p.identities] == [
        ("email_md5", "a" * 32),
        ("email_sha256", "b" * 64),
    ]
    assert report.rows == 1


def test_analytics_come_as_an_array_too() -> None:
    rows = [json.loads(line) for line in (EXAMPLES / "vercel_analytics.ndjson").read_text().splitlines()]
    assert len(read(json.dumps(rows).encode())[1]) == 2


@pytest.mark.parametrize("form", ["array", "csv"])
def test_own_records_come_as_an_array_or_a_table_too(form: str) -> None:
    rows = [{"uid": "u1", "created_at": "2026-03-10T02:00:00Z", "prediction_id": "007", "prompt": ""}]
    table = "uid,created_at,prediction_id,prompt\n" + ",".join(rows[0].values()) + "\n"
    _, (record,), _ = read((json.dumps(rows) if form == "array" else table).encode())
    assert (record.uid, record.prediction_id, record.categories) == ("u1", "007", ("user_id",))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"%PDF-1.7", "it is a PDF"),
        (b"<!doctype html>", "sign-in page"),
        (b"PK\x03\x04" + b"\0" * 60, "ZIP archive of another kind"),
        (b"\x1f\x8b junk", "compressed"),
        ("uid,email\n".encode("utf-16-le"), "UTF-16 without its mark"),
    ],
)
def test_what_is_not_known_is_refused_with_what_it_looks_like(content: bytes, reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        read(content)


def test_a_declared_system_that_does_not_fit_is_named() -> None:
    with (EXAMPLES / "stripe_customers.json").open("rb") as stream, pytest.raises(BadInputError) as refused:
        SystemReaders().reader_of(stream, system="mailchimp")
    assert refused.value.reason == "is declared as mailchimp and reads as stripe"


@pytest.mark.parametrize(
    "line",
    [
        b'{"a" :1,"a":2}', b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a\\u003a":1,"x":"\\u0022:","y":1,"y":2}', b'{"a":NaN}',
        b'{"a":Infinity}', b'{"a":"\xff"}', b"[1]", b'{"a":1', b'{"a\\"":":",":":1,":":2}',
    ],
)  # fmt: skip
def test_lines_that_lie_are_set_aside(line: bytes) -> None:
    good = json.dumps(LOGIN).encode()
    _, records, report = read(good + b"\n" + line + b"\n" + good)
    assert (len(records), report.quarantined, report.quarantine[0].row) == (2, 1, 2)


def test_a_table_whose_first_cell_is_a_number_is_a_table() -> None:
    """Found with the real CLI: a user id of digits only made the export look like JSON."""
    cells = ["007", "a@example.org", "false", *[""] * 20, "1773109500000", "", "", "false", *[""] * 26]
    _, (record,), report = read(",".join(cells).encode() + b"\n")
    assert (report.format, values(record, IdentityKind.UID)) == ("firebase-cli-csv", {"007"})
