"""An approval taken back in the console while letters go: the sending stops, and the rest needs a new approval."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from incident.errors import PermanentError
from tests.builders.consoles import Browser, Console, console, hidden
from tests.fakes.mailer import FakeMailer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path / "w") as found:
        found.scene = found.scene.to_approved_for_fake()
        found.scene.turn(4.5)
        yield found


def decided(browser: Browser, path: str, **answers: str) -> str:
    """Answer a question, check the answers, confirm; return the page that says what was recorded."""
    shown = browser.post(path, {**answers, "press": "check"})
    assert shown.status_code == 200, shown.text[-600:]
    carried = re.findall(r'name="(\w+)" aria-hidden="true" tabindex="-1">([^<]*)</textarea>', shown.text)
    given = {name: html.unescape(value) for name, value in carried}
    done = browser.post(path, {**given, "press": "confirm", "mark": hidden(shown.text, "mark")})
    assert done.status_code == 303, done.text[-600:]
    return browser.get(done.headers["location"]).text


def test_a_withdrawn_approval_stops_the_letters_and_the_rest_is_approved_anew(desk: Console) -> None:
    scene, grace, ada = desk.scene, desk.browser("grace"), desk.browser("ada")
    here = f"/incidents/{scene.incident_id}"
    approval = scene.state.approval.request.approval_id

    class Withdrawing(FakeMailer):
        def send(self, batch):
            if len(self.calls) == 1:
                page = decided(grace, f"{here}/do/withdraw", approval=approval, reason="a wrong link")
                assert "became void: grace withdrew it: a wrong link" in page
            return super().send(batch)

    mailer = Withdrawing()
    scene = desk.scene = scene.using(mailer=mailer)
    state = desk.client.app.state  # the console too sends by this provider
    state.reception = replace(state.reception, house=replace(state.reception.house, mailer=mailer))
    with pytest.raises(PermanentError, match="the approval became void"):
        scene.run()
    calls = len(mailer.calls)
    assert calls == 2, "the call under way is answered for, and no other is made"
    first = scene.state.notice
    rest = first.tally["planned"]
    assert 0 < rest < 12
    scene.run()
    assert len(mailer.calls) == calls
    assert "grace withdrew it: a wrong link" in grace.get(f"{here}/approvals").text

    # the rest waits for an approval of its own, which its proposer cannot give
    decided(ada, f"{here}/do/further-letters", kind="unsent", reason="the link is mended")
    (proposed,) = scene.state.further.values()
    assert (proposed.people, proposed.of_notice) == (rest, first.plan.notice_id)
    letters = grace.get(f"{here}/letters").text
    letter = next(iter(proposed.letters)).letter_id
    assert f"/letters/{letter}?approval={proposed.approval_id}" in letters
    assert grace.get(f"{here}/letters/{letter}?approval={proposed.approval_id}").status_code == 200
    assert grace.get(f"{here}/letters/{letter}?approval={approval}").status_code == 404
    question = f"{here}/do/approve?approval={proposed.approval_id}"
    assert question in grace.get(here).text
    shown = grace.get(question).text
    assert "Letters to those to whom nothing was handed over" in shown
    triple = hidden(shown, "triple")
    assert triple == scene.state.approvals[proposed.approval_id].request.triple
    refused = ada.post(f"{here}/do/approve", {"triple": triple, "press": "confirm", "mark": "1"})
    assert refused.status_code in {403, 409}
    decided(grace, f"{here}/do/approve", triple=triple)
    scene.run()
    told = [int(name.rpartition("-")[2]) for name in mailer.accepted]
    assert sorted(told) == list(range(12)), "everybody has one letter"
    both = grace.get(f"{here}/deliveries").text
    for notice_id in scene.state.notices:
        assert f"?notice={notice_id}" in both
        page = grace.get(f"{here}/deliveries?notice={notice_id}").text
        assert f"<h3>{notice_id}</h3>" in page
