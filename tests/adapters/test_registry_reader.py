"""Formats are known by content, whatever the file is called; what is not known is refused with the reason."""

from __future__ import annotations

import gzip
from io import BytesIO

import pytest

from incident.adapters.systems.registry import open_evidence, readers, recognise
from incident.errors import BadInputError
from tests.adapters.example_evidence import EXAMPLES, SYSTEMS, read_all, ref_of

FORMATS = {
    "firebase_auth_export.json": "firebase-cli-json",
    "firebase_auth_export.csv": "firebase-cli-csv",
    "firebase_auth_export_traps.json": "firebase-cli-json",
    "firebase_auth_export_traps.csv": "firebase-cli-csv",
    "firebase_auth_phone_tenant.json": "firebase-cli-json",
    "stripe_customers.json": "stripe-customers-json",
    "stripe_customers.csv": "stripe-customers-csv",
    "stripe_payment_methods.json": "stripe-payment-methods-json",
    "stripe_payments.csv": "stripe-payments-csv",
    "bunny_60367.log": "bunny-v1-lines",
    "bunny_60367_masked.log": "bunny-v1-lines",
    "10_100-0-a1b2c3d4.gzip": "bunny-v1-lines",
    "bunny_v2.json": "bunny-v2-json",
    "gcp_audit.ndjson": "gcp-logentry-lines",
    "gcp_audit_gcloud.json": "gcp-logentry-array",
    "gcs_usage.csv": "gcs-usage-csv",
    "app_generations.ndjson": "own-records-lines",
}
OTHERS = sorted(
    path.name
    for path in EXAMPLES.iterdir()
    if path.name not in FORMATS and path.suffix not in {".md", ".yaml"}
)


@pytest.mark.parametrize(("name", "form"), FORMATS.items())
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_each_export_has_one_reader(name, form, packed):
    content = (EXAMPLES / name).read_bytes()
    head = gzip.compress(content) if packed and not name.endswith("gzip") else content
    found = recognise(head, readers())
    assert [(reader.system, known) for reader, known in found] == [(SYSTEMS[name], form)]


@pytest.mark.parametrize("name", OTHERS)
def test_exports_of_other_systems_are_not_mistaken_for_ours(name):
    content = (EXAMPLES / name).read_bytes()
    refused = (
        "no reader knows this content"
        if name.endswith(".toml")
        else "is declared as firebase_auth and reads as"
    )
    with pytest.raises(BadInputError, match=refused):
        open_evidence(ref_of("firebase_auth", content), BytesIO(content), readers())


@pytest.mark.parametrize("size", [700, 1500, 4000])
def test_a_cut_head_is_still_recognised(size):
    head = (EXAMPLES / "firebase_auth_export.json").read_bytes()[:size]
    assert [form for _, form in recognise(head, readers())] == ["firebase-cli-json"]


def test_an_ambiguous_file_is_refused_by_naming_both_formats():
    content = (EXAMPLES / "bunny_60367.log").read_bytes()
    twice = (*readers(), *readers())
    with pytest.raises(BadInputError, match="fits several formats: bunny-v1-lines, bunny-v1-lines"):
        open_evidence(ref_of("bunny_cdn", content), BytesIO(content), twice)


def test_evidence_declared_as_another_system_is_refused():
    content = (EXAMPLES / "stripe_customers.csv").read_bytes()
    with pytest.raises(BadInputError, match="declared as firebase_auth and reads as stripe"):
        read_all("firebase_auth", content)


def test_counts_name_reader_version_and_format():
    _, report = read_all("bunny_cdn", (EXAMPLES / "bunny_60367.log").read_bytes())
    summary = report.summary()
    assert (summary.reader, summary.reader_version, summary.format) == ("BunnyReader", "2", "bunny-v1-lines")
    assert (summary.rows, summary.quarantined, summary.complete) == (15, 0, False)
