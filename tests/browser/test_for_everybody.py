"""For everybody: axe finds nothing, the keyboard is enough, nothing is cut off at 200 % or on a phone; clocks are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.answering import ask
from tests.browser.conftest import page_of
from tests.builders.consoles import Console, played
from tests.builders.house import AWARE_AT

pytestmark = pytest.mark.slow
HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)> '\"&amp; \N{LATIN SMALL LETTER A WITH DIAERESIS}\N{CJK UNIFIED IDEOGRAPH-6F22}"
    + "x" * 90
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    from incident.service import opening

    with played(tmp_path_factory, "to_told") as found:
        opening.open_incident(found.scene.house, actor=found.scene.ada, title=HOSTILE)
        found.scene.run()
        found.scene.turn(30)
        yield found


def pages(desk: Console) -> list[str]:
    here = f"/incidents/{desk.scene.incident_id}"
    tabs = ("", "/timeline", "/facts", "/evidence", "/people", "/obligations", "/letters", "/approvals", "/deliveries",
            "/merges", "/ladder", "/filings", "/next-steps", "/review", "/ledger", "/entries/0", "/do/fact", "/do/scope", "/do/filing")  # fmt: skip
    letter = min(desk.scene.state.letters)
    return [
        "/",
        "/history",
        "/me",
        "/me/password",
        "/me/factor",
        "/open",
        "/nowhere",
        *(here + tab for tab in tabs),
        f"{here}/letters/{letter}",
    ]


def test_axe_finds_nothing(chromium: Any, desk: Console) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page, axe, found = page_of(chromium, desk, "grace"), Axe(), []
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    for path in pages(desk):
        page.goto(desk.client.url + path)
        if "/letters/" in path:  # the letter inside its frame has tests of its own
            page.evaluate("document.querySelectorAll('iframe').forEach(one => one.remove())")
        violations = axe.run(page, options=options).response["violations"]
        found += [(path, one["id"], one["nodes"][0]["html"][:160]) for one in violations]
    assert not found
    assert not page.complaints


@pytest.mark.parametrize(("width", "height"), [(640, 450), (360, 740)], ids=["200 percent", "phone"])
def test_nothing_is_cut_off(chromium: Any, desk: Console, width: int, height: int) -> None:
    page, wide = page_of(chromium, desk, "grace", viewport={"width": width, "height": height}), []
    for path in pages(desk):
        page.goto(desk.client.url + path)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wide.append(path)
    assert not wide


def test_a_hostile_title_is_only_text(chromium: Any, desk: Console) -> None:
    page = page_of(chromium, desk, "grace")
    page.goto(desk.client.url + "/")
    assert HOSTILE.replace("&amp;", "&amp;") in page.inner_text("main")
    assert "taken" not in page.title()
    assert not page.complaints


def test_the_keyboard_is_enough(chromium: Any, desk: Console) -> None:
    page = page_of(chromium, desk, "ada")
    page.goto(desk.client.url + "/open")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    while page.evaluate("document.activeElement.name") != "title":
        page.keyboard.press("Tab")
    shadow = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert shadow == "solid", "the focus is not seen"
    page.keyboard.type("Opened by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/open")
    assert page.inner_text("h1") == "Check your answers"


def test_an_error_is_named_and_focused(chromium: Any, desk: Console) -> None:
    page = page_of(chromium, desk, "ada")
    ask(page, desk.client.url + "/open", {"title": "", "because": "kept"})
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.title().startswith("Error:")
    assert page.input_value("[name=because]") == "kept"
    page.click("#errors a")
    assert page.evaluate("document.activeElement.name") == "title"


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"])
def test_clocks_are_right_in_every_zone_and_on_a_wrong_clock(chromium: Any, desk: Console, zone: str) -> None:
    page = page_of(chromium, desk, "grace", timezone_id=zone)
    page.clock.set_fixed_time("1999-12-31T23:59:00Z")
    desk.scene.turn(30)
    page.goto(f"{desk.client.url}/incidents/{desk.scene.incident_id}/obligations")
    first = page.locator("[data-due]").first
    due = first.get_attribute("data-due")
    assert due is not None
    text = page.locator(f"time[datetime='{due}'] .local").first.inner_text()
    offset = {"Asia/Kathmandu": "+05:45", "America/St_Johns": "-02:30", "Pacific/Kiritimati": "+14:00"}[zone]
    assert offset in text
    from datetime import datetime, timedelta

    left = datetime.fromisoformat(due) - (AWARE_AT + timedelta(hours=30))
    minutes = int(left.total_seconds()) // 60
    possible = {f"{m // 60} h {m % 60:02d} min left" for m in (minutes - 1, minutes)}
    assert first.inner_text() in possible


def test_the_page_speaks_german(chromium: Any, desk: Console) -> None:
    page = page_of(chromium, desk, "grace", locale="de-DE")
    page.goto(desk.client.url + "/")
    assert page.inner_text("h1") == "Offene Vorfälle"
    page.click("button[value=en]")
    assert page.inner_text("h1") == "Open incidents"
