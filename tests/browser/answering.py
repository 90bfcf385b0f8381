"""How a person fills in a question page, checks the answers and confirms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REFERENCE = re.compile(r"INC-[0-9A-Z]{8}/\d+")


def fill(page: Any, answers: dict[str, Any]) -> None:
    """Fill the fields by their names, as the kind of each wants it."""
    for name, value in answers.items():
        if isinstance(value, datetime):
            page.fill(f"[name={name}]", value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M"))
            page.select_option(f"[name={name}_zone]", "UTC")
        elif isinstance(value, Path):
            page.set_input_files(f"[name={name}]", str(value))
        elif isinstance(value, list):
            for one in value:
                page.check(f"[name={name}][value='{one}']")
        elif page.locator(f"select[name={name}]").count():
            page.select_option(f"[name={name}]", value)
        elif page.locator(f"input[type=radio][name={name}]").count():
            page.check(f"[name={name}][value='{value}']")
        else:
            page.fill(f"[name={name}]", value)


def ask(page: Any, url: str, answers: dict[str, Any]) -> None:
    """Go to a question, answer it and press Continue."""
    page.goto(url)
    fill(page, answers)
    page.click("main button:has-text('Continue')")


def decide(page: Any, url: str, answers: dict[str, Any]) -> str:
    """Answer a question, check the answers, confirm, and return the reference number."""
    ask(page, url, answers)
    assert page.inner_text("h1") == "Check your answers", page.inner_text("main")
    page.click("main button[value=confirm]")
    found = REFERENCE.search(page.inner_text("main"))
    assert found, page.inner_text("main")
    return found.group()
