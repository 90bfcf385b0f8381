"""The readers and pulls judged by the vendors' own programs.

Firebase's emulator, CLI and admin client, Google's protobufs and discovery documents, Stripe's and Replicate's
clients, Gravatar's published hashes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.pulls.firebase import FirebasePuller
from incident.core.scoping.identity import email_hashes
from incident.core.scoping.records import AccountRecord, Outcome
from tests.adapters import firebase_emulator
from tests.adapters.firebase_emulator import PROJECT, UIDS, Exports
from tests.adapters.test_other_readers import EXAMPLES, read
from tests.adapters.vendor_stand_in import KEYS, Vendors, serving

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"
)


# ---------------------------------------------------------------- Firebase
@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exports]:
    """Run the emulator once for all tests that need it."""
    lacking = firebase_emulator.missing()
    if lacking:
        pytest.skip(lacking)
    with firebase_emulator.running(tmp_path_factory.mktemp("firebase")) as found:
        yield found


def accounts(content: bytes) -> dict[str, AccountRecord]:
    system, found, report = read(content)
    assert (system, report.quarantined) == ("firebase_auth", 0)
    return {record.identities[0].value: record for record in found}


def told(record: AccountRecord) -> tuple[Any, ...]:
    facts = record.attributes
    own = {(each.kind.value, each.value) for each in record.identities}
    return (
        own,
        facts.display_name,
        facts.phone,
        facts.email,
        facts.email_verified,
        facts.created_at,
        facts.disabled,
    )


@pytest.mark.slow
class TestFirebase:
    def test_the_clis_json_is_read_with_every_account(self, exports: Exports) -> None:
        found = accounts(exports.json)
        assert set(found) == set(UIDS), "007 keeps its zeros"
        assert {i.kind.value for i in found["uid-phone-only"].identities} == {"uid", "phone"}
        assert found["uid-claims"].attributes.display_name == "line one\nline two"
        assert found["uid-disabled"].attributes.disabled is True
        assert ("provider_email", "two.private@example.net") in told(found["uid-google"])[0]

    def test_the_clis_table_says_the_same_but_for_the_row_that_it_breaks(self, exports: Exports) -> None:
        by_json = accounts(exports.json)
        _, found, report = read(exports.csv)
        by_csv = {record.identities[0].value: record for record in found}
        assert set(by_csv) == set(UIDS) - {"uid-claims"}
        assert [row.reason for row in report.quarantine] == ["row has 54 cells instead of 53"]
        assert report.rows == len(UIDS)
        assert {uid: told(record) for uid, record in by_csv.items()} == {
            uid: told(by_json[uid]) for uid in by_csv
        }

    def test_a_hash_that_the_cli_drops_is_not_called_absent(self, exports: Exports) -> None:
        dropped, shown = accounts(exports.json)["uid-password"], accounts(exports.with_hashes)["uid-password"]
        assert dropped.attributes.unseen == ("password_hash",)
        assert ("password_hash" in shown.attributes.categories, shown.attributes.unseen) == (True, ())
        assert accounts(exports.with_hashes)["uid-google"].attributes.unseen == ()

    def test_the_apis_page_says_the_same(self, exports: Exports) -> None:
        by_json, by_page = accounts(exports.json), accounts(exports.batch_get)
        assert {uid: told(r) for uid, r in by_page.items()} == {uid: told(r) for uid, r in by_json.items()}
        assert "password_hash" in by_page["uid-password"].attributes.categories

    def test_googles_admin_client_pulls_the_same(
        self, exports: Exports, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", exports.host)
        puller = FirebasePuller(PROJECT, None)
        try:
            page = puller.page("accounts", None)
        finally:
            puller.close()
        assert page.cursor is None
        by_json, pulled = accounts(exports.json), accounts(page.content)
        assert {uid: told(r) for uid, r in pulled.items()} == {uid: told(r) for uid, r in by_json.items()}


# ---------------------------------------------------------------- Google Cloud
def test_googles_protobufs_read_the_same_audit_entries() -> None:
    from google.cloud.audit import audit_log_pb2
    from google.cloud.logging_v2.types import LogEntry
    from google.protobuf import json_format

    _, found, _ = read((EXAMPLES / "gcp_audit.ndjson").read_bytes())
    lines = (EXAMPLES / "gcp_audit.ndjson").read_text(encoding="utf-8").splitlines()
    assert len(found) == len(lines)
    for record, line in zip(found, lines, strict=True):
        entry = json_format.Parse(line, LogEntry.pb(LogEntry()))
        audit = audit_log_pb2.AuditLog()
        assert entry.proto_payload.Unpack(audit)
        assert record.at == entry.timestamp.ToDatetime(tzinfo=UTC)
        assert (record.request_id, record.resource) == (entry.insert_id, audit.resource_name)
        assert record.actor.principal == (audit.authentication_info.principal_email or None)
        assert (record.actor.ip or audit.request_metadata.caller_ip) == audit.request_metadata.caller_ip
        allowed = audit.status.code == 0 and all(each.granted for each in audit.authorization_info)
        assert (record.outcome is Outcome.SUCCESS) == allowed, record.detail


# ---------------------------------------------------------------- Workspace
def schema(document: str, name: str) -> dict[str, Any]:
    """Turn a discovery document's schema into JSON Schema; unknown fields are refused."""
    place = resources.files("googleapiclient") / "discovery_cache" / "documents" / document
    known = json.loads(place.read_text(encoding="utf-8"))["schemas"]

    def turned(part: Any) -> Any:
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return {"$ref": f"#/$defs/{part['$ref']}"}
        if part.get("type") == "any":
            return {}
        made = {k: turned(v) for k, v in part.items() if k in {"type", "items", "additionalProperties"}}
        if "properties" in part:
            made["properties"] = {k: turned(v) for k, v in part["properties"].items()}
            made.setdefault("additionalProperties", False)
        return made

    return {"$ref": f"#/$defs/{name}", "$defs": {key: turned(value) for key, value in known.items()}}


