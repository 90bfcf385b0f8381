"""The seven readers of stores and logs beyond the first five: what each makes of the sample exports, and of traps."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from incident.adapters.systems.known import SystemReaders
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import (
    AccessRecord,
    AccountRecord,
    EvidenceRef,
    IdentityKind,
    Operation,
    Outcome,
)
from incident.errors import BadInputError

EXAMPLES = Path(__file__).parents[2] / "examples" / "imajinn"
READERS = SystemReaders()
AUDIENCE = (EXAMPLES / "mailchimp_subscribed_members_export_1f2e3d4c5b.csv").read_bytes()


def zipped(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def read(content: bytes) -> tuple[str, list[Any], ReadReport]:
    """Recognize and read a file; returns system, records and the report."""
    reader, form = READERS.reader_of(io.BytesIO(content))
    ref = EvidenceRef("ev-1", reader.system, "0" * 64, datetime(2026, 3, 10, 5, 20, tzinfo=UTC))
    report = ReadReport(ref, format=form)
    return reader.system, list(reader.read(io.BytesIO(content), ref, report)), report


def sample(name: str) -> tuple[str, list[Any], ReadReport]:
    return read((EXAMPLES / name).read_bytes())


def values(record: AccountRecord, kind: IdentityKind) -> set[str]:
    return {each.value for each in record.identities if each.kind is kind}


@pytest.mark.parametrize(
    ("file", "system", "records"),
    [
        ("helpscout_customers.json", "helpscout", 10),
        ("helpscout_conversations.json", "helpscout", 11),
        ("mailchimp_members.json", "mailchimp", 10),
        ("mailchimp_subscribed_members_export_1f2e3d4c5b.csv", "mailchimp", 9),
        ("mailchimp_unsubscribed_members_export_1f2e3d4c5b.csv", "mailchimp", 1),
        ("replicate_predictions.json", "replicate", 9),
        ("gravatar_urls.txt", "gravatar", 10),
        ("vercel_analytics.ndjson", "vercel_analytics", 2),
        ("vercel_log_drain.json", "vercel", 15),
        ("vercel_log_drain.ndjson", "vercel", 15),
        ("vercel_audit_log.csv", "vercel", 2),
        ("workspace_activities.json", "google_workspace", 6),
        ("workspace_users.json", "google_workspace", 2),
        ("workspace_vault_mail.mbox", "google_workspace", 10),
    ],
)
def test_sample_is_recognized_by_content_and_read_whole(file: str, system: str, records: int) -> None:
    found, made, report = sample(file)
    assert (found, len(made), report.quarantined) == (system, records, 0)


class TestHelpScout:
    def test_one_person_with_two_addresses_is_one_record(self) -> None:
        _, people, _ = sample("helpscout_customers.json")
        isabel = next(p for p in people if "isa.garcia@example.net" in values(p, IdentityKind.EMAIL))
        assert values(isabel, IdentityKind.EMAIL) == {"isabel.garcia@example.org", "isa.garcia@example.net"}

    def test_a_support_only_person_has_a_place(self) -> None:
        _, people, _ = sample("helpscout_customers.json")
        assert any("marta.rossi@example.com" in values(p, IdentityKind.EMAIL) for p in people)

    def test_an_empty_page_has_no_people_and_is_no_error(self) -> None:
        page = {
            "_links": {"self": {"href": "https://api.helpscout.net/v2/customers?page=1"}},
            "page": {"number": 1},
        }
        assert read(json.dumps(page).encode())[1] == []

    def test_who_is_copied_is_a_data_subject_once(self) -> None:
        conversation = {
            "id": 1,
            "createdAt": "2026-01-05T10:00:00Z",
            "cc": ["copied@example.org", "COPIED@example.org", "not an address"],
            "bcc": [],
            "primaryCustomer": {"id": 7, "type": "customer", "first": "A", "email": "a@example.org"},
            "_embedded": {"threads": [{"id": 2, "customer": {"id": 7, "email": "a@example.org"}, "cc": []}]},
        }
        _, people, _ = read(json.dumps({"_embedded": {"conversations": [conversation]}}).encode())
        assert [sorted(values(p, IdentityKind.EMAIL)) for p in people] == [
            ["a@example.org"],
            ["copied@example.org"],
        ]


class TestMailchimp:
    def test_the_member_id_is_the_md5_of_the_address(self) -> None:
        _, people, _ = sample("mailchimp_members.json")
        assert all(values(p, IdentityKind.EMAIL_MD5) for p in people)

    def test_unsubscribed_people_are_there_too(self) -> None:
        _, people, _ = sample("mailchimp_unsubscribed_members_export_1f2e3d4c5b.csv")
        assert values(people[0], IdentityKind.EMAIL) == {"kavya.rao@example.org"}

    def test_who_has_not_confirmed_yet_is_in_the_audience_already(self) -> None:
        member = {"email_address": "a@example.org", "list_id": "l"}
        times = {
            "timestamp_signup": "2026-03-01T00:00:00+00:00",
            "timestamp_opt": "2026-03-20T00:00:00+00:00",
        }
        _, (person,), _ = read(json.dumps({"members": [member | times]}).encode())
        assert person.attributes.created_at == datetime(2026, 3, 1, tzinfo=UTC)

    def test_a_file_in_the_zip_that_cannot_be_read_costs_the_others_nothing(self) -> None:
        files = {"subscribed.csv": AUDIENCE, "__MACOSX/._subscribed.csv": b"\0\5", "cleaned.csv": AUDIENCE}
        _, people, report = read(zipped(files))
        assert len(people) == 2 * len(read(AUDIENCE)[1])
        reason = "a file in the archive was not read: the file has no header that can be read"
        assert report.incomplete == [reason]

    def test_a_zip_of_three_files_is_one_audience(self) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for kind in ("subscribed", "unsubscribed"):
                name = f"{kind}_members_export_1f2e3d4c5b.csv"
                archive.writestr(name, (EXAMPLES / f"mailchimp_{name}").read_bytes())
        system, people, report = read(packed.getvalue())
        assert (system, len(people), report.rows) == ("mailchimp", 10, 10)

    def test_a_broken_zip_is_refused(self) -> None:
        packed = zipped({"a.csv": AUDIENCE})
        with pytest.raises(BadInputError, match="archive is broken"):
            read(packed[:-30])
        with pytest.raises(BadInputError, match="archive is broken"):
            read(packed.replace(zlib.crc32(AUDIENCE).to_bytes(4, "little"), b"\0\0\0\0"))
        with pytest.raises(BadInputError, match="ZIP archive of another kind"):
            read(b"PK\x03\x04" + b"subscribed_members_export_1.csv" + b"\0" * 40)

    @pytest.mark.parametrize("names", [("a", "b"), ("subscribed_members_export_1.csv", "x/y.CSV")])
    def test_an_archive_is_known_by_what_is_in_it_not_by_names(self, names: tuple[str, str]) -> None:
        system, people, _ = read(zipped(dict.fromkeys(names, b"\xef\xbb\xbf" + AUDIENCE)))
        assert (system, len(people)) == ("mailchimp", 18)

    def test_bombs_crowds_and_locks_are_refused(self) -> None:
        with pytest.raises(BadInputError, match="expands too much"):
            read(zipped({"a.csv": AUDIENCE + b"," * (64 << 20)}))
        with pytest.raises(BadInputError, match="more than 64 files"):
            read(zipped({f"{place}.csv": AUDIENCE for place in range(65)}))
        locked = bytearray(zipped({"a.csv": AUDIENCE}))
        directory = locked.index(b"PK\x01\x02")
        locked[directory + 8] |= 1
        with pytest.raises(BadInputError, match="encrypted"):
            read(bytes(locked))

    def test_the_label_of_the_address_column_is_the_audiences_own(self) -> None:
        _, people, report = read(AUDIENCE.replace(b"Email Address", b"E-Mail-Adresse"))
        assert (len(people), report.quarantined) == (9, 0)
        assert values(people[0], IdentityKind.EMAIL) == {"anna.kowalska@example.com"}

    @pytest.mark.parametrize(("total", "lacking"), [(10, 0), (11, 1)])
    def test_a_page_that_holds_less_than_the_audience_says_so(self, total: int, lacking: int) -> None:
        page = json.loads((EXAMPLES / "mailchimp_members.json").read_text())
        _, _, report = read(json.dumps(page | {"total_items": total}).encode())
        assert len(report.incomplete) == lacking

    def test_a_row_without_an_address_is_set_aside_with_the_field(self) -> None:
        header = b"Email Address,First Name,MEMBER_RATING,OPTIN_TIME,LEID,EUID\n"
        _, people, report = read(header + b",Nobody,2,,1,a\nx@example.org,X,2,2025-01-01 00:00:00,2,b\n")
        assert len(people) == 1
        assert report.quarantine[0].reason == "Email Address: is missing"


class TestReplicate:
    def test_data_of_an_api_prediction_ends_an_hour_after_its_creation(self) -> None:
        _, predictions, _ = sample("replicate_predictions.json")
        for one in predictions:
            life = one.attributes.gone_at - one.attributes.created_at if one.attributes.gone_at else None
            assert life is None or life.total_seconds() == 3600

    def test_a_web_prediction_has_no_end(self) -> None:
        _, predictions, _ = sample("replicate_predictions.json")
        assert sum(one.attributes.gone_at is None for one in predictions) == 1

    def test_a_page_that_names_a_next_one_says_what_is_missing(self) -> None:
        page = {"next": "https://api.replicate.com/v1/predictions?cursor=x", "previous": None, "results": []}
        page["results"] = [{"id": "p1", "model": "m", "version": "v", "urls": {}, "input": {"prompt": "x"},
                            "created_at": "2026-03-10T02:00:00Z", "data_removed": False, "source": "api"}]  # fmt: skip
        assert "more pages follow" in read(json.dumps(page).encode())[2].incomplete[0]


class TestGravatar:
    def test_old_and_new_hashes_are_told_apart(self) -> None:
        _, people, _ = sample("gravatar_urls.txt")
        kinds = [p.identities[0].kind for p in people]
        assert (kinds.count(IdentityKind.EMAIL_MD5), kinds.count(IdentityKind.EMAIL_SHA256)) == (4, 6)

    def test_a_line_that_is_no_avatar_is_set_aside(self) -> None:
        good = b"https://www.gravatar.com/avatar/1aaddb5a0b05a8b345033699c30ca57c?s=80\n"
        _, people, report = read(good + b"https://elsewhere.example/x.png\n")
        assert (len(people), report.quarantine[0].row) == (1, 2)


class TestVercelAnalytics:
    def test_rows_without_an_identifier_concern_nobody(self) -> None:
        _, people, report = sample("vercel_analytics.ndjson")
        assert (report.rows, len(people)) == (6, 2)


class TestVercel:
    def requests(self) -> dict[str, AccessRecord]:
        _, found, _ = sample("vercel_log_drain.ndjson")
        return {r.detail + " " + r.resource + " " + str(r.row): r for r in found}

    def test_status_decides_what_a_request_was(self) -> None:
        outcomes = {(r.resource, r.outcome) for r in self.requests().values()}
        assert ("/api/admin/users/g2Tb9KxNw5QmZr7VfHs4LcYp1Jd6", Outcome.DENIED) in outcomes
        assert ("/api/admin/users/i4Nf7RqZt1VbKw9XyLs6GmHc3Pd8", Outcome.ERROR) in outcomes
        assert ("/api/admin/export", Outcome.ERROR) in outcomes  # -1: the platform did not see the end

    def test_a_list_counts_what_the_application_printed(self) -> None:
        listed = [r for r in self.requests().values() if r.operation is Operation.LIST]
        assert [(r.resource, r.items_unresolved) for r in listed if r.outcome is Outcome.SUCCESS] == [
            ("/api/admin/users", 5)
        ]

    def test_a_users_own_page_is_nobody_elses_data(self) -> None:
        assert all(r.items_unresolved == 0 for r in self.requests().values() if r.resource == "/api/me")


class TestWorkspace:
    ONE: ClassVar[dict[str, object]] = {
        "kind": "admin#reports#activity",
        "id": {"time": "2026-03-10T02:43:20.481Z", "uniqueQualifier": "1", "applicationName": "gmail"},
        "actor": {"email": "ops@imajinn.example"},
        "ipAddress": "203.0.113.66",
    }

    @pytest.mark.parametrize(
        "shape",
        [
            {"events": [{"type": "view", "name": "view", "parameters": []}]},
            {"events": {"type": "view", "name": "view", "parameters": []}},
            {"name": "view", "type": "view", "parameters": []},
        ],
        ids=["list", "single object", "flat"],
    )
    def test_three_shapes_of_one_activity_say_the_same(self, shape: dict[str, object]) -> None:
        _, found, _ = read(json.dumps(self.ONE | shape).encode() + b"\n")
        assert [(r.collection, r.items_unresolved, r.operation) for r in found] == [
            ("mailbox", 1, Operation.LIST)
        ]

    def test_an_application_with_the_mail_scope_may_have_read_everything(self) -> None:
        _, found, _ = sample("workspace_activities.json")
        granted = next(r for r in found if r.detail == "token authorize")
        assert (granted.collection, granted.items_unresolved) == ("mailbox", None)

    def test_a_sign_in_reads_nobody(self) -> None:
        _, found, _ = sample("workspace_activities.json")
        assert all(r.items_unresolved == 0 for r in found if r.detail == "login login_success")

    def test_staff_is_marked(self) -> None:
        _, users, _ = sample("workspace_users.json")
        assert all(user.attributes.staff for user in users)

    def test_an_encoded_name_in_a_mail_header_is_read(self) -> None:
        _, people, _ = sample("workspace_vault_mail.mbox")
        assert any(p.attributes.display_name == "Chloé Dubois" for p in people)

    def test_a_mail_with_a_huge_header_is_set_aside_and_the_next_is_read(self) -> None:
        huge = b"From x Mon\nSubject: " + b"a" * 300_000 + b"\n\nbody\n\n"
        _, people, report = read(
            b"From x Mon\nFrom: a@example.org\n\nhi\n\n" + huge + b"From x Mon\nFrom: b@example.org\n\nhi\n"
        )
        assert [values(p, IdentityKind.EMAIL) for p in people] == [{"a@example.org"}, {"b@example.org"}]
        assert report.quarantined == 1


@pytest.mark.parametrize(
    "line",
    [
        {"id": "1", "deploymentId": "d", "source": "lambda", "host": "h", "timestamp": 1773109200000, "projectId": "p",
         "proxy": {"timestamp": 1773109200000, "path": "/api/users/aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}},
        {"data": [{"timestamp": "2026-03-10T02:10:00Z", "pullZoneId": 1, "cacheStatus": "HIT", "edgeLocation": "DE",
                   "path": "/u/aaaa/1.png"}]},
    ],
    ids=["vercel", "bunny"],
)  # fmt: skip
def test_a_request_that_says_no_status_is_neither_read_nor_refused(line: dict[str, Any]) -> None:
    _, (access,), report = read(json.dumps(line).encode())
    assert (access.outcome, len(access.subjects), report.quarantined) == (Outcome.ERROR, 1, 0)


@pytest.mark.parametrize(
    ("file", "complete"),
    [
        ("vercel_log_drain.json", False), ("vercel_log_drain.ndjson", False), ("vercel_audit_log.csv", True),
        ("workspace_activities.json", False), ("bunny_60367.log", False), ("bunny_v2.json", True),
        ("gcs_usage.csv", False), ("gcp_audit.ndjson", True),
    ],
)  # fmt: skip
def test_a_log_that_may_be_sampled_late_or_lost_is_never_called_complete(file: str, complete: bool) -> None:
    assert sample(file)[2].complete is complete


@pytest.mark.parametrize("name", ["workspace_activities.json", "workspace_users.json"])
def test_a_page_of_google_that_names_a_next_one_is_not_all(name: str) -> None:
    page = json.loads((EXAMPLES / name).read_bytes())
    assert read(json.dumps(page).encode())[2].incomplete == []
    said = read(json.dumps(page | {"nextPageToken": "A:1"}).encode())[2].incomplete
    assert said == ["the page says that more pages follow, and they are not in the file"]
