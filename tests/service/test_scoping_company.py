"""A small generated company with a known answer, scoped by the house: right, the same anywhere, flat in memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.company import Company, expected
from benchmarks.exports import Sizes, write
from benchmarks.scoping import QUESTION
from incident.adapters.workshop.local import LocalWorkshops
from incident.core.scoping import weaving
from incident.core.scoping.intake import joined
from incident.core.scoping.question_documents import question_from_document
from incident.service import evidence, scoping, searching, taking_in
from incident.service.cohorts import people
from incident.service.searching import search
from tests.builders.house import TAKEN_AT
from tests.fakes.vault import FakeVault

ROOT = Path(__file__).parents[2]
SIZES = Sizes(accounts=1200, lines=3000, entries=400)


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    return write(tmp_path_factory.mktemp("company"), SIZES)


def with_evidence(scene, exports):
    scene.turn(0.7)
    for system, path in exports:
        evidence.add_evidence(
            scene.house,
            scene.incident_id,
            path,
            actor=scene.ada,
            taken_at=TAKEN_AT,
            command="x",
            system=system,
        )
    return scene


def bytes_of(scene, question=QUESTION):
    asked = question_from_document(tomllib.loads(question))
    with search(scene.house, scene.state, asked) as found:
        return b"".join(line.record + b"\n" for line in found.lines()), found.finding.counts


# ---------------------------------------------------------------- right
def test_the_known_answer_is_found_and_frozen(fresh, exports):
    scene = with_evidence(fresh.open(), exports)
    found = scoping.scope(scene.house, scene.incident_id, actor=scene.ada, document=tomllib.loads(QUESTION))
    wanted = expected(Company(SIZES.accounts))
    assert dict(found.result.counts.by_certainty) == wanted.by_certainty
    assert found.frozen is not None
    assert found.frozen.people == wanted.people
    rows = list(people(scene.house, found.frozen.cohort_id))
    assert [row.position for row in rows] == list(range(wanted.people))
    assert all(row.committed() for row in rows)
    sure = {identity[1] for row in rows if row.certainty == "confirmed"
            for identity in json.loads(row.record)["identities"] if identity[0] == "uid"}  # fmt: skip
    assert sure == wanted.confirmed
    told = [row.email.lower() for row in rows[: found.frozen.told] if row.email]
    twice = {email for email in told if told.count(email) > 1}
    company = Company(SIZES.accounts)
    shared = {company.email(number - 1) for number in range(4, SIZES.accounts, 1000)}
    assert twice == shared  # only people who share a mailbox; capitals make nobody two
    records = [json.loads(row.record) for row in rows]
    masked = {identity[1] for record in records for identity in record["identities"] if identity[0] == "uid"
              if any(each["reason"] == "masked_address" for each in record["exposures"])}  # fmt: skip
    assert masked == wanted.masked
    addresses = {record["email"] for record in records}
    assert {"cc.0@example.net", "friend.0@example.net", "copied.0@example.net"} <= addresses


def test_every_kind_of_person_has_a_place(fresh, exports):
    scene = with_evidence(fresh.open(), exports)
    document = tomllib.loads(QUESTION) | {"staff_domains": ["imajinn.example"]}
    found = scoping.scope(scene.house, scene.incident_id, actor=scene.ada, document=document)
    assert found.frozen is not None
    records = [json.loads(row.record) for row in people(scene.house, found.frozen.cohort_id)]
    company = Company(SIZES.accounts)

    def of(email):
        return [
            record for record in records if ["email", email] in [each[:2] for each in record["identities"]]
        ]

    (erased,) = of("erased.0@example.net")
    assert (erased["certainty"], erased["records"][0][0]) == ("excluded", "stripe")
    (reader,) = of("reader.0@example.net")
    assert reader["residence"] == {
        "jurisdiction": "IT",
        "source": "sign-up location",
        "confidence": "low",
        "note": "",
    }
    (asker,) = of("asker.0@example.net")
    assert asker["residence"]["jurisdiction"] == "unknown"
    (staff,) = of("staff.0@imajinn.example")
    assert staff["staff"] is True
    phones = [record for record in records if record["email"] is None and record["phone"]]
    assert len(phones) == len(range(0, SIZES.accounts, 97))
    assert {record["residence"]["source"] for record in phones if record["residence"]["confidence"] == "low"} <= {
        "phone prefix", "card country"
    }  # fmt: skip
    late = company.member(1)
    (new,) = of(late.email)
    assert next(each["reason"] for each in new["exclusions"]) == "created_after_window"
    assert not any(
        [place[0] for place in record["records"]] == ["gravatar"] for record in records
    )  # all resolve


# ---------------------------------------------------------------- the same anywhere
def test_order_of_evidence_and_number_of_hands_do_not_matter(fresh, exports, tmp_path, monkeypatch):
    monkeypatch.setattr("incident.adapters.workshop.local.WORTH_SHARING_BYTES", 0)
    monkeypatch.setattr(searching, "RECORDS_AT_ONCE", 100)
    monkeypatch.setattr(weaving, "RECORDS_AT_ONCE", 300)
    monkeypatch.setattr("incident.adapters.workshop.disk_spill.RUN_BYTES", 20_000)
    scene = with_evidence(fresh.open(), exports)
    first, counts = bytes_of(scene.using(workshops=None))  # in memory
    with_hands = scene.using(workshops=LocalWorkshops(tmp_path / "scratch", hands=2))
    again, again_counts = bytes_of(with_hands)
    assert (first, counts) == (again, again_counts)
    other = with_evidence(replace(scene, incident_id="").open(), [*exports[::-1], exports[0]])
    assert bytes_of(other.using(workshops=None))[0] == first


@pytest.mark.parametrize("hands", [1, 2])
def test_large_files_in_parts_do_not_matter(fresh, exports, tmp_path, monkeypatch, hands):
    monkeypatch.setattr("incident.adapters.workshop.local.WORTH_SHARING_BYTES", 0)
    scene = with_evidence(fresh.open(), exports)
    first = bytes_of(scene.using(workshops=None))
    vault = FakeVault()  # cuts files of any size
    for item in scene.state.evidence.values():
        vault.put_bytes(scene.house.vault.read(item.sha256))
    monkeypatch.setattr(searching, "PART_BYTES", 30_000)
    cuts = []
    monkeypatch.setattr(taking_in, "joined", lambda parts: cuts.append(len(parts)) or joined(parts))
    in_parts = scene.using(vault=vault, workshops=LocalWorkshops(tmp_path / "scratch", hands=hands))
    assert bytes_of(in_parts) == first
    assert len(cuts) == 4  # CDN, audit, drain, own records
    assert min(cuts) > 3


SCOPE_ELSEWHERE = """
import sys
from pathlib import Path
from benchmarks.scoping import Workspace, QUESTION
folder = Path(sys.argv[1])
workspace = Workspace(folder)
exports = [tuple(word.split("=", 1)) for word in sys.argv[2:]]
workspace.freeze([(system, Path(path)) for system, path in exports])
(folder / "scope.toml").write_text(QUESTION)
workspace.run("scope", workspace.incident, "--question", "scope.toml", "--out", "cohort.jsonl")
"""


@pytest.mark.slow
def test_two_machines_write_the_same_bytes(exports, tmp_path):
    some = [
        f"{system}={path}" for system, path in exports if system in {"firebase_auth", "stripe", "bunny_cdn"}
    ]
    written = []
    for name, seed, zone, language, order in (
        ("one", "1", "UTC", "C.UTF-8", 1), ("two", "77", "Pacific/Auckland", "C", -1)
    ):  # fmt: skip
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language}
        command = [sys.executable, "-c", SCOPE_ELSEWHERE, str(tmp_path / name), *some[::order]]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        written.append((tmp_path / name / "cohort.jsonl").read_bytes())
    assert written[0] == written[1]


# ---------------------------------------------------------------- flat in memory
MEASURED = """
import resource, sys, tomllib
from pathlib import Path
from datetime import UTC, datetime
from benchmarks.company import TAKEN_AT
from benchmarks.exports import Sizes, write
from benchmarks.scoping import QUESTION
from incident.adapters.systems.known import SystemReaders
from incident.adapters.vault import DirectoryVault
from incident.adapters.workshop import disk_spill
from incident.adapters.workshop.local import LocalWorkshops
from incident.core.scoping.question_documents import question_from_document
from incident.core.events import EvidenceFrozen
from incident.core.state import Incident
from incident.service import searching
from types import SimpleNamespace

