"""Decisions as forms: answers are checked before anything is recorded, recorded once, and kept when they are wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from incident.core import events as e
from incident.core.emergency import LASTS
from incident.service import access
from incident.web.forms import DECISIONS
from incident.web.forms.uploads import safe_name
from tests.builders.consoles import Browser, Console, hidden, played

OPENING = {"title": "A bucket stood open", "detected_at_zone": "UTC", "became_aware_at_zone": "UTC"}
LONG = "nobody else answers the telephone at four in the morning"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        yield found


def confirm(browser: Browser, path: str, fields: dict[str, Any], **given: Any) -> Any:
    """Check the answers, then confirm what the check page carries."""
    checked = browser.post(path, {**fields, "press": "check"}, **given)
    assert checked.status_code == 200, checked.text
    assert "Check your answers" in checked.text
    carried = carried_by(checked.text)
    return browser.post(path, {**carried, "mark": hidden(checked.text, "mark"), "press": "confirm"})


def carried_by(html: str) -> dict[str, str]:
    """Return what a check page carries on, as a browser would send it."""
    found = re.findall(r'hidden name="(\w+)"[^>]*>([^<]*)</textarea>', html)
    return {name: unescape(value) for name, value in found}


def path(desk: Console, slug: str) -> str:
    return f"/incidents/{desk.scene.incident_id}/do/{slug}"


def test_nothing_is_recorded_before_it_is_confirmed(desk: Console) -> None:
    before = len(desk.scene.house.store.board())
    browser = desk.browser("ada")
    assert "Check your answers" in browser.post("/open", {**OPENING, "press": "check"}).text
    assert len(desk.scene.house.store.board()) == before
    answer = confirm(browser, "/open", OPENING)
    assert answer.status_code == 303
    assert re.fullmatch(r"/incidents/INC-\w+/done/\d+\?what=open", answer.headers["location"])
    assert len(desk.scene.house.store.board()) == before + 1


def test_what_is_asked_for_is_not_the_name_of_the_page(desk: Console) -> None:
    asked = desk.browser("ada").get("/open").text
    assert '<label for="f-title">What is it about?</label>' in asked
    checked = desk.browser("ada").post("/open", {**OPENING, "press": "check"}).text
    assert "<dt>What is it about?</dt>" in checked


@pytest.mark.parametrize("slug", ["doubt", "undo-merge", "take-off"])
def test_where_there_is_nothing_to_choose_nothing_is_asked(desk: Console, slug: str) -> None:
    shown = desk.kept("grace").get(path(desk, slug)).text
    assert "There is nothing to decide here just now" in shown
    assert "Continue" not in shown
    assert f'href="/incidents/{desk.scene.incident_id}"' in shown


def test_what_is_approved_is_not_asked_for_again(
    desk: Console, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert "Continue" in desk.kept("paul").get(path(desk, "approve")).text
    with played(tmp_path_factory, "to_approved") as other:
        for slug in ("approve", "break-glass", "review"):
            shown = other.kept("grace").get(path(other, slug)).text
            assert "There is nothing to decide here just now" in shown
            assert "Continue" not in shown


def test_closing_names_whom_a_duty_is_owed_to(desk: Console) -> None:
    shown = desk.kept("grace").get(path(desk, "close")).text
    assert "Agencia Española de Protección de Datos (AEPD), Spain)" in shown


def test_confirmed_twice_is_recorded_once(desk: Console) -> None:
    browser, before = desk.browser("ada"), len(desk.scene.house.store.board())
    fields = {**OPENING, "press": "confirm", "mark": "0123456789abcdef"}
    first, again = (browser.post("/open", fields).headers["location"] for _ in range(2))
    assert first == again
    assert len(desk.scene.house.store.board()) == before + 1


def test_change_goes_back_with_every_answer(desk: Console) -> None:
    page = desk.browser("ada").post("/open", {**OPENING, "because": "two\nlines", "press": "change"}).text
    assert "A bucket stood open" in page
    assert "two\nlines" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": ""}, "needs an answer"),
        ({"title": "x" * 301}, "At most 300"),
        ({"title": "bell \x07"}, "cannot be seen"),
        ({"became_aware_at": "yesterday"}, "Write a date and a time"),
        ({"became_aware_at": "2026-03-10T05:00", "became_aware_at_zone": "Mars/Olympus"}, "zones offered"),
        ({"became_aware_at": "2026-03-08T02:30", "became_aware_at_zone": "America/Chicago"}, "did not exist"),
        (
            {"became_aware_at": "2025-11-02T01:30", "became_aware_at_zone": "America/Chicago"},
            "occurred twice",
        ),
        ({"became_aware_at": "2036-03-10T05:00", "because": "b"}, "future"),
        ({"title": "mail anna@example.org"}, "e-mail address"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_lost(desk: Console, fields: dict[str, str], said: str) -> None:
    before = len(desk.scene.house.store.board())
    given = {**OPENING, "because": "kept answer", **fields, "press": "confirm", "mark": "m"}
    answer = desk.browser("ada").post("/open", given)
    assert answer.status_code == 422
    assert said in answer.text
    assert "kept answer" in answer.text or "because" in fields
    assert len(desk.scene.house.store.board()) == before


def test_a_choice_that_was_not_offered_is_refused(desk: Console) -> None:
    fields = {"name": "__class__", "label": "fact", "value": "x", "source": "y", "press": "confirm"}
    answer = desk.browser("ada").post(path(desk, "fact"), fields)
    assert answer.status_code == 422
    assert "Choose one of those offered" in answer.text


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda one: one.slug)
def test_every_question_has_its_texts_in_both_languages(desk: Console, decision: Any) -> None:
    from incident.web.texts import texts_in

    for language in ("en", "de"):
        for name in ("title", "lead", "go", *(field.name for field in decision.fields)):
            assert texts_in(language).has(f"form_{decision.slug}.{name}")


def test_an_upload_keeps_its_name_and_nothing_else(desk: Console) -> None:
    browser, filing = desk.browser("grace"), next(iter(desk.scene.state.filings))
    fields = {
        "filing": filing,
        "reference": "R-1",
        "submitted_at": "2026-03-10T06:00",
        "submitted_at_zone": "UTC",
    }
    files = {"receipt": ("../../etc/<b>\u202egpj.exe.txt", b"received", "text/plain")}
    answer = confirm(browser, path(desk, "filing"), fields, files=files)
    assert answer.status_code == 303, answer.text
    sha256 = desk.scene.state.filings[filing].submitted.receipt_sha256
    assert desk.scene.house.vault.read(sha256) == b"received"
    assert not list(desk.reception.spool.iterdir())
    back = browser.get(f"/incidents/{desk.scene.incident_id}/filings/{filing}/receipt")
    assert back.content == b"received"
    assert back.headers["content-disposition"].startswith("attachment")
    assert back.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("receipt.exe", b"MZ\x90\x00", "Take a PDF"),
        ("receipt.txt", b"a\0b", "Take a PDF"),
        ("receipt.pdf", b"not a pdf at all", "Take a PDF"),
        ("empty.txt", b"", "empty"),
    ],
)
def test_an_odd_receipt_is_refused(desk: Console, name: str, content: bytes, said: str) -> None:
    answer = desk.browser("grace").post(
        path(desk, "filing"), {"press": "check"}, files={"receipt": (name, content)}
    )
    assert answer.status_code == 422
    assert said in answer.text


def test_a_kept_file_belongs_to_the_session_that_brought_it(desk: Console) -> None:
    grace, filing = desk.browser("grace"), list(desk.scene.state.filings)[1]
    fields = {
        "filing": filing,
        "reference": "R",
        "submitted_at": "2026-03-10T06:00",
        "submitted_at_zone": "UTC",
    }
    checked = grace.post(
        path(desk, "filing"), {**fields, "press": "check"}, files={"receipt": ("r.txt", b"mine")}
    )
    carried = carried_by(checked.text)
    other = desk.browser("rosa").post(path(desk, "filing"), {**carried, "press": "confirm", "mark": "x"})
    assert other.status_code == 422
    assert "Choose the file again" in other.text
    assert desk.scene.state.filings[filing].submitted is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../x", "x"),
        ("C:\\dir\\a.txt", "a.txt"),
        ("...", "file"),
        ("a\u202eb\x00.txt", "ab.txt"),
        ("x" * 300, "x" * 160),
    ],
)
def test_a_file_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_the_approver_must_have_seen_what_waits(desk: Console) -> None:
    answer = desk.browser("paul").post(
        path(desk, "approve"), {"triple": "f" * 64, "press": "confirm", "mark": "a"}
    )
    assert answer.status_code == 409
    assert "not what waits for approval" in answer.text
    assert not desk.scene.state.approval.granted


def test_breaking_the_glass_pages_and_is_remembered(desk: Console) -> None:
    browser, triple = desk.browser("ada"), desk.scene.state.approval.request.triple
    short = browser.post(
        path(desk, "break-glass"), {"triple": triple, "reason": "short", "press": "confirm", "mark": "b"}
    )
    assert short.status_code == 422
    answer = confirm(browser, path(desk, "break-glass"), {"triple": triple, "reason": LONG})
    assert answer.status_code == 303, answer.text
    forced = desk.scene.last(e.ApprovalForced)
    assert forced.reason == LONG
    assert LASTS.total_seconds() == 4 * 3600
    assert "emergency" in (desk.scene.folder / "pages.ndjson").read_text()
    page = browser.get(f"/incidents/{desk.scene.incident_id}/approvals").text
    assert LONG in page
    report = browser.get(f"/incidents/{desk.scene.incident_id}/review").text
    assert "EMERGENCY" in report


def test_reading_a_person_is_an_entry(desk: Console) -> None:
    browser, before = desk.browser("ada"), desk.scene.kinds.count(e.EvidenceRead.KIND)
    page = browser.post(f"/incidents/{desk.scene.incident_id}/people/0")
    assert page.status_code == 200
    assert desk.scene.kinds.count(e.EvidenceRead.KIND) == before + 1
    with desk.scene.house.store.reading() as tx:
        people = tx.people.persons(desk.scene.state.cohort.cohort_id)
    for tab in ("", "/people", "/deliveries", "/timeline", "/letters", "/review"):
        html = browser.get(f"/incidents/{desk.scene.incident_id}{tab}").text
        assert not [p for p in people if p.email and p.email in html]
        assert not [p for p in people if p.name and p.name in html]


def test_outside_counsel_sees_what_they_were_named_for_and_nothing_else(desk: Console) -> None:
    scene, cleo = desk.scene, desk.browser("cleo")
    assert scene.state.title not in cleo.get("/").text
    fields = {"handle": "cleo", "agreement": "", "reason": "advice on notices"}
    refused = desk.browser("grace").post(
        path(desk, "name-somebody"), {**fields, "press": "confirm", "mark": "c"}
    )
    assert refused.status_code == 422
    granted = confirm(
        desk.browser("grace"), path(desk, "name-somebody"), {**fields, "agreement": "ENG-2026-7"}
    )
    assert granted.status_code == 303
    assert scene.state.granted["cleo"].agreement == "ENG-2026-7"
    assert cleo.get(f"/incidents/{scene.incident_id}").status_code == 200
    assert scene.incident_id in cleo.get("/").text
    access.end(scene.house, scene.incident_id, actor=scene.grace, handle="cleo", reason="the advice is given")
    assert cleo.get(f"/incidents/{scene.incident_id}").status_code == 404


def test_exports_are_whole_and_harmless(desk: Console) -> None:
    import csv
    import io
    import json

    browser = desk.browser("ivan")
    here = f"/incidents/{desk.scene.incident_id}/timeline"
    rows = list(csv.reader(io.StringIO(browser.get(f"{here}.csv").text)))
    assert len(rows) == desk.scene.state.version + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    assert len(json.loads(browser.get(f"{here}.json").content)["entries"]) == desk.scene.state.version
    assert browser.get(f"{here}.md").text.count("\n| ") == desk.scene.state.version + 1
    assert browser.get(f"{here}.pdf").content.startswith(b"%PDF-")


def test_every_line_of_the_ledger_has_a_proof_that_holds(desk: Console) -> None:
    page = desk.browser("ivan").get(f"/incidents/{desk.scene.incident_id}/entries/3")
    assert "it holds" in page.text
    assert "does NOT hold" not in page.text
