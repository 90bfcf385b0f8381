"""From notice to closure in a real browser: on-call without any script, the officer with it, and both refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incident.core import events as e
from incident.core.lifecycle import open_gaps
from incident.service import assessing
from tests.browser.answering import ask, decide
from tests.browser.conftest import page_of
from tests.builders.consoles import Console, console
from tests.builders.house import AWARE_AT, FILES, example_toml, examples

pytestmark = pytest.mark.slow


def fact(value: Any) -> dict[str, str]:
    """Say a fact of the example as a person types it."""
    said = value if isinstance(value, dict) else {"value": value}
    raw = said.get("value")
    text = "\n".join(raw) if isinstance(raw, list) else {True: "yes", False: "no"}.get(raw, raw)
    label = said.get("label", "fact")
    return {"label": label, "source": said.get("source", "the team")} | (
        {} if text is None else {"value": text}
    )


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    """Somebody on call who may approve too: so that it is her own work that stands in the way."""
    with console(tmp_path / "w", {'roles = ["on_call"]': 'roles = ["on_call", "approver"]'}) as found:
        yield found


def test_from_notice_to_closure_by_two_people(chromium: Any, desk: Console) -> None:
    scene = desk.scene
    ada = page_of(chromium, desk, "ada", java_script_enabled=False)
    grace = page_of(chromium, desk, "grace")
    root = desk.client.url

    # open; everything that is asked can be answered without a script
    opening = {
        "title": "Stolen key read <b>uploads</b> & more",
        "detected_at": AWARE_AT - timedelta(minutes=16),
        "became_aware_at": AWARE_AT,
        "because": "the address was found in our audit log",
    }
    reference = decide(ada, f"{root}/open", opening)
    scene = desk.scene = replace(scene, incident_id=reference.partition("/")[0])
    here = f"{root}/incidents/{scene.incident_id}"
    assert "Stolen key read <b>uploads</b> & more" in ada.inner_text("main")

    # the first hour
    scene.turn(0.7)
    for path in examples(scene.folder, *FILES):
        answers = {"file": path, "taken_at": AWARE_AT + timedelta(minutes=20), "command": "exported"}
        decide(ada, f"{here}/do/evidence", answers)
    facts = example_toml(scene.folder, "assessment.toml")["facts"]
    by_hand = ("what_happened", "data", "measures_taken", "occurred_from", "cause", "records_total")
    for name in by_hand:
        value = facts.pop(name)
        decide(ada, f"{here}/do/fact", {"name": name, **fact(value)})
    scene.turn(1.5)
    assessing.assess(scene.house, scene.incident_id, actor=scene.ada, inputs={"facts": facts})
    decide(ada, f"{here}/do/decide", {"outcome": "notify", "reason": "an attacker read images of customers"})
    assert scene.state.must_notify()

    # scope
    scene.turn(2.5)
    question = example_toml(scene.folder, "scope.toml")
    answers = {
        "start": AWARE_AT.replace(hour=2, minute=10),
        "end": AWARE_AT.replace(hour=4, minute=40),
        "networks": "\n".join(question["actors"]["networks"]),
        "principals": "\n".join(question["actors"]["principals"]),
        "by_access": ["google_cloud", "bunny_cdn", "vercel", "google_workspace"],
        "whole_store": ["firebase_auth"],
        "staff_domains": "imajinn.example",
        "reason": "the key of a service account was stolen",
    }
    decide(ada, f"{here}/do/scope", answers)
    while gaps := open_gaps(scene.state):
        decide(ada, f"{here}/do/gap", {"gap": str(len(gaps)), "reason": "the export is whole"})
    assert scene.state.cohort is not None
    assert scene.state.approval is not None
    assert not scene.state.approval.granted

    # four eyes: the one who scoped is refused, and the attempt is remembered
    scene.turn(4)
    ask(ada, f"{here}/do/approve", {})
    ada.click("main button[value=confirm]")
    assert "nobody approves their own work" in ada.inner_text("main")
    assert e.ApprovalRefused.KIND in scene.kinds
    grace.goto(f"{here}/letters")
    grace.click("main table a")
    phone = grace.frame_locator("iframe.phone")
    assert phone.locator("body").inner_text().strip()
    decide(grace, f"{here}/do/approve", {})
    assert scene.state.approval.approved_by == "grace"
    assert scene.state.notice is not None

    # telling: the outbox reaches nobody, so everybody is accounted for
    scene.turn(8)
    ada.goto(f"{here}/deliveries")
    positions = " ".join(str(n) for n in range(scene.state.cohort.told))
    answers = {"positions": positions, "told": "told", "channel": "phone", "note": "called"}
    decide(ada, f"{here}/do/account", {**answers, "happened_at": AWARE_AT + timedelta(hours=7)})

    # closing too early is refused, with what is open
    ask(ada, f"{here}/do/close", {"reason": "done"})
    ada.click("main button[value=confirm]")
    assert "things are open" in ada.inner_text("main")
    assert e.CloseRefused.KIND in scene.kinds

    # authorities: one by hand with a receipt, one duty not required, the rest as others did
    scene.turn(20)
    receipt = scene.folder / "receipt <img src=x>.txt"
    receipt.write_text("received")
    first = next(i for i, f in scene.state.filings.items() if f.submitted is None)
    answers = {
        "filing": first,
        "reference": "REF/1",
        "submitted_at": AWARE_AT + timedelta(hours=19),
        "receipt": receipt,
    }
    decide(grace, f"{here}/do/filing", answers)
    assert scene.state.filings[first].submitted.receipt_sha256
    scene.file_rest()
    scene.waive_the_rest()
    decide(ada, f"{here}/do/next-step", {"step": "patch", "text": "all sessions were ended"})
    decide(
        grace, f"{here}/do/action-item", {"text": "keys that expire", "owner": "ada", "due_on": "2026-04-30"}
    )

    # the end: a second person accepts the report, and it can be closed
    scene.turn(30)
    scene.run()
    decide(grace, f"{here}/do/review", {"remark": "read <i>it</i>"})
    assert scene.state.reviewed_by == "grace"
    decide(ada, f"{here}/do/close", {"reason": "nothing is open"})
    assert scene.state.closed_at is not None
    grace.goto(f"{root}/history")
    assert "Stolen key read" in grace.inner_text("main")
    assert not grace.complaints