disk_spill.RUN_BYTES, searching.RECORDS_AT_ONCE = 1 << 20, 500
folder, accounts = Path(sys.argv[1]), int(sys.argv[2])
exports = write(folder / "exports", Sizes(accounts, accounts * 10, accounts))
vault = DirectoryVault(folder / "vault")
state = Incident("INC-1")
for number, (system, path) in enumerate(exports):
    kept = vault.put_path(path)
    state.evidence[f"E{number}"] = SimpleNamespace(
        evidence_id=f"E{number}", system=system, sha256=kept.sha256, taken_at=TAKEN_AT, size_bytes=kept.size_bytes,
        file_name=path.name)
house = SimpleNamespace(vault=vault, readers=SystemReaders(), workshops=LocalWorkshops(folder / "scratch", hands=1))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with searching.search(house, state, question_from_document(tomllib.loads(QUESTION))) as found:
    count = sum(1 for _ in found.lines())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, count)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_company(tmp_path):
    grown = {}
    for accounts in (3000, 12_000):
        command = [sys.executable, "-c", MEASURED, str(tmp_path / str(accounts)), str(accounts)]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        kilobytes, count = map(int, done.stdout.split())
        assert count == expected(Company(accounts)).people
        grown[accounts] = kilobytes
    assert grown[12_000] < grown[3000] + 12_000, grown  # four times the people, at most 12 MB more
