"""The worked reader, entry and export in docs/adding-a-system.md are what the page says."""

from __future__ import annotations

import io
import re
import tomllib
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest

from incident.adapters.systems.registry import readers, recognise
from incident.core.evidence_plan import Mark, plan
from incident.core.profile import SnapshotProfile, SystemProfile
from incident.core.readiness import Asked, Standing, of_questions
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef, IdentityKind
from incident.settings.systems import System
from tests.architecture.tree import CHECKOUT

GUIDE = (CHECKOUT / "docs/adding-a-system.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 10, 5, 20, tzinfo=UTC)


def block(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```[a-z]+\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def worked() -> ModuleType:
    module = ModuleType("utopia_desk")
    exec(compile(block("worked-reader"), "docs/adding-a-system.md", "exec"), module.__dict__)
    return module


EXPORT = block("worked-export").encode()


def test_the_worked_reader_is_the_only_one_that_knows_the_export(worked: ModuleType) -> None:
    known = (*readers(), worked.UtopiaDeskReader())
    assert [(reader.system, form) for reader, form in recognise(EXPORT, known)] == [
        ("utopia_desk", worked.CONTACTS)
    ]
    for sample in (CHECKOUT / "examples" / "imajinn").iterdir():
        assert worked.UtopiaDeskReader().recognise(sample.read_bytes()) is None, sample.name


def test_the_worked_export_gives_the_answer_that_the_page_says(worked: ModuleType) -> None:
    ref = EvidenceRef("ev-1", "utopia_desk", "0" * 64, NOW)
    report = ReadReport(ref, format=worked.CONTACTS)
    found = list(worked.UtopiaDeskReader().read(io.BytesIO(EXPORT), ref, report))
    ids = [[i.value for i in r.identities if i.kind is IdentityKind.CUSTOMER_ID] for r in found]
    assert ids == [["utopia_desk:007"], ["utopia_desk:008"]]
    assert [r.attributes.categories for r in found] == [("email", "name", "user_id"), ("name", "user_id")]
    assert [(q.row, q.reason) for q in report.quarantine] == [
        (3, "contactId: is not a text"),
        (4, "since: has no time zone"),
        (5, "a key occurs twice in one object"),
    ]


def test_the_worked_entry_is_planned_and_asked(worked: ModuleType) -> None:
    entry = System(**tomllib.loads(block("worked-entry"))["utopia_desk"])
    (snapshot,) = entry.all_snapshots()
    assert snapshot.formats == (worked.CONTACTS,)
    profile = SystemProfile(entry.name, entry.vendor, "", (SnapshotProfile(**snapshot.model_dump()),))
    (planned,) = plan({"utopia_desk": profile}, [], since=NOW, until=NOW, now=NOW)
    assert (planned.mark, planned.dies_at) == (Mark.DUE, NOW + timedelta(days=10))
    (question,) = entry.questions
    (check,) = of_questions(
        [Asked("utopia_desk", question.key, question.ask, question.want, question.otherwise, question.answer)]
    )
    assert check.standing is Standing.UNKNOWN
