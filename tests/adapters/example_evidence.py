"""The example exports opened as a caller opens them, and small files made for one test."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from incident.adapters.systems.registry import EvidenceSet, open_evidence, readers
from incident.core.scoping.question import (
    Actors,
    Certainty,
    CompromisedSystem,
    Question,
    SystemMode,
    Window,
)
from incident.core.scoping.records import EvidenceRef
from incident.core.scoping.scope import scope

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.result import ScopeResult

EXAMPLES = Path(__file__).parents[2] / "examples" / "imajinn"
TAKEN_AT = datetime(2026, 3, 10, 5, 20, tzinfo=UTC)
SYSTEMS = {
    "firebase_auth_export.json": "firebase_auth",
    "firebase_auth_export.csv": "firebase_auth",
    "firebase_auth_export_traps.json": "firebase_auth",
    "firebase_auth_export_traps.csv": "firebase_auth",
    "firebase_auth_phone_tenant.json": "firebase_auth",
    "stripe_customers.json": "stripe",
    "stripe_customers.csv": "stripe",
    "stripe_payment_methods.json": "stripe",
    "stripe_payments.csv": "stripe",
    "bunny_60367.log": "bunny_cdn",
    "bunny_60367_masked.log": "bunny_cdn",
    "10_100-0-a1b2c3d4.gzip": "bunny_cdn",
    "bunny_v2.json": "bunny_cdn",
    "gcp_audit.ndjson": "google_cloud",
    "gcp_audit_gcloud.json": "google_cloud",
    "gcs_usage.csv": "google_cloud",
    "app_generations.ndjson": "google_cloud",
}
MAIN_FILES = (
    "firebase_auth_export.json",
    "firebase_auth_export_traps.json",
    "stripe_customers.json",
    "stripe_payment_methods.json",
    "bunny_60367.log",
    "gcp_audit.ndjson",
    "app_generations.ndjson",
)
UIDS = {
    "anna": "a7Kp2QmXe9RtVb4LnWz1YcDs0Fh3",
    "bruno": "b3Xn8TzLq5GhPw7MdKr2VfCj9Ys1",
    "chloe": "c9Vd1BsRk6JxNt3QyHg8LmWp4Za2",
    "david": "d5Gy7FnTc2WkZq9XsPj4RbLv6Me8",
    "emi": "e1Rw4HmYv8LbCx6TkNf3QzGs7Dj5",
    "farid": "f8Lq3JsXp6VnBt1WzKc9MyRh2Gd7",
    "grete": "g2Tb9KxNw5QmZr7VfHs4LcYp1Jd6",
    "hannah": "h6Yc2PvMd8RxTq3LkGz5WnJb9Fs4",
    "isabel": "i4Nf7RqZt1VbKw9XyLs6GmHc3Pd8",
    "jack": "j9Ws5VxKb3LtQp8NrFz2MhYc7Gd1",
    "kavya": "k3Zm6TqBn9XwVr2LpHs8YcJf5Kd4",
    "liam": "l7Qp1NxRv4GmTz6WbKs3FcYh9Jd2",
    "olga": "o5Gd8KxWm2TbVq7RnLz4YcHs1Pf9",
    "u1": "u1",
    "u2": "u2",
    "u3": "u3",
}
QUESTION = Question(
    window=Window(datetime(2026, 3, 10, 2, 10, tzinfo=UTC), datetime(2026, 3, 10, 4, 40, tzinfo=UTC)),
    systems=(
        CompromisedSystem("google_cloud", SystemMode.BY_ACCESS, "a stolen service account key was used"),
        CompromisedSystem("bunny_cdn", SystemMode.BY_ACCESS, "the same address fetched images"),
        CompromisedSystem(
            "firebase_auth", SystemMode.WHOLE_STORE, "Data Access logs are off", Certainty.POSSIBLE
        ),
    ),
    actors=Actors(
        networks=("203.0.113.66",),
        principals=("ops.ada@imajinn.example", "batch-exporter@imajinn-demo.iam.gserviceaccount.com"),
    ),
    staff_domains=("imajinn.example",),
)


def ref_of(system: str, content: bytes) -> EvidenceRef:
    digest = hashlib.sha256(content).hexdigest()
    return EvidenceRef(f"ev-{digest[:8]}", system, digest, TAKEN_AT)


def example_set(names=MAIN_FILES, interest: Interest | None = None) -> EvidenceSet:
    contents = [(SYSTEMS[name], (EXAMPLES / name).read_bytes()) for name in names]
    sources = [(ref_of(system, content), BytesIO(content)) for system, content in contents]
    return EvidenceSet(sources, readers(), interest=interest)


def answer(question: Question = QUESTION, evidence: EvidenceSet | None = None, **settings) -> ScopeResult:
    opened = evidence or example_set()
    return scope(
        question, opened.accounts(), opened.accesses(), opened.own_records(), opened.reports, **settings
    )


def read_all(system: str, content: bytes, interest: Interest | None = None) -> tuple[list, ReadReport]:
    opened = open_evidence(ref_of(system, content), BytesIO(content), readers())
    records = opened.reader.read(opened.stream, opened.report.ref, opened.report, interest=interest)
    return list(records), opened.report


def read_example(name: str) -> tuple[list, ReadReport]:
    return read_all(SYSTEMS[name], (EXAMPLES / name).read_bytes())
