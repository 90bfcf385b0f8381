"""A real Chromium, Debian's own, and people in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incident.web import sessions
from tests.builders.consoles import Console, console

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Start the browser once a file; skips, and says so, where there is none.

    Its event loop runs in this thread until it ends: a test of another file that runs a loop of its own must not meet it.
    """
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path / "w") as found:
        yield found


def page_of(chromium: Any, desk: Console, handle: str, **given: Any) -> Any:
    """Return a page in which this person is signed in; what the browser complains of fails the test."""
    settings = {"timezone_id": "Asia/Tokyo", "viewport": {"width": 1280, "height": 900}, **given}
    context = chromium.new_context(**settings)
    context.set_default_timeout(8000)
    cookie = {"name": sessions.NAME, "value": desk.browser(handle).token, "url": desk.client.url}
    context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Strict"}])
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console", lambda said: page.complaints.append(said.text) if "Content Security" in said.text else None
    )
    return page