@pytest.mark.parametrize(
    ("file", "document", "name", "items"),
    [
        ("workspace_activities.json", "admin.reports_v1.json", "Activities", "items"),
        ("workspace_users.json", "admin.directory_v1.json", "Users", "users"),
    ],
)
def test_googles_discovery_documents_know_the_pages_that_the_reader_reads(
    file: str, document: str, name: str, items: str
) -> None:
    import jsonschema

    page = json.loads((EXAMPLES / file).read_text(encoding="utf-8"))
    checker = jsonschema.Draft202012Validator(schema(document, name))
    assert list(checker.iter_errors(page)) == []
    assert list(checker.iter_errors(page | {"invented": 1})), "the check can fail"
    assert len(read(json.dumps(page).encode())[1]) >= len(page[items])


# ---------------------------------------------------------------- Stripe, Replicate
def test_stripes_own_client_pages_through_the_stand_in_and_finds_the_same_customers() -> None:
    """So the stand-in that the pull is proven against pages as Stripe does."""
    import stripe

    with serving(Vendors()) as vendors:
        wire = stripe.RequestsClient()
        client = stripe.StripeClient(KEYS["stripe"], base_addresses={"api": vendors.url}, http_client=wire)  # type: ignore[arg-type]
        theirs = [customer.id for customer in client.v1.customers.list({"limit": 3}).auto_paging_iter()]
        cards = [m.card.last4 for m in client.v1.customers.payment_methods.list(theirs[0]).data if m.card]
        with pytest.raises(stripe.AuthenticationError):
            stripe.StripeClient(
                "wrong", base_addresses={"api": vendors.url}, http_client=wire
            ).v1.customers.list()  # type: ignore[arg-type]
        wire.close()
        content = (EXAMPLES / "stripe_customers.json").read_bytes()
    ours = [
        i.value.partition(":")[2]
        for r in read(content)[1]
        for i in r.identities
        if i.kind.value == "customer_id"
    ]
    assert theirs == ours
    assert all(len(last4) == 4 for last4 in cards)


def test_replicates_own_client_pages_through_the_stand_in_and_finds_the_same_predictions() -> None:
    import replicate

    with serving(Vendors()) as vendors:
        client = replicate.Client(api_token=KEYS["replicate"], base_url=vendors.url)
        with client._client:  # which it never closes itself
            page = client.predictions.list()
            theirs = list(page)
            while page.next:
                page = client.predictions.list(page.next.removeprefix(vendors.url))
                theirs += list(page)
    ours = read((EXAMPLES / "replicate_predictions.json").read_bytes())[1]
    assert [each.id for each in theirs] == [r.identities[0].value for r in ours]
    created = [datetime.fromisoformat(str(each.created_at)) for each in theirs]
    assert created == [r.attributes.created_at for r in ours]


# ---------------------------------------------------------------- Gravatar
def test_gravatars_published_hashes() -> None:
    """docs.gravatar.com, "Creating the Hash": the address trimmed and in lower case."""
    sha256 = "84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee"
    md5 = "0bc83cb571cd1c50ba6f3e8a78ef1346"
    assert {kind.value: value for kind, value in email_hashes("myemailaddress@example.com")} == {
        "email_sha256": sha256,
        "email_md5": md5,
    }
    urls = (
        f"https://gravatar.com/avatar/{sha256}\nhttps://www.gravatar.com/avatar/{md5.upper()}?s=80\n".encode()
    )
    assert [i.value for r in read(urls)[1] for i in r.identities] == [sha256, md5]


# ---------------------------------------------------------------- the shared samples
def test_the_samples_of_the_data_map_are_each_read_by_the_system_that_it_names(third_party: Any) -> None:
    import yaml

    folder: Path = third_party("systems/samples/manifest.yaml").parent
    listed = yaml.safe_load((folder / "manifest.yaml").read_text(encoding="utf-8"))["files"]
    for entry in listed:
        content = (folder / entry["file"]).read_bytes()
        system, found, report = read(content)
        assert system == entry["system"], entry["file"]
        assert found, entry["file"]
        assert report.quarantined == (1 if entry["file"] == "firebase_auth_export_traps.csv" else 0), entry[
            "file"
        ]
    assert len(listed) == 30
